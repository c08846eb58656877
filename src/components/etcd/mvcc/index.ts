/** The key space with its history, and the database of each member. */
export { backendParameters } from './backend.parameters.ts';
export * from './commands.ts';
export type { CompactionPlan } from './compaction-plan.ts';
export { type ElementSize, elementSizes } from './element-size.ts';
export { KeepAlives } from './keep-alives.ts';
export { type Change, Keyspace, type KeyspaceSnapshot } from './keyspace.ts';
export { leaseParameters } from './lease.parameters.ts';
export { Lessor, type LessorOptions, NO_LEASE } from './lessor.ts';
export * from './maintenance-times.ts';
export { MemberStore, type MemberStoreOptions, type StoreParameters } from './member-store.ts';
export { mvccParameters } from './mvcc.parameters.ts';
export { publishKeyspace } from './publish-keyspace.ts';
export { hasRoom, quotaCost, SpaceAlarm } from './quota.ts';
export { WatchGroup, WatchStreams, type WatchStreamsOptions } from './watch-streams.ts';
