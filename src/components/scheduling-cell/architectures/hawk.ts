/**
 * Hawk: long jobs are placed by one scheduler that knows how much waits where, short ones by schedulers that sample workers.
 * Delgado, Dinu, Kermarrec, Zwaenepoel: Hawk: hybrid datacenter scheduling, USENIX ATC 2015; with `stateSharing`, of Eagle (SoCC 2016), what
 * keeps short jobs away from long ones.
 *
 * A job is long if its tasks are estimated to take as long as `longJob` or longer. The central scheduler puts each of its tasks into the queue of the
 * worker of the general partition at which the least estimated work of long tasks waits or runs. Short jobs send d reservations a task, which bind late, to
 * workers of any partition; a share of the workers is kept for them alone. A worker that has room and an empty queue asks random others of the
 * general partition and takes over the first group of short reservations that stand behind a long task.
 * With succinct state sharing a worker with long tasks turns reservations away; they go to workers that have none, and at last to the short partition.
 * Decision times are those of the central scheduler; sampling takes the time of its messages alone. Stealing takes a round trip.
 * Left out, of Eagle: sticky batch probing and the ordering of queues by remaining time.
 */
import {
  choice,
  count,
  defineParameters,
  documentation,
  duration,
  real,
  sourceCode,
  type ValuesOf,
} from '../../../engine/index.ts';
import { type Nanoseconds, nanoseconds, seconds } from '../../../units/index.ts';
import type { Job, Task } from '../job.ts';
import { networkSettings } from './common-settings.ts';
import { DecisionProcesses } from './decision-processes.ts';
import { LongTasks } from './long-tasks.ts';
import { Probes } from './probes.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';
import { WorkerQueues } from './worker-queues.ts';
import { WorkerSample } from './worker-sample.ts';

const PAPER = 'Delgado et al., Hawk, USENIX ATC 2015';
/** Workers that a reservation which was turned away is tried on, as the shared state has them, before it goes to the short partition. */
const TRIES_WITHOUT_LONG = 20;

/** What this architecture can be set to beside what all can. */
const hawkSettings = defineParameters({
  ...networkSettings,
  longJob: duration({
    help: 'Jobs whose tasks are estimated to take this long or longer are long ones.',
    default: seconds(1_129),
    range: [nanoseconds(0), seconds(31_536_000)],
    source: documentation(PAPER, 'cutoff of the Google trace'),
  }),
  shortPartition: real({
    help: 'Share of the nodes that is kept for short jobs.',
    unit: '1',
    default: 0.17,
    range: [0, 0.99],
    source: documentation(PAPER, '17 % for the Google trace'),
  }),
  probesPerTask: count({
    help: 'Reservations for each task of a short job.',
    unit: 'worker',
    default: 2,
    range: [1, 1_000],
    source: documentation(PAPER, 'as in Sparrow'),
  }),
  stealAttempts: count({
    help: 'Random workers that one without work asks for reservations; 0 = no stealing.',
    unit: 'worker',
    default: 10,
    range: [0, 10_000],
    source: sourceCode('epfl-labos/eagle: simulation/eagle_simulation.py (STEALING_ATTEMPTS)'),
  }),
  stateSharing: choice({
    help: 'Whether short reservations keep away from workers with long tasks (succinct, as in Eagle).',
    default: 'none',
    choices: ['none', 'succinct'],
    source: documentation('Delgado et al., Job-aware scheduling in Eagle, SoCC 2016'),
  }),
});

class Hawk implements SchedulingArchitecture {
  private readonly context: ArchitectureContext;
  private readonly settings: ValuesOf<typeof hawkSettings>;
  private readonly central: DecisionProcesses;
  private readonly queues: WorkerQueues;
  private readonly probes: Probes;
  private readonly everywhere: WorkerSample;
  private readonly shortOnly: WorkerSample;
  private readonly long: LongTasks;
  private readonly victims: { next(): number };
  /** Long tasks that went through its queues: others, there before the run, it does not know of. */
  private readonly known = new WeakSet<Task>();
  /** Jobs with tasks that wait, state. */
  private readonly inHand = new Set<Job>();

  constructor(context: ArchitectureContext) {
    const { cell } = context;
    this.context = context;
    this.settings = context.settings as unknown as ValuesOf<typeof hawkSettings>;
    const { networkDelay, shortPartition } = this.settings;
    this.central = new DecisionProcesses(context, 1, { decided: (_, job, span) => this.placeLong(job, span) });
    this.long = new LongTasks(cell.nodes, shortPartition);
    this.queues = new WorkerQueues(context, networkDelay, {
      started: (task) => this.started(task),
      idle: (node) => this.steal(node),
    });
    this.probes = new Probes(context, this.queues, networkDelay, (job, node, round) => this.reroute(job, node, round));
    const stream = context.stream('probes');
    this.everywhere = new WorkerSample(cell.nodes, stream);
    this.shortOnly = new WorkerSample(cell.nodes, stream, (node) => !this.long.isGeneral(node));
    this.victims = context.stream('victims');
  }

  get pending(): number {
    return this.inHand.size;
  }

  submit(job: Job): void {
    this.inHand.add(job);
    if (this.everywhere.size(job.requirements) === 0) this.reject(job);
    else if (this.isLong(job)) this.central.enqueue(0, job);
    else this.placeShort(job, job.waiting);
  }

  taskEnded(task: Task): void {
    this.left(task);
    this.queues.proceed(task.node);
  }

  roomFreed(node: number): void {
    this.queues.proceed(node);
  }

  taskReturned(task: Task): void {
    this.left(task);
    this.inHand.add(task.job);
    if (this.everywhere.size(task.job.requirements) === 0) this.reject(task.job);
    else if (this.isLong(task.job)) this.bind(task.job);
    else this.placeShort(task.job, 1);
    this.queues.proceed(task.node);
  }

  nodeChanged(node: number): void {
    this.everywhere.forget();
    this.shortOnly.forget();
    this.long.repartition();
    if (this.context.cell.nodes.isKnown(node)) {
      this.queues.proceed(node);
      return;
    }
    for (const { job, isBound } of this.queues.drain(node)) {
      if (isBound) this.long.leaves(node, job);
      if (this.everywhere.size(job.requirements) === 0) this.reject(job);
      else if (isBound) this.bind(job);
      else this.probes.send(job, this.draw(this.everywhere, job, 1), false);
    }
  }

  private isLong({ specification }: Job): boolean {
    return specification.estimatedDuration >= this.settings.longJob;
  }

  private started(task: Task): void {
    const { job, node } = task;
    if (job.waiting === 0) this.inHand.delete(job);
    if (!this.isLong(job)) return;
    this.known.add(task);
    this.long.starts(node);
  }

  /** A task has left its node. */
  private left(task: Task): void {
    if (!this.known.has(task)) return;
    this.long.ends(task.node);
    this.long.leaves(task.node, task.job);
  }

  private reject(job: Job): void {
    this.context.cell.giveUp(job, 'rejected');
    this.inHand.delete(job);
  }

  // ---- long jobs ---------------------------------------------------------------------------------------------------------------

  private placeLong(job: Job, span: Nanoseconds): void {
    this.context.statistics.decisionEnds('scheduled', span, 0);
    for (let task = job.waiting; task > 0; task--) this.bind(job);
  }

  /** Puts one task of a long job into the queue where the least work waits. */
  private bind(job: Job): void {
    const node = this.long.choose(job);
    if (node < 0) {
      this.reject(job);
      return;
    }
    this.probes.send(job, [node], true);
  }

  // ---- short jobs --------------------------------------------------------------------------------------------------------------

  private placeShort(job: Job, tasks: number): void {
    const { statistics } = this.context;
    statistics.decisionBegins(job);
    statistics.decisionEnds('scheduled', nanoseconds(0), 0);
    this.probes.send(job, this.draw(this.everywhere, job, this.settings.probesPerTask * tasks), false);
  }

  private draw(sample: WorkerSample, { requirements }: Job, nodes: number): number[] {
    const drawn: number[] = [];
    sample.draw(requirements, nodes, drawn);
    return drawn;
  }

  /** Where a reservation that reaches a worker goes on: nowhere else, unless the node is gone or turns it away. */
  private reroute(job: Job, node: number, round: number): number {
    const { nodes } = this.context.cell;
    if (!nodes.isKnown(node)) return this.elsewhere(job, node);
    const turnsAway = this.settings.stateSharing === 'succinct' && !this.isLong(job) && this.long.isAt(node);
    if (!turnsAway || round > 1) return node;
    this.context.statistics.happened('turned_away');
    if (round === 0) {
      // The worker's answer says which nodes have long tasks.
      for (let attempt = 0; attempt < TRIES_WITHOUT_LONG; attempt++) {
        const other = this.draw(this.everywhere, job, 1)[0] as number;
        if (!this.long.isAt(other)) return other;
      }
    }
    return this.draw(this.shortOnly, job, 1)[0] ?? node;
  }

  /** Another node for a reservation whose node is gone; -1 if there is none. */
  private elsewhere(job: Job, node: number): number {
    const isLong = this.isLong(job);
    if (isLong) this.long.leaves(node, job);
    const other = isLong ? this.long.choose(job) : (this.draw(this.everywhere, job, 1)[0] ?? -1);
    if (other < 0) this.reject(job);
    return other;
  }

  /** A node without work takes over short reservations that stand behind long tasks. */
  private steal(node: number): void {
    const { stealAttempts } = this.settings;
    const { general } = this.long;
    for (let attempt = 0; attempt < stealAttempts && general.length > 0; attempt++) {
      const victim = general[Math.floor(this.victims.next() * general.length)] as number;
      if (victim === node) continue;
      const group = this.queues.stealGroup(victim, this.long.isRunning(victim));
      if (group.length === 0) continue;
      this.context.statistics.happened('stolen', group.length);
      for (const job of group) this.probes.send(job, [node], false, 2, 2);
      return;
    }
  }
}

export const hawk: ArchitectureDefinition = {
  help: 'Long jobs are placed centrally, short ones by sampling workers; idle workers steal short tasks from behind long ones (Hawk, Eagle).',
  settings: hawkSettings,
  usesPlacement: false,
  create: (context) => new Hawk(context),
};
