/** What decides when a request of an API server is served: the in-flight limits, or priority and fairness. */
import type { Nanoseconds } from '../../units/index.ts';
import type { RequestId } from '../api-machinery/index.ts';

/** What becomes of requests. */
export interface FilterDuties {
  /** The request is served from now on, with so much CPU more than its own; {@link RequestFilter.release} follows. */
  serve(request: RequestId, extraCpu: Nanoseconds): void;
  /** The request is answered with 429; its client is to come again after `retryAfter`. */
  refuse(request: RequestId, retryAfter: Nanoseconds): void;
  /** The process has ended before the request was served. */
  breakOff(request: RequestId): void;
}

/** The filter of one server. Each request that arrives meets one of its {@link FilterDuties} then or later. */
export interface RequestFilter {
  /** A request has arrived. */
  arrive(request: RequestId): void;
  /** A request that was served has been answered. */
  release(request: RequestId): void;
  /** The process has ended, and all that it served with it. */
  clear(): void;
  /** Most requests in service at once since this was last asked. */
  takePeak(mutating: boolean): number;
}
