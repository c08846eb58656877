/** A world of schedulers, nodes and jobs. */
export {
  type ArchitectureDefinition,
  type ArchitectureName,
  architectureRegistry,
  placementSettings,
  sharedSettings,
} from './architectures/index.ts';
export { Cell, type CellListener, type ReturnReason } from './cell.ts';
export { type CellResource, cellResources } from './cell-totals.ts';
export type { CompactedJob } from './compaction.ts';
export type { InflationSeries } from './inflation-series.ts';
export { type DecisionTime, type Job, type JobSpecification, type Task, WITHOUT_END } from './job.ts';
export type { PartialAmounts, QueueSpecification } from './queue-tree.ts';
export { settingsOfScheduler } from './scheduler-settings.ts';
export { type CellSchedulerOptions, SchedulingCell, type SchedulingCellOptions } from './scheduling-cell.ts';
