/** Requests in service by type, and most of them at once. K:apiserver/pkg/server/filters/maxinflight.go:requestWatermark. Watches do not count. */
import { isMutating, Verb } from '../api-machinery/index.ts';

/** Counts of one server. */
export class RequestWatermark {
  /** Requests in service by type, state. */
  reads = 0;
  mutating = 0;
  /** Most of them at once since {@link takePeak} was last asked, statistic. */
  private mostReads = 0;
  private mostMutating = 0;

  /** A request is served from now on. */
  begin(verb: number): void {
    if (verb === Verb.Watch) return;
    if (isMutating(verb)) this.mostMutating = Math.max(this.mostMutating, ++this.mutating);
    else this.mostReads = Math.max(this.mostReads, ++this.reads);
  }

  /** A request was answered. */
  end(verb: number): void {
    if (verb === Verb.Watch) return;
    if (isMutating(verb)) this.mutating--;
    else this.reads--;
  }

  /** The process has ended. */
  clear(): void {
    this.reads = 0;
    this.mutating = 0;
  }

  /** Most requests in service at once since this was last asked. */
  takePeak(mutating: boolean): number {
    const peak = mutating ? this.mostMutating : this.mostReads;
    if (mutating) this.mostMutating = this.mutating;
    else this.mostReads = this.reads;
    return peak;
  }
}
