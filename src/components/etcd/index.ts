/** etcd. */
export * from './etcd.parameters.ts';
export * from './etcd-cluster.ts';
export type { Change } from './keyspace.ts';
