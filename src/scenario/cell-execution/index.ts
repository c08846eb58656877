/** Carrying out the operations of a scenario in a scheduling cell. */
export { recordUnmetInCell } from './await-cell-barrier.ts';
export { CellExecution } from './cell-execution.ts';
export { preloadCell, runCellOperations } from './run-cell-operations.ts';
export { typicalPodsOfOperations } from './workload.ts';
