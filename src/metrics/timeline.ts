/** What happened in a run besides its load: faults, elections, members that come and go, alarms; for the report. */
import { type Nanoseconds, nanoseconds } from '../units/index.ts';
import type { Clock } from './series.ts';

/** One thing that happened. */
export interface Happening {
  /** Virtual time. */
  readonly at: Nanoseconds;
  /** To whom: "etcd member 1", "kube-apiserver 0", "fault". */
  readonly subject: string;
  /** What, in a few words. */
  readonly what: string;
  /** Set if service may suffer from it: recovery is judged from here on. */
  readonly disturbs?: true;
}

/** The list, in the order of time. */
export class Timeline {
  private readonly clock: Clock;
  /** Everything so far, statistic. */
  private readonly happenings: Happening[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Something happens now. */
  record(subject: string, what: string): void {
    this.happenings.push({ at: nanoseconds(this.clock.now), subject, what });
  }

  /** Something happens now from which service may suffer. */
  disturb(subject: string, what: string): void {
    this.happenings.push({ at: nanoseconds(this.clock.now), subject, what, disturbs: true });
  }

  /** Everything so far. */
  get entries(): readonly Happening[] {
    return this.happenings;
  }
}
