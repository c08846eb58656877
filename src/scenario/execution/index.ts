/** Carrying out the operations of a scenario. */
export { recordUnmet } from './await-barrier.ts';
export { Execution } from './execution.ts';
export { notesOnLateOperations, preloadAll, runOperations } from './run-operations.ts';
