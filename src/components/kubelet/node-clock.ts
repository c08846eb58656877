/**
 * The clock on a node's wall: what the kubelet writes into its lease and its heartbeats. Timers go by another clock, which always runs (Go's monotonic one).
 * A clock may be wrong by some time, or stand still; when it is set right again it jumps.
 */
import type { SimTime } from '../../units/index.ts';

/** The clock of one node. */
export class NodeClock {
  /** By how much it is ahead of true time [ns]; below 0 = behind, state. */
  offset = 0;
  /** What it shows while it stands still [ns]; undefined = it runs, state. */
  private stoppedAt: number | undefined;

  /** What it shows at an instant [ns]. */
  read(now: SimTime): number {
    return this.stoppedAt ?? now + this.offset;
  }

  /** It stands still from now on. */
  stop(now: SimTime): void {
    this.stoppedAt = this.read(now);
  }

  /** It shows the true time again. */
  correct(): void {
    this.stoppedAt = undefined;
    this.offset = 0;
  }
}
