/** What the operations of a run in a scheduling cell share. */
import type { Job, SchedulingCell } from '../../components/scheduling-cell/index.ts';
import {
  type EventType,
  type Process,
  type ProcessId,
  type RandomStream,
  type Simulation,
  SUSPEND,
  type TokenBucket,
} from '../../engine/index.ts';
import type { TemplateRegistry } from '../../manifests/index.ts';
import { nanoseconds, type SimTime } from '../../units/index.ts';
import type { BarrierRecord } from '../execution/execution.ts';
import type { Barrier } from '../operations/index.ts';

/** A process that waits for something to be true of the cell. */
interface Waiting {
  readonly process: ProcessId;
  readonly isMet: () => boolean;
}

/** Everything that operations work with. */
export class CellExecution {
  readonly world: SchedulingCell;
  readonly templates: TemplateRegistry;
  readonly arrivals: RandomStream;
  readonly sharedLimits = new Map<string, TokenBucket>();
  /** Name of the scheduler of jobs that name none. */
  readonly firstScheduler: string;
  /** Barriers that were reached, in order. */
  readonly barriers: BarrierRecord[] = [];
  /** The barrier that the run waits for, state. */
  waitingFor: { readonly barrier: Barrier; readonly began: SimTime } | undefined;
  /** What a user should know about how it went. */
  readonly notes: string[] = [];
  private readonly onMeasure: () => void;
  /** Processes that wait, in the order in which they began to, state. */
  private readonly waiting: Waiting[] = [];

  /** Processes to be resumed, in order: each by one event. */
  private readonly resumable: ProcessId[] = [];
  private readonly evResume: EventType;

  constructor(world: SchedulingCell, templates: TemplateRegistry, firstScheduler: string, onMeasure: () => void) {
    this.world = world;
    this.templates = templates;
    this.firstScheduler = firstScheduler;
    this.onMeasure = onMeasure;
    this.arrivals = this.simulation.streams.stream('scenario.arrivals');
    this.evResume = this.simulation.on('scenario: goes on', () => {
      this.simulation.processes.resume(this.resumable.shift() as ProcessId, 0);
    });
    const look = () => this.look();
    world.cell.listen({ taskStarted: look, taskEnded: look, tasksGivenUp: look });
  }

  get simulation(): Simulation {
    return this.world.cell.simulation;
  }

  /** An operation with `measure: true` begins. */
  measured(): void {
    this.onMeasure();
  }

  /** Starts a process beside the operations. */
  spawn(name: string, body: Process): void {
    this.simulation.processes.spawn(name, body);
  }

  /** Waits until something is true, which tasks that start, end or are given up can bring about. */
  *until(isMet: () => boolean): Generator<number, void, number> {
    if (isMet()) return;
    this.waiting.push({ process: this.simulation.processes.current, isMet });
    yield SUSPEND;
  }

  /** Waits until a scheduler has dealt with all tasks of a job, one way or the other. */
  *settled(job: Job): Generator<number, void, number> {
    yield* this.until(() => job.waiting + job.held === 0);
  }

  /** Resumes whoever waits for something that has become true. They go on in an event of their own: the cell is in the midst of a change. */
  private look(): void {
    for (let i = 0; i < this.waiting.length; i++) {
      const { process, isMet } = this.waiting[i] as Waiting;
      if (!isMet()) continue;
      this.waiting.splice(i--, 1);
      this.resumable.push(process);
      this.simulation.after(nanoseconds(0), this.evResume);
    }
  }
}
