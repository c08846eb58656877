/** Scenarios: schema, resolution, profiles, operations. */

export { csiDriversOf } from './csi-drivers.ts';
export * from './json-schema.ts';
export * from './load-scenario.ts';
export * from './materialise-parameters.ts';
export * from './model.ts';
export * from './operations/index.ts';
export * from './profiles/index.ts';
export * from './resolve-scenario.ts';
export type * from './resolved-scenario.ts';
export * from './scenario-source.ts';
export { cellSchedulersOf, schedulersOf } from './scheduler-selection.ts';
export { SCENARIO_API_VERSION, SCENARIO_KIND } from './schema.ts';
export { webhooksOf } from './webhooks.ts';
export { readWrittenValue } from './written-value.ts';
