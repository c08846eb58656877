/** Statistics over replications. */
export * from './accelerated-bootstrap.ts';
export * from './bootstrap.ts';
export * from './mean-interval.ts';
