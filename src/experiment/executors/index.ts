/** How replications are carried out. What needs Node's threads is loaded when it is asked for. */
export * from './executor.ts';
export * from './in-this-thread.ts';
export * from './open-executor.ts';
