/**
 * What a process that has ended, or stands still, has sent and taken in: messages that it had handed to its disk have not left, those that come to one
 * that stands still wait.
 */
import type { Proposal } from './proposal.ts';
import type { Message } from './raft/index.ts';

/** One member's. */
export class Standstill {
  /** When the process ended last, and since when it stands still or did last [ns], state. */
  private endedAt = Number.NEGATIVE_INFINITY;
  private pausedAt = 0;
  /** Messages that leave when it goes on, and those that it takes in then, state. */
  private unsent: Message<Proposal>[] = [];
  private held: Message<Proposal>[] = [];

  /** The process has ended at `now`. */
  end(now: number): void {
    this.endedAt = now;
    this.unsent = [];
    this.held = [];
  }

  /** It stands still from `now` on. */
  pause(now: number): void {
    this.pausedAt = now;
  }

  /** A message has come to one that stands still. */
  hold(message: Message<Proposal>): void {
    this.held.push(message);
  }

  /** It goes on: returns what is to be sent, and what is to be taken in. */
  resume(): { readonly unsent: readonly Message<Proposal>[]; readonly held: readonly Message<Proposal>[] } {
    const { unsent, held } = this;
    this.unsent = [];
    this.held = [];
    return { unsent, held };
  }

  /** Whether a message of an earlier life had left at `leavesAt`. */
  hadLeft(leavesAt: number): boolean {
    return this.endedAt >= leavesAt;
  }

  /** Whether a message has left, or is kept until the process goes on. */
  leaves(message: Message<Proposal>, leavesAt: number, isPaused: boolean): boolean {
    if (!isPaused || this.pausedAt >= leavesAt) return true;
    this.unsent.push(message);
    return false;
  }
}
