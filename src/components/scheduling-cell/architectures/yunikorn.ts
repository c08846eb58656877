/**
 * YuniKorn: queues in a tree, served one allocation at a time by how far each is below its guarantee. https://github.com/apache/yunikorn-core,
 * pkg/scheduler: objects/queue.go, objects/sorters.go, objects/application.go, partition.go.
 *
 * For each allocation the tree is walked from the root: of the queues side by side the one comes first that has the least dominant share of its guarantee
 * (of the cell, where it has none), for its weight; within a queue the applications (jobs) by priority and arrival. What exceeds a limit or found no
 * node since room was last freed is passed over, so that later small jobs overtake a big one. Tasks of a gang are placeholders: they hold room until as many
 * as the gang needs do, then the tasks take their places; after the time-out the gang starts with what it has (soft) or is given up (hard).
 * Left out: preemption, fair order of applications within a queue, reservations of nodes, user and group limits; replicas do nothing.
 */
import {
  choice,
  defineParameters,
  duration,
  type EventType,
  sourceCode,
  type ValuesOf,
} from '../../../engine/index.ts';
import { type Nanoseconds, seconds } from '../../../units/index.ts';
import type { ReturnReason } from '../cell.ts';
import { amountsOf, cellResources } from '../cell-totals.ts';
import type { Job, Task } from '../job.ts';
import type { NodeChooser } from '../node-chooser.ts';
import { CellCapacity, QueueTree, type TenantQueue } from '../queue-tree.ts';
import { podByPodDecisions } from './common-settings.ts';
import { HeldGangs } from './held-gangs.ts';
import { comesBefore, JobHeap } from './job-heap.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';
import { countQueues } from './task-counting.ts';

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
});

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
  /** Shapes of requests that found no node since room was last freed, state. */
  private readonly unfit = new Set<number>();
  /** The job whose task is being placed, and for how long [ns], state. */
  private current: Job | undefined;
  private span = 0;
  private readonly evDecided: EventType;

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
  }

  get pending(): number {
    return this.inHand.size;
  }

  submit(job: Job): void {
    this.inHand.add(job);
    this.wait(job);
    this.think();
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
    let next: Job | undefined;
    for (const [shape, jobs] of this.waiting.get(queue) ?? []) {
      while (jobs.first !== undefined && jobs.first.waiting === 0) jobs.take();
      const { first } = jobs;
      if (first === undefined || this.unfit.has(shape) || !queue.isWithinMax(amountsOf(first), 1)) continue;
      if (next === undefined || comesBefore(first, next)) next = first;
    }
    return next;
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
