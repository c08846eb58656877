/** Raft: agreement on a log, as a deterministic state machine without clock, disk or network. */
export * from './configuration.ts';
export * from './entry.ts';
export * from './message.ts';
export { ProgressState } from './progress.ts';
export { UNKNOWN_TERM } from './raft-log.ts';
export * from './raft-node.ts';
export * from './ready.ts';
export * from './safety.ts';
