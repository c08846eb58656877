/**
 * What a plugin worked out for a node and pods with certain requests, kept until the node changes. Most decisions ask the same of most nodes
 * again: pods come in groups with equal requests, and each placement changes one node. Requests that do not come back soon are not remembered:
 * with all pods different it would only cost memory.
 */
import type { NodeColumns } from '../node-columns.ts';

/** Sets of requests that are kept track of; the one that was used longest ago makes room. */
const SHAPES = 64;
/** A version that no node has. */
const NEVER = -1;

/** What is remembered of all nodes for pods with certain requests, by slot. */
interface Ratings {
  /** Version of the node's columns for which the value holds. */
  readonly versions: Int32Array;
  readonly values: Float64Array;
}

/** Works out the rating of a node by its slot, for the pod that it was prepared for. */
export interface SlotRater {
  rateSlot(slot: number): number;
}

/** Ratings by the shape of pods (see PodRequirements.shape). */
export class RememberedRatings {
  private readonly nodes: NodeColumns;
  /** By shape, the one used longest ago first; undefined = used once so far. */
  private readonly byShape = new Map<number, Ratings | undefined>();
  private lastShape = NEVER;
  private last: Ratings | undefined;

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  /** Writes the ratings of the first `count` slots in `slots` to the same places in `ratings`. */
  rateAll(shape: number, rater: SlotRater, slots: Int32Array, count: number, ratings: Float64Array): void {
    const remembered = this.of(shape);
    if (remembered === undefined) {
      for (let i = 0; i < count; i++) ratings[i] = rater.rateSlot(slots[i] as number);
      return;
    }
    const { versions, values } = remembered;
    const { version } = this.nodes;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (versions[slot] !== version[slot]) {
        values[slot] = rater.rateSlot(slot);
        versions[slot] = version[slot] as number;
      }
      ratings[i] = values[slot] as number;
    }
  }

  /** Keeps, in order, those of the first `count` slots in `slots` whose rating is above 0; returns how many. */
  keepRated(shape: number, rater: SlotRater, slots: Int32Array, count: number): number {
    const remembered = this.of(shape);
    let kept = 0;
    if (remembered === undefined) {
      for (let i = 0; i < count; i++) {
        const slot = slots[i] as number;
        if (rater.rateSlot(slot) > 0) slots[kept++] = slot;
      }
      return kept;
    }
    const { versions, values } = remembered;
    const { version } = this.nodes;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (versions[slot] !== version[slot]) {
        values[slot] = rater.rateSlot(slot);
        versions[slot] = version[slot] as number;
      }
      if ((values[slot] as number) > 0) slots[kept++] = slot;
    }
    return kept;
  }

  /** What is remembered for pods of a shape, if anything is to be. */
  private of(shape: number): Ratings | undefined {
    const { capacity } = this.nodes;
    if (shape === this.lastShape && this.last !== undefined && this.last.versions.length >= capacity) return this.last;
    let ratings = this.byShape.get(shape);
    const cameBack = this.byShape.delete(shape);
    if (this.byShape.size === SHAPES) {
      const [oldest] = this.byShape.keys();
      this.byShape.delete(oldest as number);
    }
    if (cameBack && (ratings === undefined || ratings.versions.length < capacity)) {
      ratings = { versions: new Int32Array(capacity).fill(NEVER), values: new Float64Array(capacity) };
    }
    this.byShape.set(shape, ratings);
    this.lastShape = shape;
    this.last = ratings;
    return ratings;
  }
}
