/** The registry of scheduling architectures. Adding one = a file beside this one and a line here. */
import { monolithic } from './monolithic.ts';
import type { ArchitectureDefinition } from './scheduling-architecture.ts';

export const architectureRegistry = {
  monolithic,
} as const satisfies Record<string, ArchitectureDefinition>;

/** Name of an architecture. */
export type ArchitectureName = keyof typeof architectureRegistry;

export type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';
export { placementSettings, sharedSettings } from './shared-settings.ts';
