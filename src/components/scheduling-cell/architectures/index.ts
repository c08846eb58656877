/** The registry of scheduling architectures. Adding one = a file beside this one and a line here. */
import { coscheduling } from './coscheduling.ts';
import { flow } from './flow.ts';
import { hawk } from './hawk.ts';
import { kueue } from './kueue.ts';
import { mesos } from './mesos.ts';
import { monolithic } from './monolithic.ts';
import { omega } from './omega.ts';
import type { ArchitectureDefinition } from './scheduling-architecture.ts';
import { sparrow } from './sparrow.ts';
import { volcano } from './volcano.ts';
import { yunikorn } from './yunikorn.ts';

export const architectureRegistry = {
  monolithic,
  omega,
  mesos,
  sparrow,
  hawk,
  flow,
  coscheduling,
  volcano,
  yunikorn,
  kueue,
} as const satisfies Record<string, ArchitectureDefinition>;

/** Name of an architecture. */
export type ArchitectureName = keyof typeof architectureRegistry;

export type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';
export { placementSettings, sharedSettings } from './shared-settings.ts';
