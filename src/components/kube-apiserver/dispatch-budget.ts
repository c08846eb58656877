/** Time that the dispatcher of a resource may wait for watchers whose channels are full. K:apiserver/pkg/storage/cacher/time_budget.go. */
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';

/** A budget that accrues with time. */
export class DispatchBudget {
  private readonly rate: number;
  private readonly maximum: Nanoseconds;
  /** What there was at an instant [ns], state. */
  private amount = 0;
  private since = 0;

  /** `rate`: share of time that accrues; `maximum`: most that is kept. */
  constructor(rate: number, maximum: Nanoseconds) {
    this.rate = rate;
    this.maximum = maximum;
  }

  /** What can be waited for at an instant [ns]. */
  available(now: SimTime): Nanoseconds {
    return nanoseconds(Math.min(this.maximum, this.amount + (now - this.since) * this.rate));
  }

  /** Waits: what is left accrues from the end of the wait on. */
  spend(now: SimTime, span: Nanoseconds): void {
    this.amount = this.available(now) - span;
    this.since = now;
  }
}
