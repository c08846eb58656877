/** Clients outside of the cluster. Adding a pattern = a file and a line here. */
export type { Caller, LoadPattern } from './caller.ts';
export { GetModifyPut, type GetModifyPutOptions } from './get-modify-put.ts';
export { LoadGenerator, type LoadOptions } from './load-generator.ts';
export { LoadStatistics, OperationResult } from './load-statistics.ts';
export { CommitTimes, LoadWatches } from './load-watches.ts';
export { type ListOptions, PagedList } from './paged-list.ts';
export { Population } from './population.ts';
export { RecordEvent } from './record-event.ts';
export { pauseAfter, type RetryPolicy, type RetryPolicyName, retryPolicies } from './retry-policy.ts';
export { type RequestMaker, SingleRequest } from './single-request.ts';
