/**
 * Jobs that are tried again because tasks of them found no place or met a conflict, and given up in the end: the rules of the simulator that the
 * Omega study released (github.com/google/cluster-scheduler-simulator, handleJob): again after a second, given up after 100 attempts without a
 * single task placed, or after 1,000 with some.
 */
import { count, defineParameters, duration, type EventType, sourceCode, type ValuesOf } from '../../../engine/index.ts';
import { milliseconds, type Nanoseconds, seconds } from '../../../units/index.ts';
import type { Job } from '../job.ts';
import type { ArchitectureContext } from './scheduling-architecture.ts';

const RULES = 'cluster-scheduler-simulator: OmegaSimulation.scala, MesosSimulation.scala, MonolithicSimulation.scala';

/** Settings of architectures that try jobs again. */
export const retrySettings = defineParameters({
  retryDelay: duration({
    help: 'How long after an attempt a job with tasks left is tried again.',
    default: seconds(1),
    range: [milliseconds(1), seconds(86_400)],
    source: sourceCode(RULES),
  }),
  mostFruitlessAttempts: count({
    help: 'A job is given up after more attempts than this if none of its tasks was ever placed.',
    unit: 'attempt',
    default: 100,
    range: [0, 1e9],
    source: sourceCode(RULES),
  }),
  mostAttempts: count({
    help: 'A job is given up after more attempts than this, whatever was placed.',
    unit: 'attempt',
    default: 1_000,
    range: [0, 1e9],
    source: sourceCode(RULES),
  }),
});

/** The retries of one scheduler, and which jobs it has in hand. */
export class Retries {
  private readonly context: ArchitectureContext;
  private readonly settings: ValuesOf<typeof retrySettings>;
  private readonly again: (process: number, job: Job) => void;
  /** Jobs that the scheduler has in hand (queued, being decided on, waiting for their next attempt), and the process that has each, state. */
  private readonly inHand = new Map<Job, number>();
  private readonly evAgain: EventType;

  constructor(context: ArchitectureContext, again: (process: number, job: Job) => void) {
    this.context = context;
    this.settings = context.settings as unknown as ValuesOf<typeof retrySettings>;
    this.again = again;
    this.evAgain = context.simulation.on(`cell scheduler ${context.name}: tries again`, (job, process) => {
      this.again(process, context.cell.jobs.get(job) as Job);
    });
  }

  /** Jobs in hand. */
  get pending(): number {
    return this.inHand.size;
  }

  /** Whether the scheduler has a job in hand. */
  has(job: Job): boolean {
    return this.inHand.has(job);
  }

  /** A process takes a job in hand. */
  take(process: number, job: Job): void {
    this.inHand.set(job, process);
  }

  /** An attempt is over: the job is done with, given up, or tried again by the same process. */
  attempted(job: Job): void {
    const process = this.inHand.get(job) as number;
    if (job.waiting > 0) {
      const { retryDelay, mostFruitlessAttempts, mostAttempts } = this.settings;
      const isFruitless = job.waiting === job.specification.tasks;
      if (job.attempts <= (isFruitless ? Math.min(mostFruitlessAttempts, mostAttempts) : mostAttempts)) {
        this.context.simulation.after(retryDelay as Nanoseconds, this.evAgain, job.id, process);
        return;
      }
      this.context.cell.giveUp(job, 'abandoned');
    }
    this.inHand.delete(job);
  }
}
