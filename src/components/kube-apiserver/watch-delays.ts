/** How long changes are on their way to watchers: draws by watch and revision, so that when one looks never changes them. */
import type { Distribution, KeyedStream } from '../../engine/index.ts';
import type { Nanoseconds } from '../../units/index.ts';

/** Delay of watch connections. */
export interface DelayOptions {
  readonly distribution: Distribution;
  readonly minimum: Nanoseconds;
  readonly keyed: KeyedStream;
}

/** Counter of the draw for the way of a watch's end; revisions begin at 1. */
const END_DRAW = 0;

/** The delays of one log. Watches go by their identities. */
export class WatchDelays {
  private readonly options: DelayOptions;
  /** The longest that a change can be on its way, after its place in the fan-out [ns]. */
  readonly longest: number;

  constructor(options: DelayOptions) {
    this.options = options;
    this.longest = Math.max(options.minimum, options.distribution.longestKeyed);
  }

  /** Time on the way of a change [ns]. */
  ofChange(identity: number, revision: number): number {
    const { distribution, keyed, minimum } = this.options;
    return Math.max(minimum, distribution.keyedSample(keyed, identity, revision));
  }

  /** Time on the way of the end of a watch [ns]. */
  ofEnd(identity: number): number {
    return this.ofChange(identity, END_DRAW);
  }

  /** A watch's place in a fan-out that takes so long [ns]. */
  place(identity: number, revision: number, spread: number): number {
    if (spread <= 0) return 0;
    return Math.round(this.options.keyed.uniform(-1 - identity, revision) * spread);
  }
}
