/** Raft: agreement on a log, as a deterministic state machine without clock, disk or network. */
export * from './configuration.ts';
export * from './entry.ts';
export * from './message.ts';
export * from './raft-node.ts';
export * from './ready.ts';
