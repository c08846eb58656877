/**
 * Volcano: batch scheduling in sessions. https://github.com/volcano-sh/volcano, pkg/scheduler: actions, plugins gang, priority, drf, proportion, overcommit.
 *
 * Every period a session looks at the cell as it is and at the waiting jobs that were let in (volcano-enqueue.ts). Allocate: it takes the queue that has least
 * of what it deserves (proportion), or the least dominant share (drf), of that the first job by priority and then the one with the least dominant share, and gives
 * it tasks: until its gang is complete, later one at a time, so that jobs take turns. A gang that cannot be completed leaves its room to others within the session.
 * Queues get no more than they deserve, by weight and wants. Then, if they are set, preempt and reclaim (volcano-evictions.ts), and backfill: tasks that ask for
 * nothing. What the session decided takes effect at its end, after the decision times of what it looked at; victims go at that instant.
 * Jobs that wait are looked at again in the next session.
 * Left out: the tree of queues, grace periods of victims, several schedulers side by side (replicas do nothing).
 */
import {
  choice,
  defineParameters,
  duration,
  type EventType,
  flag,
  real,
  sourceCode,
  type ValuesOf,
} from '../../../engine/index.ts';
import { milliseconds, type Nanoseconds, nanoseconds, seconds } from '../../../units/index.ts';
import { WHOLE_GPU } from '../../kube-scheduler/gpu-columns.ts';
import type { CellCopy } from '../cell-copy.ts';
import { amountsOf, type CellAmounts, cellResources, noAmounts } from '../cell-totals.ts';
import { type Job, type Task, TaskState } from '../job.ts';
import type { NodeChooser } from '../node-chooser.ts';
import { CellCapacity, dominantShare, QueueTree, type TenantQueue } from '../queue-tree.ts';
import { podByPodDecisions } from './common-settings.ts';
import { Heap } from './heap.ts';
import { proportionalShares } from './proportional-shares.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';
import { countQueues } from './task-counting.ts';
import { VolcanoEnqueue } from './volcano-enqueue.ts';
import { VolcanoEvictions } from './volcano-evictions.ts';
import {
  addTo,
  asksForNothing,
  isServedBefore,
  missingOf,
  type Placement,
  type SessionJob,
  type SessionQueue,
} from './volcano-session.ts';

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
  enqueue: flag({
    help: 'Whether jobs wait outside of sessions while those that are let in would fill the cell beyond overcommitFactor. It keeps those out, too, that would preempt or reclaim more than that leaves.',
    default: true,
    source: sourceCode(`${UPSTREAM}/conf_default.go (actions: enqueue, allocate, backfill)`),
  }),
  overcommitFactor: real({
    help: 'How much more than the cell has those jobs may ask for that are let in.',
    unit: '1',
    default: 1.2,
    range: [1, 1e9],
    source: sourceCode(`${UPSTREAM}/plugins/overcommit/overcommit.go`),
  }),
  preempt: flag({
    help: 'Whether a job that has less than it needs takes room from jobs of less priority in its queue.',
    default: false,
    source: sourceCode(`${UPSTREAM}/conf_default.go, ${UPSTREAM}/actions/preempt`),
  }),
  reclaim: flag({
    help: 'Whether a queue that has less than it deserves takes room from queues that have more (with queueOrder proportion).',
    default: false,
    source: sourceCode(`${UPSTREAM}/conf_default.go, ${UPSTREAM}/actions/reclaim`),
  }),
});

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
  private entries: SessionJob[] = [];
  /** Shapes of requests for which this session found no node: the search would find none again, so that only its time is counted, state. */
  private readonly unfit = new Set<number>();
  private decided = new Map<Job, Placement[]>();
  private span = 0;
  /** What queues have and deserve in the session that runs, by queue, state. */
  private standings = new Map<TenantQueue, { used: CellAmounts; deserved: CellAmounts }>();
  private readonly enqueue: VolcanoEnqueue;
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
    this.enqueue = new VolcanoEnqueue(this.settings.overcommitFactor);
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
    const open = this.open();
    this.letIn(open);
    this.looked = this.entries.map(({ job }) => job);
    for (const job of this.looked) statistics.attemptBegins(job);
    this.refill(open);
    this.allocate(open, ({ amounts }) => !asksForNothing(amounts));
    if (this.settings.preempt || this.settings.reclaim) this.evict(open);
    if (this.entries.some(({ amounts }) => asksForNothing(amounts))) {
      this.refill(open);
      this.allocate(open, ({ amounts }) => asksForNothing(amounts));
    }
    simulation.after(this.span as Nanoseconds, this.evSessionEnds);
  }

  /** Leaves the jobs out that are not let in: those of the queue that comes first are asked first, then the next queue's. */
  private letIn(open: readonly SessionQueue[]): void {
    if (!this.settings.enqueue) return;
    const ofQueue = new Map(open.map((queue) => [queue, [] as SessionJob[]]));
    for (const entry of this.entries) if (!this.enqueue.has(entry.job)) ofQueue.get(entry.queue)?.push(entry);
    const shares = new Map(open.map((queue) => [queue, this.shareOfQueue(queue)]));
    const inTurn = [...open].sort((a, b) => (shares.get(a) as number) - (shares.get(b) as number));
    // Jobs of a queue are in the order of their arrival but for a few, so that sorting them costs little.
    const waiting = inTurn.flatMap((queue) =>
      (ofQueue.get(queue) as SessionJob[]).sort((a, b) => (isServedBefore(a, b) ? -1 : 1)).map(({ job }) => job),
    );
    const { amounts } = this.capacity;
    this.enqueue.admit(waiting, amounts, this.taken(), (job) => this.queueOf(job));
    this.entries = this.entries.filter(({ job }) => this.enqueue.has(job));
  }

  /** What all tasks of the cell have, whoever placed them. */
  private taken(): CellAmounts {
    const { nodes } = this.context.cell;
    const sum = noAmounts();
    const slots = nodes.order.slots();
    for (let i = 0; i < nodes.order.count; i++) {
      const node = slots[i] as number;
      sum.cpu += nodes.requestedCpu[node] as number;
      sum.memory += nodes.requestedMemory[node] as number;
      sum.gpu += (nodes.gpus.count[node] ?? 0) * WHOLE_GPU - (nodes.gpus.freeSum[node] as number);
    }
    return sum;
  }

  /** The queues with jobs, and what each deserves. */
  private open(): SessionQueue[] {
    this.entries = [];
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
      const share = this.shareOf(amounts, placed);
      this.entries.push({ job, queue: open, amounts, placed, waiting: job.waiting, share });
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
    this.standings = new Map();
    all.forEach((queue, i) => {
      const open = byQueue.get(queue);
      if (open !== undefined) open.deserved = deserved[i] as CellAmounts;
      this.standings.set(queue, { used: { ...queue.used }, deserved: deserved[i] as CellAmounts });
    });
  }

  /** Puts the jobs that still wait into the heaps of their queues again. */
  private refill(open: readonly SessionQueue[]): void {
    for (const { jobs } of open) while (jobs.take() !== undefined);
    for (const entry of this.entries) if (entry.waiting > 0) entry.queue.jobs.add(entry);
  }

  private shareOf(amounts: CellAmounts, tasks: number): number {
    return tasks * dominantShare(amounts, this.capacity.amounts);
  }

  private allocate(open: SessionQueue[], concerns: (entry: SessionJob) => boolean): void {
    for (;;) {
      const queue = this.nextQueue(open);
      if (queue === undefined) return;
      const entry = queue.jobs.take() as SessionJob;
      if (concerns(entry) && this.give(queue, entry) && entry.waiting > 0) queue.jobs.add(entry);
    }
  }

  /** Preempt, then reclaim, for jobs that got less than they need; a queue is asked again until it has nothing more to evict for. */
  private evict(open: readonly SessionQueue[]): void {
    const evictions = new VolcanoEvictions({
      cell: this.context.cell,
      copy: this.copy,
      scheduler: this.context.name,
      standingOf: (job) => this.standings.get(this.queueOf(job)) as { used: CellAmounts; deserved: CellAmounts },
      mayHave: (queue, amounts, tasks) => this.mayHave(queue, amounts, tasks),
    });
    const { preempt, reclaim, queueOrder } = this.settings;
    const actions = [
      ...(preempt ? [(entry: SessionJob) => evictions.preempt(entry)] : []),
      ...(reclaim && queueOrder === 'proportion' ? [(entry: SessionJob) => evictions.reclaim(entry)] : []),
    ];
    for (const action of actions) {
      this.refill(open);
      /** Needs for which there was no room: the same need has none either until something is evicted. */
      const hopeless = new Set<string>();
      for (let queue = this.nextQueue(open); queue !== undefined; queue = this.nextQueue(open)) {
        const entry = queue.jobs.take() as SessionJob;
        if (asksForNothing(entry.amounts)) continue;
        this.span += this.context.decisionTime(entry.job, 1);
        const { priority, queue: name } = entry.job.specification;
        const need = `${name} ${entry.job.requirements.shape} ${missingOf(entry)} ${priority}`;
        const planned = hopeless.has(need) ? undefined : action(entry);
        if (planned === undefined) {
          hopeless.add(need);
          continue;
        }
        hopeless.clear();
        this.settle(entry, planned);
        if (entry.waiting > 0) queue.jobs.add(entry);
      }
    }
  }

  /** The queue with jobs that comes first; the first declared of equals. */
  private nextQueue(open: readonly SessionQueue[]): SessionQueue | undefined {
    let next: SessionQueue | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const candidate of open) {
      if (candidate.jobs.size === 0) continue;
      const share = this.shareOfQueue(candidate);
      if (next !== undefined && !(share < least)) continue;
      next = candidate;
      least = share;
    }
    return next;
  }

  /** By which queues are compared: of what a queue deserves, or of the cell, for its weight. */
  private shareOfQueue({ queue, used, deserved }: SessionQueue): number {
    if (this.settings.queueOrder === 'proportion') return dominantShare(used, deserved);
    return dominantShare(used, this.capacity.amounts) / queue.weight;
  }

  /** Gives a job tasks until its gang is complete, one if it is; false if it gets no further in this session. */
  private give(queue: SessionQueue, entry: SessionJob): boolean {
    const { job, amounts } = entry;
    const { copy, chooser } = this;
    const mark = copy.tried;
    const planned: Placement[] = [];
    const needed = missingOf(entry);
    while (planned.length < needed && planned.length < entry.waiting) {
      if (!this.mayHave(queue, amounts, planned.length + 1)) break;
      this.span += this.context.decisionTime(job, 1);
      const node = this.search(job);
      if (node < 0) break;
      planned.push({ job, node, devices: copy.try(node, job.requirements, chooser.decision.devices), victims: [] });
    }
    if (planned.length < needed) {
      if (planned.length > 0) this.unfit.clear();
      copy.takeBack(mark);
      return false;
    }
    this.settle(entry, planned);
    return true;
  }

  /** A job gets what was planned for it. */
  private settle(entry: SessionJob, planned: readonly Placement[]): void {
    const { job, queue, amounts } = entry;
    const before = this.decided.get(job);
    if (before === undefined) this.decided.set(job, [...planned]);
    else before.push(...planned);
    addTo(queue.used, amounts, planned.length);
    for (const { victims } of planned)
      for (const victim of victims)
        if (this.queueOf(victim.job) === queue.queue) addTo(queue.used, amountsOf(victim.job), -1);
    entry.placed += planned.length;
    entry.waiting -= planned.length;
    entry.share = this.shareOf(amounts, entry.placed);
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
    for (const { node, devices, victims } of placements) {
      for (const victim of victims) if (victim.state === TaskState.Running) cell.returnTask(victim, 'preempted');
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

export const volcano: ArchitectureDefinition = {
  help: 'Sessions that deal nodes out to queues and jobs in turn, by weight, priority and dominant share, gangs as a whole (Volcano).',
  settings: volcanoSettings,
  usesPlacement: true,
  create: (context) => new Volcano(context),
};
