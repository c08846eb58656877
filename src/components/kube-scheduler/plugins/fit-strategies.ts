/** Scoring strategies of NodeResourcesFit, in integers. K:pkg/scheduler/framework/plugins/noderesources ({least,most}_allocated.go, requested_to_capacity_ratio.go). */
import type { FitScoring, ShapePoint } from '../configuration.ts';
import { MAX_NODE_SCORE } from '../framework.ts';

/** Scale of the scores in a shape (K:pkg/scheduler/apis/config/types.go:MaxCustomPriorityScore). */
const MAX_SHAPE_SCORE = 10;
const FULL_UTILISATION = 100;

/** The shape of RequestedToCapacityRatio where none is given: fuller is better. */
const DEFAULT_SHAPE: readonly ShapePoint[] = [
  { utilization: 0, score: 0 },
  { utilization: FULL_UTILISATION, score: MAX_SHAPE_SCORE },
];

/** The score of one resource with this much requested, the pod included; capacities are above 0. */
export type ResourceScore = (requested: number, capacity: number) => number;

/** LeastAllocated: the free share. */
export function leastAllocated(requested: number, capacity: number): number {
  return requested > capacity ? 0 : Math.floor(((capacity - requested) * MAX_NODE_SCORE) / capacity);
}

/** MostAllocated: the used share. */
export function mostAllocated(requested: number, capacity: number): number {
  return Math.floor((Math.min(requested, capacity) * MAX_NODE_SCORE) / capacity);
}

/** RequestedToCapacityRatio: utilisation in whole percent through a piecewise linear shape. */
export function requestedToCapacityRatio(shape: readonly ShapePoint[]): ResourceScore {
  const points = shape.map(({ utilization, score }) => ({
    at: utilization,
    score: score * (MAX_NODE_SCORE / MAX_SHAPE_SCORE),
  }));
  return (requested, capacity) => {
    const utilisation = requested > capacity ? FULL_UTILISATION : Math.floor((requested * FULL_UTILISATION) / capacity);
    const next = points.findIndex(({ at }) => utilisation <= at);
    if (next < 0) return (points[points.length - 1] as { score: number }).score;
    const right = points[next] as { at: number; score: number };
    if (next === 0) return right.score;
    const left = points[next - 1] as { at: number; score: number };
    return left.score + Math.trunc(((right.score - left.score) * (utilisation - left.at)) / (right.at - left.at));
  };
}

/** The rule of a strategy for one resource. */
export function resourceScoreOf({ strategy, shape }: FitScoring): ResourceScore {
  switch (strategy) {
    case 'LeastAllocated':
      return leastAllocated;
    case 'MostAllocated':
      return mostAllocated;
    case 'RequestedToCapacityRatio':
      return requestedToCapacityRatio(shape ?? DEFAULT_SHAPE);
  }
}
