/**
 * The in-flight limits of an API server: so many reads and so many writes in service at once, the rest is refused at once with Retry-After.
 * K:apiserver/pkg/server/filters/maxinflight.go. Watches are long-running and do not count.
 */
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import { nanoseconds } from '../../units/index.ts';
import { isMutating, type RequestId, type Requests, Verb } from '../api-machinery/index.ts';
import type { kubeApiserverParameters } from './kube-apiserver.parameters.ts';
import type { FilterDuties, RequestFilter } from './request-filter.ts';
import { RequestWatermark } from './request-watermark.ts';

/** The limits are a comparison. */
const NO_CPU = nanoseconds(0);

/** What the limits need of their server. */
export interface MaxInFlightOptions {
  readonly simulation: Simulation;
  readonly name: string;
  readonly requests: Requests;
  readonly parameters: ValuesOf<typeof kubeApiserverParameters>;
  readonly duties: FilterDuties;
}

/** The limits of one server. */
export class MaxInFlight implements RequestFilter {
  private readonly options: MaxInFlightOptions;
  private readonly watermark = new RequestWatermark();

  constructor(options: MaxInFlightOptions) {
    const { simulation, name } = options;
    this.options = options;
    const { watermark } = this;
    simulation.addInvariantCheck(name, () =>
      simulation.invariant(
        watermark.reads >= 0 && watermark.mutating >= 0,
        name,
        `requests in service: ${watermark.reads} reads, ${watermark.mutating} writes`,
      ),
    );
  }

  arrive(request: RequestId): void {
    const { requests, parameters, duties } = this.options;
    const verb = requests.verb[request] as number;
    if (this.isFull(verb)) {
      duties.refuse(request, parameters.retryAfter);
      return;
    }
    this.watermark.begin(verb);
    duties.serve(request, NO_CPU);
  }

  release(request: RequestId): void {
    this.watermark.end(this.options.requests.verb[request] as number);
  }

  clear(): void {
    this.watermark.clear();
  }

  takePeak(mutating: boolean): number {
    return this.watermark.takePeak(mutating);
  }

  private isFull(verb: number): boolean {
    const { maxRequestsInflight, maxMutatingRequestsInflight } = this.options.parameters;
    if (verb === Verb.Watch) return false;
    return isMutating(verb)
      ? this.watermark.mutating >= maxMutatingRequestsInflight
      : this.watermark.reads >= maxRequestsInflight;
  }
}
