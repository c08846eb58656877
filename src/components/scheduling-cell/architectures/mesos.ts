/**
 * Mesos: two levels. An allocator offers free room to one framework at a time; a framework is a scheduler that sees nothing but its offers.
 * Hindman et al.: Mesos, NSDI 2011; as the Omega study models it (EuroSys 2013, section 3.3; cluster-scheduler-simulator, MesosSimulation.scala).
 *
 * Every scheduler of this kind is a framework. Those with jobs ask for offers. Once per interval the allocator takes everything that is free and not on
 * offer, and offers it to the asking framework with the least dominant share of what runs (DRF). That room is locked until the framework answers,
 * however long it thinks: a slow framework starves the others, which get only what is freed meanwhile. Within an offer a framework decides on one
 * job after the other while there is room; then it answers, its tasks start and the rest is free again. Jobs with tasks left are tried again, and
 * given up in the end. Room is held back by offers only: several frameworks never conflict.
 * Left out: filters by which frameworks refuse nodes, revocation, reservations; a framework works on one offer at a time, whatever its replicas.
 */
import { defineParameters, duration, type EventType, real, sourceCode, type ValuesOf } from '../../../engine/index.ts';
import { milliseconds, type Nanoseconds, nanoseconds, seconds } from '../../../units/index.ts';
import type { CellCopy } from '../cell-copy.ts';
import type { Job, Task } from '../job.ts';
import { JobQueue } from '../job-queue.ts';
import type { NodeChooser } from '../node-chooser.ts';
import { randomPlacement } from './common-settings.ts';
import { OfferAllocator } from './offer-allocator.ts';
import { Retries, retrySettings } from './retries.ts';
import { countLock, freeRoom, lessRoom, type RoomLock } from './room-lock.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';
import { countTasks } from './task-counting.ts';

const SIMULATOR = 'cluster-scheduler-simulator: MesosSimulation.scala';

/** What this architecture can be set to beside what all can. */
const mesosSettings = defineParameters({
  ...randomPlacement,
  ...retrySettings,
  offerInterval: duration({
    help: 'How long freed room is gathered before it is offered. The first framework of the cell says.',
    default: seconds(1),
    range: [nanoseconds(0), seconds(3600)],
    source: sourceCode(SIMULATOR, 'offerBatchInterval'),
  }),
  allocationTime: duration({
    help: 'Time that the allocator takes for an offer. The first framework of the cell says.',
    default: milliseconds(1),
    range: [nanoseconds(0), seconds(60)],
    source: sourceCode(SIMULATOR, 'allocatorConstantThinkTime'),
  }),
  weight: real({
    help: 'Weight of the framework: its dominant share counts divided by it.',
    unit: '1',
    default: 1,
    range: [1e-3, 1e6],
    source: sourceCode('Mesos: src/master/allocator/sorter/drf/sorter.cpp'),
  }),
});

/** A placement within an offer. */
interface Placement {
  readonly job: Job;
  readonly node: number;
  readonly devices: number;
}

/** A framework: queue, offers, decisions. */
export class Framework implements SchedulingArchitecture {
  /** What its tasks take of the cell [milli-CPU, B], state. */
  cpu = 0;
  memory = 0;
  readonly weight: number;
  private readonly context: ArchitectureContext;
  private readonly allocator: OfferAllocator;
  private readonly view: CellCopy;
  private readonly chooser: NodeChooser;
  private readonly retries: Retries;
  private readonly queue = new JobQueue();
  /** Offers that it has, the one it works on first, state. */
  private readonly offers: (readonly RoomLock[])[] = [];
  /** Room on the view that is not on offer to it, state. */
  private hidden: readonly RoomLock[] = [];
  /** What it has placed within the offer, and the jobs that it has decided on, state. */
  private readonly placements: Placement[] = [];
  private readonly decided: Job[] = [];
  /** The job that it thinks about, and how long [ns], state. */
  private current: Job | undefined;
  private span = 0;
  private readonly evDecided: EventType;

  constructor(context: ArchitectureContext) {
    const { cell, simulation, name } = context;
    const { weight, offerInterval, allocationTime } = context.settings as unknown as ValuesOf<typeof mesosSettings>;
    this.context = context;
    this.weight = weight;
    this.view = cell.copy();
    this.chooser = context.chooser(this.view.nodes);
    this.allocator = context.shared('mesos', () => new OfferAllocator(cell, offerInterval, allocationTime));
    this.allocator.join(this);
    this.retries = new Retries(context, (_, job) => this.enqueue(job));
    countTasks(cell, name, (job, sign) => this.count(job, sign));
    this.evDecided = simulation.on(`cell scheduler ${name}: decided`, () => this.onDecided());
  }

  get pending(): number {
    return this.retries.pending;
  }

  /** Whether it wants offers. */
  get asks(): boolean {
    return this.queue.size > 0;
  }

  submit(job: Job): void {
    this.retries.take(0, job);
    this.enqueue(job);
  }

  private enqueue(job: Job): void {
    this.queue.add(job);
    this.allocator.wake();
  }

  taskEnded(): void {
    this.allocator.wake();
  }

  taskReturned(task: Task): void {
    if (!this.retries.has(task.job)) this.submit(task.job);
    this.allocator.wake();
  }

  roomFreed(): void {
    this.allocator.wake();
  }

  nodeChanged(): void {
    this.allocator.wake();
  }

  private count({ requirements: { cpu, memory } }: Job, sign: 1 | -1): void {
    this.cpu += sign * cpu;
    this.memory += sign * memory;
  }

  // ---- offers ------------------------------------------------------------------------------------------------------------------

  /** An offer arrives. It waits while the framework works on another. */
  offer(locks: readonly RoomLock[]): void {
    this.offers.push(locks);
    if (this.offers.length === 1) this.open();
  }

  /** Sees the room of the first offer and no other, and begins with the next job. */
  private open(): void {
    const { nodes } = this.view;
    for (const lock of this.hidden) countLock(nodes, lock, -1);
    this.view.synchronise();
    this.hidden = this.outside(this.offers[0] as readonly RoomLock[]);
    for (const lock of this.hidden) countLock(nodes, lock, 1);
    this.think();
  }

  /** All free room that is not part of an offer: on offer to others, or freed since. */
  private outside(offer: readonly RoomLock[]): RoomLock[] {
    const { nodes } = this.view;
    const { order } = nodes;
    const slots = order.slots();
    const offered = new Map(offer.map((lock) => [lock.node, lock]));
    const hidden: RoomLock[] = [];
    for (let i = 0; i < order.count; i++) {
      const free = freeRoom(nodes, slots[i] as number);
      if (free === undefined) continue;
      const part = offered.get(free.node);
      hidden.push(part === undefined ? free : lessRoom(free, part));
    }
    return hidden;
  }

  /** Thinks about the next job, or answers when there is none, or nothing is left of the offer. */
  private think(): void {
    const { simulation, statistics } = this.context;
    const job = this.hasRoom() ? this.queue.take() : undefined;
    this.current = job;
    if (job === undefined) {
      this.answer();
      return;
    }
    this.span = this.context.decisionTime(job, job.waiting);
    statistics.decisionBegins(job);
    simulation.after(this.span as Nanoseconds, this.evDecided);
  }

  /** Whether any node of the offer has room left. */
  private hasRoom(): boolean {
    const { allocatableCpu, requestedCpu, allocatableMemory, requestedMemory } = this.view.nodes;
    return (this.offers[0] as readonly RoomLock[]).some(
      ({ node }) =>
        (allocatableCpu[node] as number) > (requestedCpu[node] as number) &&
        (allocatableMemory[node] as number) > (requestedMemory[node] as number),
    );
  }

  private onDecided(): void {
    const job = this.current as Job;
    const before = this.placements.length;
    this.place(job);
    const placed = this.placements.length - before;
    const result = placed === job.waiting ? 'scheduled' : placed > 0 ? 'partly' : 'unschedulable';
    this.context.statistics.decisionEnds(result, this.span as Nanoseconds, placed);
    this.decided.push(job);
    this.think();
  }

  private place(job: Job): void {
    const { placements, chooser, view } = this;
    const before = placements.length;
    const mark = view.tried;
    const needed = Math.max(0, job.gang - job.running - job.ended);
    while (placements.length - before < job.waiting) {
      const node = chooser.choose(job.requirements);
      if (node < 0) break;
      placements.push({ job, node, devices: view.try(node, job.requirements, chooser.decision.devices) });
    }
    // A gang that is not complete leaves the room to the next job.
    if (placements.length - before >= Math.min(needed, job.waiting)) return;
    placements.length = before;
    view.takeBack(mark);
  }

  /** Answers the offer: what it has placed starts, everything else is free again. */
  private answer(): void {
    this.allocator.answered(this.offers.shift() as readonly RoomLock[]);
    for (const { job, node, devices } of this.placements) {
      // A claim fails only if a scheduler that is no framework has taken room that was on offer; then the job is tried again.
      this.context.cell.claim(job, node, devices);
    }
    this.placements.length = 0;
    for (const job of this.decided) this.retries.attempted(job);
    this.decided.length = 0;
    if (this.offers.length > 0) this.open();
    this.allocator.wake();
  }
}

export const mesos: ArchitectureDefinition = {
  help: 'Two levels: an allocator offers free room to one scheduler at a time and locks it until the answer (Mesos).',
  settings: mesosSettings,
  usesPlacement: true,
  create: (context) => new Framework(context),
};
