/** kube-apiserver. */

export * from './admission/index.ts';
export * from './api-server.ts';
export type { CollectionSelection } from './collection-deletes.ts';
export * from './flow-control/index.ts';
export * from './kube-apiserver.parameters.ts';
export { requestClass, requestClasses, subresourceOf } from './request-metrics.ts';
export type { DeriveTemplate } from './surroundings.ts';
export * from './surroundings.ts';
export * from './watch-cache.ts';
export * from './watch-log.ts';
export * from './watch-selection.ts';
export * from './watch-subscriber.ts';
