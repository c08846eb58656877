/** Immutable object versions, keys, labels and specifications: what a cluster is made of, without behaviour. */

export * from './application.ts';
export * from './devices.ts';
export * from './disruption.ts';
export * from './event-records.ts';
export * from './finalizers.ts';
export * from './kinds.ts';
export * from './labels.ts';
export * from './namespaces.ts';
export * from './node-affinity.ts';
export * from './nodes.ts';
export * from './object-keys.ts';
export * from './object-tables.ts';
export * from './pod-groups.ts';
export * from './pod-requests.ts';
export * from './pods.ts';
export * from './priorities.ts';
export * from './probes.ts';
export * from './quality-of-service.ts';
export * from './quotas.ts';
export * from './services.ts';
export * from './settings.ts';
export * from './specifications.ts';
export * from './tolerations.ts';
export * from './version-table.ts';
export * from './volumes.ts';
export * from './workloads.ts';
