/**
 * The lock that all users of iptables on a node share (/run/xtables.lock). Others take it at a rate and hold it for a while (CNI plugins that map
 * ports, agents of network policies); a sync that finds it taken waits, and gives up after a time. K:pkg/util/iptables/iptables.go.
 *
 * A sync finds the lock taken with the probability that others use it, waits for the rest of what they do, and may lose it to the next one. Nobody
 * queues: whoever asks when it comes free gets it. Left out: what others wait for because of kube-proxy.
 */
import type { Distribution, KeyedStream } from '../../engine/index.ts';
import { NS_PER_SECOND } from '../../units/index.ts';

/** Draws of one sync: at most so many holders one after the other are looked at. */
const DRAWS_PER_SYNC = 1024;
/** Two draws for each holder: whether there is one, and how long it holds the lock. */
const DRAWS_PER_HOLDER = 2;

/** What one sync met with. */
export interface LockOutcome {
  /** Time that it waited [ns]. */
  readonly waited: number;
  /** Whether it got the lock. */
  readonly isTaken: boolean;
}

const AT_ONCE: LockOutcome = { waited: 0, isTaken: true };

/** The lock on all nodes. */
export class XtablesLock {
  private readonly rate: number;
  private readonly hold: Distribution;
  private readonly patience: number;
  private readonly draws: KeyedStream;

  /** `rate`: how often others take it on a node [1/s]; `patience`: how long a sync waits [ns]. */
  constructor(rate: number, hold: Distribution, patience: number, draws: KeyedStream) {
    this.rate = rate;
    this.hold = hold;
    this.patience = patience;
    this.draws = draws;
  }

  /** A sync asks for it: the `count`-th of this proxy. `copying`: time that each of the others takes to copy the table [ns]. */
  acquire(proxy: number, count: number, copying: number): LockOutcome {
    if (this.rate === 0) return AT_ONCE;
    let waited = 0;
    let draw = count * DRAWS_PER_SYNC;
    const last = draw + DRAWS_PER_SYNC - DRAWS_PER_HOLDER;
    for (; draw < last; draw += DRAWS_PER_HOLDER) {
      const held = this.hold.keyedSample(this.draws, proxy, draw + 1) + copying;
      const busy = Math.min((this.rate * held) / NS_PER_SECOND, 1);
      const chance = this.draws.uniform(proxy, draw);
      if (chance >= busy) return { waited, isTaken: true };
      // Of the holder that is met first a part is over already: how far it is decides the same draw.
      waited += waited === 0 ? held * (chance / busy) : held;
      if (waited > this.patience) break;
    }
    return { waited: this.patience, isTaken: false };
  }
}
