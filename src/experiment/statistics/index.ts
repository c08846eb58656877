/** Statistics over replications. */
export * from './bootstrap.ts';
export * from './mean-interval.ts';
