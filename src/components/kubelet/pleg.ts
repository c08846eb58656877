/**
 * PLEG, the pod lifecycle event generator: when a kubelet notices what has happened in its container runtime. K:pkg/kubelet/pleg (generic.go, evented.go).
 *
 * Generic: a relist every second, in a phase of the node's own, so that a change waits for a time that is uniform over the period. Evented: the runtime
 * tells of a change at once; a terminating pod still waits for a time stamp of the whole cache, which comes every few seconds.
 * While the runtime does not answer nothing is noticed. A relist that hangs for too long makes the node not ready (container-runtimes.ts).
 */
import type { ValuesOf } from '../../engine/index.ts';
import { nanoseconds, plus, type SimTime } from '../../units/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';

/** The PLEG of all kubelets. */
export class Pleg {
  private readonly parameters: ValuesOf<typeof kubeletParameters>;

  constructor(parameters: Pleg['parameters']) {
    this.parameters = parameters;
  }

  /** When a change is noticed that happens now. */
  noticedAt(kubelet: Kubelet, now: SimTime): SimTime {
    const { pleg, plegRelistPeriod, eventedPlegDelay } = this.parameters;
    return pleg === 'generic' ? kubelet.nextTick(now, plegRelistPeriod) : plus(now, eventedPlegDelay);
  }

  /** When the whole cache is newer than now: a pod that has ended is cleaned up only then. */
  newerThan(kubelet: Kubelet, now: SimTime): SimTime {
    const { pleg, plegRelistPeriod, eventedPlegCachePeriod } = this.parameters;
    const period = pleg === 'generic' ? plegRelistPeriod : eventedPlegCachePeriod;
    return kubelet.nextTick(plus(now, nanoseconds(1)), period);
  }

  /** After how long without a relist the node is not ready. */
  get threshold(): number {
    const { pleg, plegRelistThreshold, eventedPlegRelistThreshold } = this.parameters;
    return pleg === 'generic' ? plegRelistThreshold : eventedPlegRelistThreshold;
  }
}
