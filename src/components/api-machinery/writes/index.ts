/** The registry of write operations. Adding one = a definition beside its kind and one line here. */
import * as devices from './devices.ts';
import * as network from './network.ts';
import * as nodes from './nodes.ts';
import * as other from './other.ts';
import * as pods from './pods.ts';
import * as policies from './policies.ts';
import * as quotas from './quotas.ts';
import * as services from './services.ts';
import * as volumes from './volumes.ts';
import * as workloads from './workloads.ts';
import type { Write } from './write.ts';

const definitions = {
  ...pods,
  ...nodes,
  ...workloads,
  ...services,
  ...other,
  ...quotas,
  ...volumes,
  ...policies,
  ...devices,
  ...network,
} as const;

/** Name of a write operation. */
export type WriteName = keyof typeof definitions;

/** Write operations by number. */
export const writeList: readonly Write[] = Object.values(definitions);

/** Numbers of the write operations by name: `writes.podBinding`. */
export const writes = Object.fromEntries(Object.keys(definitions).map((name, index) => [name, index])) as Readonly<
  Record<WriteName, number>
>;

export type { TaintChange } from './nodes.ts';
export type { DisruptionBudgetStatus } from './policies.ts';
export type { DeploymentBody, ReplicaSetBody } from './workloads.ts';
export { CHANGED, NOMINATION_KEPT, UNCHANGED, type Write, type WriteContext } from './write.ts';
