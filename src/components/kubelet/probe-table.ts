/** The probes of all containers, a row each, those of a container side by side in the order of their plan. */
import { grown } from '../../engine/index.ts';

/** Rows at the start; doubled. */
const INITIAL_ROWS = 64;

/** What a probe has come to (prober/results): nothing yet, or success or failure for as often as its threshold asks. */
export const Verdict = { Unknown: 0, Success: 1, Failure: 2 } as const;

/** All probes. */
export class ProbeTable {
  private capacity = INITIAL_ROWS;
  private used = 0;
  /** First rows of blocks that are free, by the rows of a block. */
  private readonly free: number[][] = [];

  /** Row of the container. */
  container = new Int32Array(INITIAL_ROWS);
  /** Place of the probe in its container's plan. */
  index = new Uint8Array(INITIAL_ROWS);
  /** Raised whenever a planned probe is void; events carry it. Never set back, state. */
  turn = new Int32Array(INITIAL_ROWS);
  /** Life of the container that the probe knows, -1 = none, state. */
  life = new Int32Array(INITIAL_ROWS);
  /** When its ticks began [ns], state. */
  beganAt = new Float64Array(INITIAL_ROWS);
  /** A value of {@link Verdict}, state. */
  verdict = new Uint8Array(INITIAL_ROWS);
  /** The last result, a value of {@link Verdict}, and how often it came in a row, state. */
  lastResult = new Uint8Array(INITIAL_ROWS);
  run = new Int32Array(INITIAL_ROWS);
  /** Since when it is left alone because it would succeed each time [ns], -1 = it is not, state. */
  quietSince = new Float64Array(INITIAL_ROWS);

  /** Rows for the probes of a container; returns the first. */
  allocate(container: number, count: number): number {
    let first = this.free[count]?.pop();
    if (first === undefined) {
      while (this.used + count > this.capacity) this.grow();
      first = this.used;
      this.used += count;
    }
    for (let i = 0; i < count; i++) {
      const row = first + i;
      this.container[row] = container;
      this.index[row] = i;
      this.life[row] = -1;
      this.verdict[row] = Verdict.Unknown;
      this.lastResult[row] = Verdict.Unknown;
      this.run[row] = 0;
      this.quietSince[row] = -1;
    }
    return first;
  }

  /** The rows of a container that is gone. */
  release(first: number, count: number): void {
    let blocks = this.free[count];
    if (blocks === undefined) {
      blocks = [];
      this.free[count] = blocks;
    }
    blocks.push(first);
  }

  private grow(): void {
    this.capacity *= 2;
    const { capacity } = this;
    this.container = grown(this.container, capacity);
    this.index = grown(this.index, capacity);
    this.turn = grown(this.turn, capacity);
    this.life = grown(this.life, capacity);
    this.beganAt = grown(this.beganAt, capacity);
    this.verdict = grown(this.verdict, capacity);
    this.lastResult = grown(this.lastResult, capacity);
    this.run = grown(this.run, capacity);
    this.quietSince = grown(this.quietSince, capacity);
  }
}
