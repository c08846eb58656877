/**
 * Designs: which points a sweep has. Lists give a grid of all combinations, or pairs of the values that stand at the same place; ranges give
 * points that fill them evenly, by a Latin hypercube or by Sobol's sequence. Both together: each combination of the lists with each point of the ranges.
 */
import { RandomStreams, shuffled } from '../../engine/index.ts';
import { PlimsollError } from '../../errors/index.ts';
import type { WrittenValue } from '../../scenario/resolved-scenario.ts';
import { type Axis, roundValue, valueAt, writeValue } from '../axis.ts';
import { type GridPoint, gridOf } from '../sweep.ts';
import { MOST_DIMENSIONS, sobolPoints } from './sobol-sequence.ts';

/** How points are chosen. */
export const designNames = ['grid', 'paired', 'sobol', 'latin-hypercube'] as const;
export type DesignName = (typeof designNames)[number];

/** What a sweep goes over. */
export interface DesignRequest {
  readonly lists: Readonly<Record<string, readonly WrittenValue[]>>;
  readonly ranges: readonly Axis[];
  /** Undefined = a grid of lists, Sobol's sequence over ranges. */
  readonly design: DesignName | undefined;
  /** Points of the ranges. */
  readonly points: number;
  readonly seed: string;
}

/** The points, in the order in which they run. Throws P102 for what does not fit together. */
export function designPoints(request: DesignRequest): GridPoint[] {
  const { lists, ranges, design, points, seed } = request;
  const listed = design === 'paired' ? pairsOf(lists) : gridOf(lists);
  if (ranges.length === 0) {
    if (design === 'sobol' || design === 'latin-hypercube')
      throw refusal(`--design ${design} goes over ranges, and there is none`, 'add --vary PATH=LO..HI');
    return listed;
  }
  if (design === 'grid') throw refusal('--design grid goes over lists', 'write --vary PATH=a,b,c instead of a range');
  const filling =
    design === 'latin-hypercube' ? latinHypercube(points, ranges.length, seed) : sobol(points, ranges.length, seed);
  return listed.flatMap((point) => filling.map((place) => ({ ...point, ...placed(ranges, place) })));
}

function sobol(points: number, dimensions: number, seed: string): number[][] {
  if (dimensions > MOST_DIMENSIONS)
    throw refusal(
      `Sobol's sequence has ${MOST_DIMENSIONS} dimensions here, not ${dimensions}`,
      'use --design latin-hypercube',
    );
  return sobolPoints(points, dimensions, seed);
}

/** One value in each of `points` equal parts of each dimension, the parts combined at random. */
export function latinHypercube(points: number, dimensions: number, seed: string): number[][] {
  const streams = new RandomStreams(seed, 0);
  const columns = Array.from({ length: dimensions }, (_, dimension) => {
    const stream = streams.stream(`latin-hypercube.${dimension}`);
    const parts = Array.from({ length: points }, (_, i) => i);
    return shuffled(parts, stream).map((part) => (part + stream.next()) / points);
  });
  return Array.from({ length: points }, (_, i) => columns.map((column) => column[i] as number));
}

/** The values of some ranges, by their number, at places from 0 to 1. */
export function valuesAt(ranges: readonly Axis[], places: ReadonlyMap<number, number>): GridPoint {
  const chosen = [...places.keys()];
  return placed(
    chosen.map((i) => ranges[i] as Axis),
    [...places.values()],
  );
}

/** The values of a point of the unit cube. */
function placed(ranges: readonly Axis[], place: readonly number[]): GridPoint {
  return Object.fromEntries(
    ranges.map((axis, i) => [axis.path, writeValue(axis, roundValue(axis, valueAt(axis, place[i] as number)))]),
  );
}

function pairsOf(lists: DesignRequest['lists']): GridPoint[] {
  const entries = Object.entries(lists);
  const lengths = new Set(entries.map(([, values]) => values.length));
  if (lengths.size > 1)
    throw refusal(
      '--design paired needs lists of the same length',
      entries.map(([path, { length }]) => `${path} has ${length}`).join(', '),
    );
  const [length = 0] = lengths;
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(entries.map(([path, values]) => [path, values[i] as WrittenValue])),
  );
}

function refusal(message: string, fix: string): PlimsollError {
  return new PlimsollError('P102', { message, fix });
}
