/**
 * YuniKorn: queues in a tree, served one allocation at a time by how far each is below its guarantee. https://github.com/apache/yunikorn-core,
 * pkg/scheduler: objects/queue.go, objects/sorters.go, objects/application.go, partition.go.
 *
 * For each allocation the tree is walked from the root: of the queues side by side the one comes first that has the least dominant share of its guarantee
 * (of the cell, where it has none), for its weight; within a queue the applications (jobs) by priority and arrival, or (fair) the one that has least of the
 * queue's guarantee. What exceeds a limit or found no node since room was last freed is passed over, so that later small jobs overtake a big one. A task that has
 * waited for the preemption delay in a queue below its guarantee takes room from others (yunikorn-preemption.ts), and is tried again every 15 s. Tasks of a gang are placeholders: they hold room until as many
 * as the gang needs do, then the tasks take their places; after the time-out the gang starts with what it has (soft) or is given up (hard).
 * Left out: reservations of nodes, user and group limits, grace periods of victims; replicas do nothing.
 */
import {
  choice,
  defineParameters,
  duration,
  type EventType,
  flag,
  sourceCode,
  type ValuesOf,
} from '../../../engine/index.ts';
import { type Nanoseconds, nanoseconds, seconds } from '../../../units/index.ts';
import type { ReturnReason } from '../cell.ts';
import type { CellCopy } from '../cell-copy.ts';
import { amountsOf, type CellAmounts, cellResources } from '../cell-totals.ts';
import type { Job, Task } from '../job.ts';
import type { NodeChooser } from '../node-chooser.ts';
import { CellCapacity, QueueTree, type TenantQueue } from '../queue-tree.ts';
import { podByPodDecisions } from './common-settings.ts';
import { HeldGangs } from './held-gangs.ts';
import { comesBefore, JobHeap } from './job-heap.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';
import { countQueues } from './task-counting.ts';
import { preemptionFor } from './yunikorn-preemption.ts';

const UPSTREAM = 'apache/yunikorn-core: pkg/scheduler';

/** What this architecture can be set to beside what all can. */
const yunikornSettings = defineParameters({
  ...podByPodDecisions,
  gangStyle: choice({
    help: 'What becomes of a gang whose placeholders time out: it starts with what it has (soft), or is given up (hard).',
    default: 'soft',
    choices: ['soft', 'hard'],
    source: sourceCode(`${UPSTREAM}/objects/application.go (gangSchedulingStyle)`),
  }),
  placeholderTimeout: duration({
    help: 'How long placeholders hold room.',
    default: seconds(900),
    range: [seconds(1), seconds(86_400)],
    source: sourceCode(`${UPSTREAM}/objects/application.go (15 minutes)`),
  }),
  applicationOrder: choice({
    help: 'Which application of a queue comes first, of those of one priority: the oldest (fifo), or the one that has least of what the queue is promised (fair).',
    default: 'fifo',
    choices: ['fifo', 'fair'],
    source: sourceCode(`${UPSTREAM}/objects/sorters.go (application.sort.policy)`),
  }),
  preemption: flag({
    help: 'Whether a queue that is below its guarantee takes room from queues that are above theirs.',
    default: true,
    source: sourceCode(`${UPSTREAM}/partition.go (isPreemptionEnabled)`),
  }),
  preemptionDelay: duration({
    help: 'How long a job waits before it preempts.',
    default: seconds(30),
    range: [seconds(1), seconds(86_400)],
    source: sourceCode('apache/yunikorn-core: pkg/common/configs/config.go (preemption.delay)'),
  }),
});

/** Time between two attempts of a job to preempt (preemptAttemptFrequency). */
const ATTEMPT_PERIOD = seconds(15);

/** Jobs of one queue that wait, by what they ask for. */
type WaitingByShape = Map<number, JobHeap>;

class YuniKorn implements SchedulingArchitecture {
  private readonly context: ArchitectureContext;
  private readonly settings: ValuesOf<typeof yunikornSettings>;
  private readonly chooser: NodeChooser;
  private readonly gangs: HeldGangs;
  private readonly queues: QueueTree;
  private readonly capacity: CellCapacity;
  /** Jobs with tasks that wait or hold room, state. */
  private readonly inHand = new Set<Job>();
  private readonly waiting = new Map<TenantQueue, WaitingByShape>();
  /** A copy of the cell on which preemption is tried out; undefined = there is none. */
  private readonly copy: CellCopy | undefined;
  /** Jobs for which an attempt to preempt is planned, state. */
  private readonly preempting = new Set<Job>();
  /** Shapes of requests that found no node since room was last freed, state. */
  private readonly unfit = new Set<number>();
  /** The job whose task is being placed, and for how long [ns], state. */
  private current: Job | undefined;
  private span = 0;
  private readonly evDecided: EventType;
  private readonly evPreempts: EventType;

  constructor(context: ArchitectureContext) {
    const { simulation, cell, name } = context;
    this.context = context;
    this.settings = context.settings as unknown as ValuesOf<typeof yunikornSettings>;
    this.chooser = context.chooser(cell.nodes);
    this.queues = new QueueTree(context.queues);
    this.capacity = new CellCapacity(cell.nodes);
    countQueues(cell, name, this.queues);
    this.gangs = new HeldGangs(context, this.settings.placeholderTimeout, (job) => this.timedOut(job));
    this.evDecided = simulation.on(`cell scheduler ${name}: decided`, () => this.onDecided());
    this.evPreempts = simulation.on(`cell scheduler ${name}: preempts`, (job) => this.onPreempts(job));
    if (this.settings.preemption && context.queues.some(({ guaranteed }) => Object.keys(guaranteed).length > 0))
      this.copy = cell.copy();
  }

  get pending(): number {
    return this.inHand.size;
  }

  submit(job: Job): void {
    this.inHand.add(job);
    this.wait(job);
    this.think();
  }

  /** Tasks of a job found no room: it is to preempt when it has waited long enough. */
  private mayPreempt(job: Job): void {
    if (this.copy === undefined || this.preempting.has(job)) return;
    const { preemptionDelay } = this.settings;
    const { now } = this.context.simulation;
    // Tasks that had room before are asked for anew.
    const waited = job.started === 0 ? now - job.arrivedAt : 0;
    this.preemptAfter(job, nanoseconds(Math.max(0, preemptionDelay - waited)));
  }

  private preemptAfter(job: Job, span: Nanoseconds): void {
    this.preempting.add(job);
    this.context.simulation.after(span, this.evPreempts, job.id);
  }

  /** Victims go, and the task takes their place at once. */
  private onPreempts(id: number): void {
    const { cell, name, statistics } = this.context;
    const job = cell.jobs.get(id);
    if (job === undefined) return;
    this.preempting.delete(job);
    if (job.waiting === 0 || this.copy === undefined) return;
    const around = { cell, copy: this.copy, scheduler: name, queueOf: (other: Job) => this.queueOf(other) };
    const isWithinMax = this.queueOf(job).isWithinMax(amountsOf(job), 1);
    for (let found = isWithinMax ? preemptionFor(job, around) : undefined; found !== undefined; ) {
      for (const victim of found.victims) cell.returnTask(victim, 'preempted');
      statistics.happened('preemption');
      const task = cell.hold(job, found.node);
      if (task !== undefined) this.gangs.held(task);
      const goesOn = job.waiting > 0 && this.queueOf(job).isWithinMax(amountsOf(job), 1);
      found = goesOn ? preemptionFor(job, around) : undefined;
    }
    if (job.waiting + job.held === 0) this.inHand.delete(job);
    if (job.waiting > 0) this.preemptAfter(job, ATTEMPT_PERIOD);
    this.roomFreed();
  }

  taskEnded(): void {
    this.roomFreed();
  }

  taskReturned(task: Task, reason: ReturnReason): void {
    if (reason !== 'released') {
      this.gangs.lost(task);
      this.inHand.add(task.job);
      this.wait(task.job);
    }
    this.roomFreed();
  }

  nodeChanged(): void {
    this.capacity.forget();
    this.roomFreed();
  }

  roomFreed(): void {
    this.unfit.clear();
    this.think();
  }

  private queueOf(job: Job): TenantQueue {
    return this.queues.of(job.specification.queue);
  }

  private wait(job: Job): void {
    const queue = this.queueOf(job);
    let byShape = this.waiting.get(queue);
    if (byShape === undefined) {
      byShape = new Map();
      this.waiting.set(queue, byShape);
    }
    const { shape } = job.requirements;
    let jobs = byShape.get(shape);
    if (jobs === undefined) {
      jobs = new JobHeap();
      byShape.set(shape, jobs);
    }
    jobs.add(job);
  }

  // ---- who comes next ----------------------------------------------------------------------------------------------------------

  private think(): void {
    if (this.current !== undefined) return;
    const job = this.next(this.queues.root);
    this.current = job;
    if (job === undefined) return;
    const { simulation, statistics } = this.context;
    this.span = this.context.decisionTime(job, 1);
    statistics.decisionBegins(job);
    simulation.after(this.span as Nanoseconds, this.evDecided);
  }

  /** The job to be served next below a queue. */
  private next(queue: TenantQueue): Job | undefined {
    if (queue.children.length === 0) return this.nextOf(queue);
    const ratios = new Map(queue.children.map((child) => [child, this.ratioOf(child)]));
    const sorted = [...queue.children].sort((a, b) => (ratios.get(a) as number) - (ratios.get(b) as number));
    for (const child of sorted) {
      const job = this.next(child);
      if (job !== undefined) return job;
    }
    return undefined;
  }

  /** The first job of a queue that may have a task more and has not found every node full. */
  private nextOf(queue: TenantQueue): Job | undefined {
    if (this.settings.applicationOrder === 'fair') return this.fairestOf(queue);
    let next: Job | undefined;
    for (const [shape, jobs] of this.waiting.get(queue) ?? []) {
      while (jobs.first !== undefined && jobs.first.waiting === 0) jobs.take();
      const { first } = jobs;
      if (first === undefined || this.unfit.has(shape) || !queue.isWithinMax(amountsOf(first), 1)) continue;
      if (next === undefined || comesBefore(first, next)) next = first;
    }
    return next;
  }

  /** The same by priority, then by what each job has of what the queue is promised (of the cell, where that is nothing). */
  private fairestOf(queue: TenantQueue): Job | undefined {
    let next: Job | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const job of this.inHand) {
      if (job.waiting === 0 || this.queueOf(job) !== queue || this.unfit.has(job.requirements.shape)) continue;
      const amounts = amountsOf(job);
      if (!queue.isWithinMax(amounts, 1)) continue;
      const share = (job.running + job.held) * this.shareOf(amounts, queue);
      const [own, others] = [job.specification.priority, next?.specification.priority ?? Number.NEGATIVE_INFINITY];
      if (own < others || (own === others && share >= least)) continue;
      next = job;
      least = share;
    }
    return next;
  }

  private shareOf(amounts: CellAmounts, { guaranteed }: TenantQueue): number {
    const { amounts: whole } = this.capacity;
    let greatest = 0;
    for (const resource of cellResources) {
      if (amounts[resource] > 0)
        greatest = Math.max(greatest, amounts[resource] / (guaranteed[resource] ?? whole[resource]));
    }
    return greatest;
  }

  /** The greatest share of its guarantee that a queue has of any resource, for its weight. */
  private ratioOf({ used, guaranteed, weight }: TenantQueue): number {
    let greatest = 0;
    for (const resource of cellResources) {
      if (used[resource] === 0) continue;
      const whole = guaranteed[resource] ?? this.capacity.amounts[resource];
      greatest = Math.max(greatest, used[resource] / whole);
    }
    return greatest / weight;
  }

  // ---- allocations -------------------------------------------------------------------------------------------------------------

  private onDecided(): void {
    const job = this.current as Job;
    const isPlaced = this.placeOne(job);
    const result = isPlaced ? 'scheduled' : 'unschedulable';
    this.context.statistics.decisionEnds(result, this.span as Nanoseconds, isPlaced ? 1 : 0);
    if (job.waiting + job.held === 0) this.inHand.delete(job);
    this.current = undefined;
    this.think();
  }

  private placeOne(job: Job): boolean {
    // It may have been given up, or its queue may have become full, while the decision was made.
    if (job.waiting === 0 || !this.queueOf(job).isWithinMax(amountsOf(job), 1)) return false;
    const node = this.chooser.choose(job.requirements);
    const task = node < 0 ? undefined : this.context.cell.hold(job, node, this.chooser.decision.devices);
    if (task === undefined) {
      this.unfit.add(job.requirements.shape);
      this.mayPreempt(job);
      return false;
    }
    this.gangs.held(task);
    return true;
  }

  private timedOut(job: Job): void {
    if (this.settings.gangStyle === 'soft') {
      this.gangs.start(job);
      this.gangs.waive(job);
      if (job.waiting === 0) this.inHand.delete(job);
      return;
    }
    this.inHand.delete(job);
    this.gangs.release(job);
    this.context.cell.giveUp(job, 'abandoned');
  }
}

export const yunikorn: ArchitectureDefinition = {
  help: 'A tree of queues served by how far each is below its guarantee, one allocation at a time, with placeholders for gangs (YuniKorn).',
  settings: yunikornSettings,
  usesPlacement: true,
  create: (context) => new YuniKorn(context),
};
