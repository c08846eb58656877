/**
 * Monolithic: one scheduler that knows the whole cell and decides on one job after the other. Omega, section 3.1: with one decision time for all
 * jobs it is the single-path one; with decision times by class (what a job brings along) the multi-path one, where quick jobs still wait behind slow ones.
 *
 * Jobs wait in order of arrival, within priorities. It thinks first and places when it has decided, so that what it places fits. What does not fit waits
 * until room is freed where it fits, or is given up, as `whenFull` says. A gang is placed as a whole or not at all.
 * With replicas, as many jobs are decided on side by side over the one state, without conflicts.
 */
import { choice, defineParameters, documentation, type EventType } from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { Job, Task } from '../job.ts';
import { JobQueue } from '../job-queue.ts';
import type { NodeChooser } from '../node-chooser.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';

const monolithicSettings = defineParameters({
  whenFull: choice({
    help: 'What becomes of tasks that fit nowhere: they wait until there is room, or are rejected at once.',
    default: 'wait',
    choices: ['wait', 'reject'],
    source: documentation('packing studies reject what does not fit (FGD, ATC 2023); schedulers of clusters wait'),
  }),
});

/** A job being decided on, by replica. */
interface Thought {
  readonly job: Job;
  readonly span: Nanoseconds;
}

class Monolithic implements SchedulingArchitecture {
  private readonly context: ArchitectureContext;
  private readonly chooser: NodeChooser;
  private readonly rejects: boolean;
  /** Jobs to decide on, state. */
  private readonly queue = new JobQueue();
  /** Jobs with tasks that fitted nowhere when it last looked, in the order in which that was, state. */
  private readonly full = new Set<Job>();
  /** What each replica thinks about, state. */
  private readonly thoughts: (Thought | undefined)[];
  private readonly evDecided: EventType;

  constructor(context: ArchitectureContext) {
    const { simulation, cell, name, replicas, settings } = context;
    this.context = context;
    this.chooser = context.chooser(cell.nodes);
    this.rejects = settings.whenFull === 'reject';
    this.thoughts = Array.from({ length: replicas }, () => undefined);
    this.evDecided = simulation.on(`cell scheduler ${name}: decided`, (replica) => this.onDecided(replica));
  }

  get pending(): number {
    return this.queue.size + this.full.size + this.thoughts.filter((thought) => thought !== undefined).length;
  }

  submit(job: Job): void {
    this.queue.add(job);
    this.think();
  }

  taskEnded({ node }: Task): void {
    this.roomFreed(node);
  }

  taskReturned({ job, node }: Task): void {
    const isKnown = this.queue.has(job) || this.full.has(job) || this.thoughts.some((thought) => thought?.job === job);
    if (!isKnown) this.queue.add(job);
    this.roomFreed(node);
  }

  nodeChanged(node: number): void {
    this.roomFreed(node);
  }

  /** Only jobs that fit on the node can be helped by it: others fitted nowhere, and nothing else has grown. */
  roomFreed(node: number): void {
    for (const job of this.full) {
      if (!this.context.cell.fits(node, job.requirements)) continue;
      this.full.delete(job);
      this.queue.add(job);
    }
    this.think();
  }

  /** Every replica that is free takes a job. */
  private think(): void {
    const { simulation, statistics } = this.context;
    for (let replica = 0; replica < this.thoughts.length && this.queue.size > 0; replica++) {
      if (this.thoughts[replica] !== undefined) continue;
      const job = this.queue.take() as Job;
      const span = this.context.decisionTime(job, job.waiting);
      this.thoughts[replica] = { job, span };
      statistics.decisionBegins(job);
      simulation.after(span, this.evDecided, replica);
    }
  }

  private onDecided(replica: number): void {
    const { job, span } = this.thoughts[replica] as Thought;
    this.thoughts[replica] = undefined;
    const wanted = job.waiting;
    const placed = job.gang > 0 ? this.placeGang(job) : this.place(job, wanted);
    const result = placed === wanted ? 'scheduled' : placed > 0 ? 'partly' : 'unschedulable';
    this.context.statistics.decisionEnds(result, span, placed);
    if (job.waiting > 0) {
      if (this.rejects) this.context.cell.giveUp(job, 'rejected');
      else this.full.add(job);
    }
    this.think();
  }

  /** Places up to `count` tasks one after the other; returns how many fitted. */
  private place(job: Job, count: number): number {
    const { cell } = this.context;
    for (let placed = 0; placed < count; placed++) {
      const node = this.chooser.choose(job.requirements);
      if (node < 0 || cell.claim(job, node, this.chooser.decision.devices) === undefined) return placed;
    }
    return count;
  }

  /** Holds room for the gang first; its tasks start together, or none does. What is beyond the gang is placed like any other task. */
  private placeGang(job: Job): number {
    const { cell } = this.context;
    const missing = Math.max(0, job.gang - job.running - job.ended);
    const held: Task[] = [];
    while (held.length < Math.min(missing, job.waiting + held.length)) {
      const node = this.chooser.choose(job.requirements);
      const task = node < 0 ? undefined : cell.hold(job, node, this.chooser.decision.devices);
      if (task === undefined) break;
      held.push(task);
    }
    if (held.length < missing) {
      for (const task of held) cell.giveBack(task);
      return 0;
    }
    for (const task of held) cell.start(task);
    return held.length + this.place(job, job.waiting);
  }
}

export const monolithic: ArchitectureDefinition = {
  help: 'One scheduler that knows the whole cell and decides on one job after the other.',
  settings: monolithicSettings,
  usesPlacement: true,
  create: (context) => new Monolithic(context),
};
