/** Jobs: tasks that are alike, and what has become of each. */
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import type { PodRequirements } from '../kube-scheduler/pod-requirements.ts';

/** A task that never ends by itself. */
export const WITHOUT_END = Number.POSITIVE_INFINITY as Nanoseconds;

/** How long a scheduler thinks about a job of this kind, where the workload says so and not the scheduler. */
export interface DecisionTime {
  readonly perJob: Nanoseconds;
  readonly perTask: Nanoseconds;
}

/** What a job asks for; immutable. */
export interface JobSpecification {
  readonly name: string;
  /** Kind of job, by which statistics are told apart ("batch", "service"). */
  readonly className: string;
  readonly tasks: number;
  readonly requirements: PodRequirements;
  /** How long each task runs, in their order; the last counts for all that follow. {@link WITHOUT_END} = until the end of the run. */
  readonly durations: readonly Nanoseconds[];
  /** What schedulers believe that a task takes, where they go by it. */
  readonly estimatedDuration: Nanoseconds;
  readonly priority: number;
  /** Queue or tenant whose share counts. */
  readonly queue: string;
  /** Tasks that must be placed together; 0 = each for itself. */
  readonly gang: number;
  /** Name of the scheduler that is to place it. */
  readonly scheduler: string;
  /** Share of what is requested that a task uses, drawn anew at each measurement; all of it if left out. */
  readonly usage?: { quantile(u: number): number } | undefined;
  /** Overrides the scheduler's own decision time. */
  readonly decisionTime?: DecisionTime | undefined;
}

/** Where a task is. */
export const TaskState = { Held: 0, Running: 1, Gone: 2 } as const;

/** A task that has room on a node. */
export interface Task {
  readonly job: Job;
  /** Number within its job, from 0. */
  readonly index: number;
  readonly node: number;
  /** Devices that it holds, as bits; 0 = none. */
  readonly devices: number;
  /** Instant at which it took its room. */
  readonly heldAt: SimTime;
  /** Instant at which it began to run. */
  startedAt: SimTime;
  state: (typeof TaskState)[keyof typeof TaskState];
  /** Number by which the cell finds it; given out again once it is gone. */
  readonly id: number;
}

/** A job in the cell. Only the cell changes its counts. */
export class Job {
  readonly id: number;
  readonly specification: JobSpecification;
  readonly arrivedAt: SimTime;
  /** Tasks by state: waiting + held + running + ended + rejected + abandoned = all, state. */
  waiting: number;
  held = 0;
  running = 0;
  ended = 0;
  rejected = 0;
  abandoned = 0;
  /** Instant of the first attempt to place it; -1 = not yet, state. */
  firstAttemptAt = -1;
  /** Starts of its tasks, repeated ones included [task], statistic. */
  started = 0;
  /** Whether all its tasks had room at some time, statistic. */
  wasComplete = false;
  /** Attempts so far, statistic. */
  attempts = 0;
  /** Numbers of tasks that lost their room and wait again, state. */
  readonly returned: number[] = [];
  /** Number of the first task that never had room, state. */
  next = 0;

  constructor(id: number, specification: JobSpecification, arrivedAt: SimTime) {
    this.id = id;
    this.specification = specification;
    this.arrivedAt = arrivedAt;
    this.waiting = specification.tasks;
  }

  /** Tasks that must run together, 0 = none must. */
  get gang(): number {
    return this.specification.gang;
  }

  get requirements(): PodRequirements {
    return this.specification.requirements;
  }

  /** How long the task of a number runs. */
  durationOf(index: number): Nanoseconds {
    const { durations } = this.specification;
    return durations[Math.min(index, durations.length - 1)] as Nanoseconds;
  }

  /** Whether nothing of it is left to do. */
  get isOver(): boolean {
    return this.waiting + this.held + this.running === 0;
  }
}
