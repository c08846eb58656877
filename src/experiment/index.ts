/** Experiments: replications, sweeps, and what they amount to. */
export * from './aggregate.ts';
export * from './barriers.ts';
export * from './benchmark.ts';
export * from './bottleneck.ts';
export * from './comparison/index.ts';
export * from './executors/index.ts';
export * from './gate/index.ts';
export { type Job, runJob } from './job.ts';
export * from './objectives.ts';
export * from './pod-startup.ts';
export * from './recovery.ts';
export * from './replication-result.ts';
export * from './run-control.ts';
export * from './run-scenario.ts';
export * from './seeds.ts';
export * from './student-t.ts';
export * from './sweep.ts';
export * from './verdict.ts';
