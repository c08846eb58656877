/**
 * Volcano: batch scheduling in sessions. https://github.com/volcano-sh/volcano, pkg/scheduler: actions/allocate, plugins gang, drf, proportion.
 *
 * Every period a session looks at the cell as it is and at all waiting jobs. It takes the queue that has least of what it deserves (proportion), or the
 * least dominant share (drf), of that the first job by priority and then the one with the least dominant share, and gives it tasks: until its gang is
 * complete, later one at a time, so that jobs take turns. A gang that cannot be completed leaves its room to others within the session. Queues get
 * no more than they deserve, by weight and wants. What the session decided takes effect at its end, after the decision times of what it looked at.
 * Jobs that wait are looked at again in the next session.
 * Left out: the actions enqueue, backfill, preempt and reclaim, the tree of queues, several schedulers side by side (replicas do nothing).
 */
import {
  choice,
  defineParameters,
  duration,
  type EventType,
  sourceCode,
  type ValuesOf,
} from '../../../engine/index.ts';
import { milliseconds, type Nanoseconds, nanoseconds, seconds } from '../../../units/index.ts';
import type { CellCopy } from '../cell-copy.ts';
import { amountsOf, type CellAmounts, cellResources } from '../cell-totals.ts';
import type { Job, Task } from '../job.ts';
import type { NodeChooser } from '../node-chooser.ts';
import { CellCapacity, dominantShare, QueueTree, type TenantQueue } from '../queue-tree.ts';
import { podByPodDecisions } from './common-settings.ts';
import { Heap } from './heap.ts';
import { proportionalShares } from './proportional-shares.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';
import { countQueues } from './task-counting.ts';

const UPSTREAM = 'volcano-sh/volcano: pkg/scheduler';

/** What this architecture can be set to beside what all can. */
const volcanoSettings = defineParameters({
  ...podByPodDecisions,
  schedulePeriod: duration({
    help: 'Time from the end of a session to the next.',
    default: seconds(1),
    range: [milliseconds(1), seconds(3600)],
    source: sourceCode('volcano-sh/volcano: cmd/scheduler/app/options (schedule-period)'),
  }),
  queueOrder: choice({
    help: 'Which queue comes first: the one that has least of what it deserves (proportion), or the least dominant share for its weight (drf).',
    default: 'proportion',
    choices: ['proportion', 'drf'],
    source: sourceCode(`${UPSTREAM}/plugins/proportion, ${UPSTREAM}/plugins/drf`),
  }),
});

/** A queue within a session. */
interface SessionQueue {
  readonly queue: TenantQueue;
  readonly jobs: Heap<SessionJob>;
  readonly used: CellAmounts;
  readonly wants: CellAmounts;
  deserved: CellAmounts;
}

/** A job within a session. */
interface SessionJob {
  readonly job: Job;
  readonly amounts: CellAmounts;
  /** Tasks that it has, planned ones included, and those that wait for a node. */
  placed: number;
  waiting: number;
  /** Its dominant share, by which jobs are compared. */
  share: number;
}

/** A placement that the session decided. */
interface Placement {
  readonly job: Job;
  readonly node: number;
  readonly devices: number;
}

class Volcano implements SchedulingArchitecture {
  private readonly context: ArchitectureContext;
  private readonly settings: ValuesOf<typeof volcanoSettings>;
  private readonly copy: CellCopy;
  private readonly chooser: NodeChooser;
  private readonly queues: QueueTree;
  private readonly capacity: CellCapacity;
  /** Jobs with waiting tasks, by arrival, state. */
  private readonly inHand = new Set<Job>();
  /** The session that runs: its jobs, what it has decided job by job, and its time [ns], state. */
  private looked: readonly Job[] = [];
  /** Shapes of requests for which this session found no node: the search would find none again, so that only its time is counted, state. */
  private readonly unfit = new Set<number>();
  private decided = new Map<Job, Placement[]>();
  private span = 0;
  private isAwake = false;
  /** Instant at which the last session ended [ns], state: the next begin whole periods after it. */
  private endedAt = 0;
  private readonly evSession: EventType;
  private readonly evSessionEnds: EventType;

  constructor(context: ArchitectureContext) {
    const { simulation, cell, name } = context;
    this.context = context;
    this.settings = context.settings as unknown as ValuesOf<typeof volcanoSettings>;
    this.copy = cell.copy();
    this.chooser = context.chooser(this.copy.nodes);
    this.queues = new QueueTree(context.queues);
    this.capacity = new CellCapacity(cell.nodes);
    countQueues(cell, name, this.queues);
    this.evSession = simulation.on(`cell scheduler ${name}: session`, () => this.session());
    this.evSessionEnds = simulation.on(`cell scheduler ${name}: session ends`, () => this.sessionEnds());
  }

  get pending(): number {
    return this.inHand.size;
  }

  submit(job: Job): void {
    this.inHand.add(job);
    this.wake();
  }

  taskReturned({ job }: Task): void {
    this.inHand.add(job);
    this.wake();
  }

  nodeChanged(): void {
    this.capacity.forget();
  }

  private queueOf(job: Job): TenantQueue {
    return this.queues.of(job.specification.queue);
  }

  /** Sessions without jobs do nothing and are left out; the next falls on the period's own beat. */
  private wake(): void {
    if (this.isAwake) return;
    this.isAwake = true;
    const { simulation } = this.context;
    const { schedulePeriod } = this.settings;
    const periods = Math.max(1, Math.ceil((simulation.now - this.endedAt) / schedulePeriod));
    simulation.after(nanoseconds(this.endedAt + periods * schedulePeriod - simulation.now), this.evSession);
  }

  // ---- a session ---------------------------------------------------------------------------------------------------------------

  private session(): void {
    const { simulation, statistics } = this.context;
    this.copy.synchronise();
    this.span = 0;
    this.unfit.clear();
    statistics.roundBegins();
    this.looked = [...this.inHand];
    for (const job of this.looked) statistics.attemptBegins(job);
    this.allocate(this.open());
    simulation.after(this.span as Nanoseconds, this.evSessionEnds);
  }

  /** The queues with jobs, and what each deserves. */
  private open(): SessionQueue[] {
    const byQueue = new Map<TenantQueue, SessionQueue>();
    for (const job of this.inHand) {
      const queue = this.queueOf(job);
      let open = byQueue.get(queue);
      if (open === undefined) {
        const used = { ...queue.used };
        open = { queue, jobs: new Heap<SessionJob>(isServedBefore), used, wants: { ...used }, deserved: used };
        byQueue.set(queue, open);
      }
      const amounts = amountsOf(job);
      for (const resource of cellResources) open.wants[resource] += amounts[resource] * job.waiting;
      const placed = job.running + job.held;
      open.jobs.add({ job, amounts, placed, waiting: job.waiting, share: this.shareOf(amounts, placed) });
    }
    this.setDeserved(byQueue);
    return [...byQueue.values()];
  }

  /** Queues without waiting jobs deserve what they have: it counts too. */
  private setDeserved(byQueue: ReadonlyMap<TenantQueue, SessionQueue>): void {
    const all = this.queues.leaves;
    const claimants = all.map((queue) => ({
      weight: queue.weight,
      wants: byQueue.get(queue)?.wants ?? queue.used,
      max: queue.max,
    }));
    const deserved = proportionalShares(claimants, this.capacity.amounts);
    all.forEach((queue, i) => {
      const open = byQueue.get(queue);
      if (open !== undefined) open.deserved = deserved[i] as CellAmounts;
    });
  }

  private shareOf(amounts: CellAmounts, tasks: number): number {
    return tasks * dominantShare(amounts, this.capacity.amounts);
  }

  private allocate(open: SessionQueue[]): void {
    for (;;) {
      const queue = this.nextQueue(open);
      if (queue === undefined) return;
      const entry = queue.jobs.take() as SessionJob;
      if (this.give(queue, entry) && entry.waiting > 0) queue.jobs.add(entry);
    }
  }

  /** The queue with jobs that comes first; the first declared of equals. */
  private nextQueue(open: readonly SessionQueue[]): SessionQueue | undefined {
    const { queueOrder } = this.settings;
    let next: SessionQueue | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const candidate of open) {
      if (candidate.jobs.size === 0) continue;
      const whole = queueOrder === 'proportion' ? candidate.deserved : this.capacity.amounts;
      const share = dominantShare(candidate.used, whole) / (queueOrder === 'proportion' ? 1 : candidate.queue.weight);
      if (next !== undefined && !(share < least)) continue;
      next = candidate;
      least = share;
    }
    return next;
  }

  /** Gives a job tasks until its gang is complete, one if it is; false if it gets no further in this session. */
  private give(queue: SessionQueue, entry: SessionJob): boolean {
    const { job, amounts } = entry;
    const { copy, chooser } = this;
    const mark = copy.tried;
    const planned: Placement[] = [];
    const needed = Math.max(1, job.specification.gang - entry.placed - job.ended);
    while (planned.length < needed && planned.length < entry.waiting) {
      if (!this.mayHave(queue, amounts, planned.length + 1)) break;
      this.span += this.context.decisionTime(job, 1);
      const node = this.search(job);
      if (node < 0) break;
      planned.push({ job, node, devices: copy.try(node, job.requirements, chooser.decision.devices) });
    }
    if (planned.length < needed) {
      if (planned.length > 0) this.unfit.clear();
      copy.takeBack(mark);
      return false;
    }
    const before = this.decided.get(job);
    if (before === undefined) this.decided.set(job, planned);
    else before.push(...planned);
    for (const resource of cellResources) queue.used[resource] += amounts[resource] * planned.length;
    entry.placed += planned.length;
    entry.waiting -= planned.length;
    entry.share = this.shareOf(amounts, entry.placed);
    return true;
  }

  private search({ requirements }: Job): number {
    if (this.unfit.has(requirements.shape)) return -1;
    const node = this.chooser.choose(requirements);
    if (node < 0) this.unfit.add(requirements.shape);
    return node;
  }

  /** Whether a queue may have so many more tasks: no more than it deserves in what they ask for, and never more than its limit. */
  private mayHave({ queue, used, deserved }: SessionQueue, amounts: CellAmounts, tasks: number): boolean {
    const isProportional = this.settings.queueOrder === 'proportion';
    return cellResources.every((resource) => {
      const more = amounts[resource] * tasks;
      const limit = isProportional ? deserved[resource] : (queue.max[resource] ?? Number.POSITIVE_INFINITY);
      return more === 0 || used[resource] + more <= limit;
    });
  }

  private sessionEnds(): void {
    const { simulation, statistics } = this.context;
    statistics.roundEnds(this.span as Nanoseconds);
    for (const job of this.looked) this.commit(job, this.decided.get(job) ?? []);
    this.decided = new Map();
    this.endedAt = simulation.now;
    this.isAwake = false;
    if (this.inHand.size > 0) this.wake();
  }

  /** Claims what a job was given; a gang of which others have taken a node meanwhile goes without. */
  private commit(job: Job, placements: readonly Placement[]): void {
    const { cell, statistics } = this.context;
    const held: Task[] = [];
    for (const { node, devices } of placements) {
      const task = cell.hold(job, node, devices);
      if (task !== undefined) held.push(task);
    }
    const isComplete = held.length + job.running + job.ended >= job.specification.gang;
    for (const task of held) {
      if (isComplete) cell.start(task);
      else cell.giveBack(task);
    }
    const placed = isComplete ? held.length : 0;
    const conflicts = placements.length - placed;
    if (job.waiting === 0) this.inHand.delete(job);
    const leftOver = conflicts > 0 ? 'conflict' : 'unschedulable';
    statistics.attemptEnds(job.waiting === 0 ? 'scheduled' : placed > 0 ? 'partly' : leftOver, placed, conflicts);
  }
}

/** Whether a job is served before another: by priority, then the one with the smaller share, then the older. */
function isServedBefore(a: SessionJob, b: SessionJob): boolean {
  const [priorityOfA, priorityOfB] = [a.job.specification.priority, b.job.specification.priority];
  if (priorityOfA !== priorityOfB) return priorityOfA > priorityOfB;
  return a.share === b.share ? a.job.id < b.job.id : a.share < b.share;
}

export const volcano: ArchitectureDefinition = {
  help: 'Sessions that deal nodes out to queues and jobs in turn, by weight, priority and dominant share, gangs as a whole (Volcano).',
  settings: volcanoSettings,
  usesPlacement: true,
  create: (context) => new Volcano(context),
};
