/** The engine: events in virtual time, random numbers, and the building blocks of queueing models. */
export * from './distribution.ts';
export * from './event-queue.ts';
export type { EventId } from './event-records.ts';
export * from './heap-event-queue.ts';
export * from './invariant.ts';
export * from './link.ts';
export * from './log-linear-histogram.ts';
export * from './parameter.ts';
export * from './process.ts';
export * from './processor-sharing.ts';
export * from './random-streams.ts';
export * from './serial-server.ts';
export * from './simulation.ts';
export * from './tally.ts';
export * from './time-weighted.ts';
export * from './token-bucket.ts';
export * from './trace.ts';
