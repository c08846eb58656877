/** etcd. */
export * from './etcd.parameters.ts';
export * from './etcd-cluster.ts';
export type { Change } from './mvcc/index.ts';
export * from './store-outcome.ts';
