/** How many of a group of servers are busy, and the integral of that over time: what utilisation is made of. */
import type { SimTime } from '../units/index.ts';

/** A count of busy servers with its integral. */
export class Occupancy {
  private readonly clock: { readonly now: SimTime };
  /** Servers busy now, state. */
  busy = 0;
  /** Integral up to {@link since} [ns], statistic. */
  private integral = 0;
  private since = 0;

  constructor(clock: { readonly now: SimTime }) {
    this.clock = clock;
  }

  /** `change` servers become busy (or idle, if negative) now. */
  change(change: number): void {
    this.integral = this.busyNanoseconds();
    this.since = this.clock.now;
    this.busy += change;
  }

  /** Integral of the busy servers up to now [ns]. */
  busyNanoseconds(): number {
    return this.integral + this.busy * (this.clock.now - this.since);
  }
}
