/**
 * Reads that wait for a leader to be confirmed. Each gets a number and the commit index of that moment; a heartbeat carries the last number, and
 * its responses confirm everything up to it: one round serves all reads that came before it (raft dissertation, section 6.4). R:read_only.go.
 */
import type { MemberId } from './configuration.ts';

/** A read that waits. */
export interface WaitingRead {
  /** Who asked, and its context. */
  readonly from: MemberId;
  readonly context: number;
  /** What was committed when it was asked; of no meaning while it is postponed. */
  readonly index: number;
}

/** The reads of one leader in one term. */
export class ReadQueue {
  /** Reads that wait, oldest first; the first one has number {@link confirmed} + 1, state. */
  private waiting: WaitingRead[] = [];
  /** Reads that came before the leader's first own commit, state. */
  private postponed: WaitingRead[] = [];
  /** Number of the last read that is confirmed, state. */
  private confirmed = 0;

  /** Number of the last read, 0 when none waits. */
  get round(): number {
    return this.waiting.length === 0 ? 0 : this.confirmed + this.waiting.length;
  }

  /** A read that has to be confirmed. */
  add(from: MemberId, context: number, index: number): void {
    this.waiting.push({ from, context, index });
  }

  /** A read that waits for the leader to know what is committed. */
  postpone(from: MemberId, context: number): void {
    this.postponed.push({ from, context, index: 0 });
  }

  /** The leader knows what is committed: returns the reads that waited for it. */
  takePostponed(): readonly WaitingRead[] {
    const { postponed } = this;
    if (postponed.length > 0) this.postponed = [];
    return postponed;
  }

  /** A quorum has acknowledged a round: returns the reads that it confirms. */
  confirm(round: number): readonly WaitingRead[] {
    const count = Math.min(round - this.confirmed, this.waiting.length);
    if (count <= 0) return [];
    this.confirmed += count;
    return this.waiting.splice(0, count);
  }
}
