/** How replications are carried out. What needs Node's threads is loaded when it is asked for. */
export * from './executor.ts';
export * from './in-this-thread.ts';
export type { Journal } from './journaled.ts';
export * from './open-executor.ts';
