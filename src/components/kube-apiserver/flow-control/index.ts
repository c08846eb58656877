/** Priority and fairness. */
export * from './bootstrap-configuration.ts';
export * from './configuration.ts';
export * from './flow-control.ts';
export * from './flow-control-surroundings.ts';
