/**
 * Coscheduling of gangs by permits: pods are scheduled one by one and hold their room until enough of their group do.
 * kubernetes-sigs/scheduler-plugins: pkg/coscheduling (KEP 42).
 *
 * One scheduler takes the jobs by priority, then arrival, and places one task after the other. A task of a gang holds its room; once as many as the gang
 * needs hold room or run, all start. If a task finds no room, the gang waits on if only a tolerated share of it is missing; else it releases what it
 * holds and stays away for its back-off, which doubles each time. A gang that has held room for the permit's time-out releases it in any case: that is what ends a deadlock of
 * gangs that each hold half of what they need. Jobs that found no room come back when some is freed where they fit.
 * Left out: minResources of groups, several schedulers side by side (replicas do nothing).
 */
import { defineParameters, duration, type EventType, real, sourceCode, type ValuesOf } from '../../../engine/index.ts';
import { milliseconds, type Nanoseconds, nanoseconds, seconds } from '../../../units/index.ts';
import type { ReturnReason } from '../cell.ts';
import type { Job, Task } from '../job.ts';
import type { NodeChooser } from '../node-chooser.ts';
import { podByPodDecisions } from './common-settings.ts';
import { HeldGangs } from './held-gangs.ts';
import { JobHeap } from './job-heap.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';

const PLUGIN = 'kubernetes-sigs/scheduler-plugins: pkg/coscheduling';

/** What this architecture can be set to beside what all can. */
const coschedulingSettings = defineParameters({
  ...podByPodDecisions,
  permitTimeout: duration({
    help: 'How long a gang holds room while it is not complete.',
    default: seconds(60),
    range: [seconds(1), seconds(86_400)],
    source: sourceCode(`${PLUGIN}/core (scheduleTimeoutSeconds)`),
  }),
  toleratedGap: real({
    help: 'Share of a gang that may be missing when a task finds no room without the gang releasing what it holds; 1 = only the time-out releases it.',
    unit: '1',
    default: 0.1,
    range: [0, 1],
    source: sourceCode(`${PLUGIN}/coscheduling.go (PostFilter)`),
  }),
  groupBackoff: duration({
    help: 'How long a gang that has released its room stays away at least.',
    default: nanoseconds(0),
    range: [nanoseconds(0), seconds(86_400)],
    source: sourceCode(`${PLUGIN} (podGroupBackoffSeconds)`),
  }),
  podInitialBackoff: duration({
    help: 'How long it stays away for the sake of its pods when it has released room for the first time; doubles with each time.',
    default: seconds(1),
    range: [milliseconds(1), seconds(3600)],
    source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
  }),
  podMaxBackoff: duration({
    help: 'Longest such back-off.',
    default: seconds(10),
    range: [milliseconds(1), seconds(3600)],
    source: sourceCode('K:pkg/scheduler/apis/config/v1/defaults.go'),
  }),
});

class Coscheduling implements SchedulingArchitecture {
  private readonly context: ArchitectureContext;
  private readonly settings: ValuesOf<typeof coschedulingSettings>;
  private readonly chooser: NodeChooser;
  private readonly gangs: HeldGangs;
  /** Jobs to be tried, state. */
  private readonly active = new JobHeap();
  /** Jobs with tasks that found no room, in the order in which that was, state. */
  private readonly parked = new Set<Job>();
  /** Jobs with tasks that wait or hold room, state. */
  private readonly inHand = new Set<Job>();
  /** Gangs that stay away, and how often each has released room, state. */
  private readonly away = new Set<Job>();
  private readonly releases = new Map<Job, number>();
  /** The job whose task is being placed, and for how long [ns], state. */
  private current: Job | undefined;
  private span = 0;
  private readonly evDecided: EventType;
  private readonly evBack: EventType;

  constructor(context: ArchitectureContext) {
    const { simulation, cell, name } = context;
    this.context = context;
    this.settings = context.settings as unknown as ValuesOf<typeof coschedulingSettings>;
    this.chooser = context.chooser(cell.nodes);
    this.gangs = new HeldGangs(context, this.settings.permitTimeout, (job) => this.giveWay(job));
    this.evDecided = simulation.on(`cell scheduler ${name}: decided`, () => this.onDecided());
    this.evBack = simulation.on(`cell scheduler ${name}: gang is back`, (id) => this.onBack(id));
  }

  get pending(): number {
    return this.inHand.size;
  }

  submit(job: Job): void {
    this.inHand.add(job);
    this.active.add(job);
    this.think();
  }

  taskEnded({ node }: Task): void {
    this.roomFreed(node);
  }

  taskReturned(task: Task, reason: ReturnReason): void {
    if (reason !== 'released') {
      this.gangs.lost(task);
      this.inHand.add(task.job);
      this.active.add(task.job);
    }
    this.roomFreed(task.node);
  }

  nodeChanged(node: number): void {
    this.roomFreed(node);
  }

  roomFreed(node: number): void {
    for (const job of this.parked) {
      if (!this.context.cell.fits(node, job.requirements)) continue;
      this.parked.delete(job);
      this.active.add(job);
    }
    this.think();
  }

  private think(): void {
    if (this.current !== undefined) return;
    let job = this.active.take();
    // One that stays away is put back when its time is over.
    while (job !== undefined && this.away.has(job)) job = this.active.take();
    this.current = job;
    if (job === undefined) return;
    const { simulation, statistics } = this.context;
    this.span = this.context.decisionTime(job, 1);
    statistics.decisionBegins(job);
    simulation.after(this.span as Nanoseconds, this.evDecided);
  }

  private onDecided(): void {
    const job = this.current as Job;
    const isPlaced = this.placeOne(job);
    this.context.statistics.decisionEnds(
      isPlaced ? 'scheduled' : 'unschedulable',
      this.span as Nanoseconds,
      isPlaced ? 1 : 0,
    );
    if (job.waiting + job.held === 0) this.done(job);
    else if (isPlaced && job.waiting > 0) this.active.add(job);
    else if (!isPlaced) this.foundNoRoom(job);
    this.current = undefined;
    this.think();
  }

  /** Places one task; false if there is no room. */
  private placeOne(job: Job): boolean {
    if (job.waiting === 0) return true;
    const node = this.chooser.choose(job.requirements);
    const task = node < 0 ? undefined : this.context.cell.hold(job, node, this.chooser.decision.devices);
    if (task !== undefined) this.gangs.held(task);
    return task !== undefined;
  }

  private foundNoRoom(job: Job): void {
    this.parked.add(job);
    const { gang } = job.specification;
    const missing = gang - job.running - job.ended - job.held;
    if (job.held > 0 && missing > gang * this.settings.toleratedGap) this.giveWay(job);
  }

  private done(job: Job): void {
    this.inHand.delete(job);
    this.releases.delete(job);
  }

  /** A gang releases what it holds, and stays away for a while. */
  private giveWay(job: Job): void {
    const { groupBackoff, podInitialBackoff, podMaxBackoff } = this.settings;
    const before = this.releases.get(job) ?? 0;
    this.releases.set(job, before + 1);
    this.away.add(job);
    this.parked.delete(job);
    const backoff = Math.min(podInitialBackoff * 2 ** before, podMaxBackoff);
    this.context.simulation.after(Math.max(groupBackoff, backoff) as Nanoseconds, this.evBack, job.id);
    this.gangs.release(job);
  }

  private onBack(id: number): void {
    const job = this.context.cell.jobs.get(id) as Job;
    this.away.delete(job);
    this.active.add(job);
    this.think();
  }
}

export const coscheduling: ArchitectureDefinition = {
  help: 'Gangs by permits: tasks are placed one by one and hold their room until their gang is complete or times out (scheduler-plugins).',
  settings: coschedulingSettings,
  usesPlacement: true,
  create: (context) => new Coscheduling(context),
};
