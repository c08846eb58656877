/** The answer to a request that was applied. */
import type { SimTime } from '../../units/index.ts';
import type { RequestId } from '../api-machinery/index.ts';

/** An answer on its way through the member that was asked: it takes its CPU, and leaves no sooner than the entry is applied. */
export interface Answer {
  readonly request: RequestId;
  /** Number of the request's visit. */
  readonly serial: number;
  readonly outcome: number;
  readonly appliedAt: SimTime;
}
