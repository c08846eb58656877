/** What clients and API servers share: requests, verbs, codes, write operations, sizes. */

export * from './disruption-budget.ts';
export * from './object-sizes.parameters.ts';
export * from './pod-priority.ts';
export { PodStatusNumber, saysNothingNew } from './pod-status.ts';
export * from './quota-usage.ts';
export * from './read-numbers.ts';
export * from './requests.ts';
export * from './verbs.ts';
export * from './writes/index.ts';
