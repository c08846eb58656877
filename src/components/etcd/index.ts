/** etcd. */
export * from './etcd.parameters.ts';
export * from './etcd-cluster.ts';
export type { MemberChoice } from './member-faults.ts';
export type { Change, Command, GrantLease, PutCompactRevision } from './mvcc/index.ts';
export * from './store-client.ts';
export * from './store-outcome.ts';
