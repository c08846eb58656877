/** What a scheduling architecture is: when decisions are made, on what knowledge, and what comes of claims that collide. */
import type { ParameterSet, RandomStream, Simulation } from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { SettingValues } from '../../kube-scheduler/algorithms/index.ts';
import type { NodeColumns } from '../../kube-scheduler/node-columns.ts';
import type { Cell, ReturnReason } from '../cell.ts';
import type { SchedulerStatistics } from '../cell-metrics.ts';
import type { Job, Task } from '../job.ts';
import type { NodeChooser } from '../node-chooser.ts';
import type { QueueSpecification } from '../queue-tree.ts';

/** A scheduler at work in a cell. It is told of its own jobs, and of nodes. */
export interface SchedulingArchitecture {
  /** A job arrives that names this scheduler. */
  submit(job: Job): void;
  /** A task of any scheduler has ended by itself, so that its node has more room. */
  taskEnded?(task: Task): void;
  /** A task of this scheduler has lost its room and waits again. Its node has more room. */
  taskReturned?(task: Task, reason: ReturnReason): void;
  /** A task of another scheduler has lost its room. */
  roomFreed?(node: number): void;
  /** A node came, changed or went. */
  nodeChanged?(node: number): void;
  /** Jobs that it holds and has not placed in full [job]: Little's law is checked with it. */
  readonly pending: number;
}

/** What an architecture is made with. */
export interface ArchitectureContext {
  readonly simulation: Simulation;
  readonly cell: Cell;
  /** Name of the scheduler, which jobs give. */
  readonly name: string;
  /** How many of it work side by side, 1 or more. What that means is the architecture's business. */
  readonly replicas: number;
  /** Its settings and those of the node chooser inside, with all defaults. */
  readonly settings: SettingValues;
  readonly statistics: SchedulerStatistics;
  /** Queues of tenants as the scenario declares them, parents before their children; jobs may name others. */
  readonly queues: readonly QueueSpecification[];
  /** A random stream of this scheduler. */
  stream(name: string): RandomStream;
  /** The node chooser of `settings.placement` over these columns: the cell's own, or those of a copy. */
  chooser(nodes: NodeColumns): NodeChooser;
  /** How long it thinks about so many tasks of a job: what the job says, or else settings.decisionTimePerJob and …PerTask. */
  decisionTime(job: Job, tasks: number): Nanoseconds;
  /** Something that all schedulers of one cell share (an offer allocator, queues); made by whoever asks first. */
  shared<T>(key: string, create: () => T): T;
}

/** What the registry holds of each architecture. */
export interface ArchitectureDefinition {
  readonly help: string;
  /** Settings beside those that all share (placement, decision times) and those of the node chooser. */
  readonly settings: ParameterSet;
  /** Whether it has a node chooser inside. */
  readonly usesPlacement: boolean;
  readonly create: (context: ArchitectureContext) => SchedulingArchitecture;
}
