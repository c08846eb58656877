/**
 * The in-flight limits of an API server: so many reads and so many writes in service at once, the rest is refused at once with Retry-After.
 * K:apiserver/pkg/server/filters/maxinflight.go. Watches are long-running and do not count.
 */
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import { isMutating, type RequestId, type Requests, Verb } from '../api-machinery/index.ts';
import type { kubeApiserverParameters } from './kube-apiserver.parameters.ts';

/** Requests in service by type. */
export class MaxInFlight {
  private readonly requests: Requests;
  private readonly parameters: ValuesOf<typeof kubeApiserverParameters>;
  /** Requests in service by type, state. */
  private reads = 0;
  private mutating = 0;
  /** Most of them at once since {@link takePeak} was last asked, statistic. */
  private mostReads = 0;
  private mostMutating = 0;

  constructor(simulation: Simulation, name: string, requests: Requests, parameters: MaxInFlight['parameters']) {
    this.requests = requests;
    this.parameters = parameters;
    simulation.addInvariantCheck(name, () =>
      simulation.invariant(
        this.reads >= 0 && this.mutating >= 0,
        name,
        `requests in service: ${this.reads} reads, ${this.mutating} writes`,
      ),
    );
  }

  /** Whether a request may be served now; if so it counts until {@link release}. */
  admit(request: RequestId): boolean {
    const verb = this.requests.verb[request] as number;
    if (verb === Verb.Watch) return true;
    if (isMutating(verb)) {
      if (this.mutating >= this.parameters.maxMutatingRequestsInflight) return false;
      this.mostMutating = Math.max(this.mostMutating, ++this.mutating);
    } else {
      if (this.reads >= this.parameters.maxRequestsInflight) return false;
      this.mostReads = Math.max(this.mostReads, ++this.reads);
    }
    return true;
  }

  /** An admitted request is done. */
  release(request: RequestId): void {
    const verb = this.requests.verb[request] as number;
    if (verb === Verb.Watch) return;
    if (isMutating(verb)) this.mutating--;
    else this.reads--;
  }

  /** The process has ended, and all that it served with it. */
  clear(): void {
    this.reads = 0;
    this.mutating = 0;
  }

  /** Most requests in service at once since this was last asked (K:apiserver/pkg/server/filters/maxinflight.go:requestWatermark). */
  takePeak(mutating: boolean): number {
    const peak = mutating ? this.mostMutating : this.mostReads;
    if (mutating) this.mostMutating = this.mutating;
    else this.mostReads = this.reads;
    return peak;
  }
}
