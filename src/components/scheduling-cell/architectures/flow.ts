/**
 * Scheduling as a flow: all waiting tasks are placed at once by the minimum-cost flow of a network, round after round.
 * Isard et al.: Quincy, SOSP 2009; Gog, Schwarzkopf, Gleave, Watson, Hand: Firmament: fast, centralized cluster scheduling at scale, OSDI 2016.
 *
 * A round takes every job with waiting tasks and the cell as it is at that instant. It lasts as long as the solver's model says (by round, by arc of the
 * network, and the decision times by job and task if they are set); then its placements are claimed: those that no longer fit, or never did together,
 * go into the next round. A gang of which less than it needs was placed is left out whole. The next round begins at once if the last has placed
 * something or something has changed since.
 * With `running` preempt, running tasks are part of the network and may lose their places to tasks of higher priority; with migrate they may move to a dearer node's
 * cheaper neighbour as well. What has run least goes, at the end of the round. One task takes the
 * place of one: what needs the room of several preempts nobody. Tasks of gangs stay.
 * Left out: data locality, selectors and taints; a task that moves begins anew; replicas do nothing.
 */
import {
  assumption,
  choice,
  count,
  defineParameters,
  documentation,
  duration,
  type EventType,
  type ValuesOf,
} from '../../../engine/index.ts';
import { between, milliseconds, type Nanoseconds, nanoseconds, seconds, toSeconds } from '../../../units/index.ts';
import { type Job, type Task, TaskState } from '../job.ts';
import { quickDecisions } from './common-settings.ts';
import {
  FlowNetwork,
  type FlowPlacement,
  type FlowPolicy,
  type FlowResult,
  type RunningTasks,
} from './flow-network.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';

const PAPER = 'Gog et al., Firmament, OSDI 2016';

/** What this architecture can be set to beside what all can. */
const flowSettings = defineParameters({
  ...quickDecisions,
  policy: choice<FlowPolicy>({
    help: 'What makes a node dear: each task on it (spread), or room that it has free (pack).',
    default: 'spread',
    choices: ['spread', 'pack'],
    source: documentation(PAPER, 'load-spreading policy, section 3.3'),
  }),
  running: choice({
    help: 'What a round may do with running tasks: leave them (stay), take the places of some for tasks of higher priority (preempt), or move them as well (migrate).',
    default: 'stay',
    choices: ['stay', 'preempt', 'migrate'],
    source: documentation(PAPER, 'section 2.2: rescheduling of running tasks; here it is off unless it is asked for'),
  }),
  migrationPrice: count({
    help: 'What a task must gain by moving, in prices of nodes: tasks on the node fewer (spread), thousandths of the node less free (pack).',
    unit: 'price',
    default: 2,
    range: [1, 1e6],
    source: assumption('a move for the sake of a single task fewer would never end'),
  }),
  solverTimePerRound: duration({
    help: 'Time of a round beside that of the arcs: building the network, starting the solver, reading the flow.',
    default: milliseconds(10),
    range: [nanoseconds(0), seconds(3600)],
    source: assumption("Firmament's small graphs are solved in about that time"),
  }),
  solverTimePerArc: duration({
    help: 'Time of the solver per arc of the network.',
    default: nanoseconds(1_000),
    range: [nanoseconds(0), seconds(1)],
    source: assumption(`${PAPER}: sub-second at 12,500 machines, which have some hundred thousand arcs`),
  }),
});

/** Running tasks of a job on a node, of which so many keep their places and so many move. */
interface LeavingTasks {
  readonly list: readonly Task[];
  readonly staying: number;
  readonly moving: number;
}

class FlowScheduler implements SchedulingArchitecture {
  private readonly context: ArchitectureContext;
  private readonly settings: ValuesOf<typeof flowSettings>;
  private readonly network: FlowNetwork;
  /** Jobs with waiting tasks, by arrival, state. */
  private readonly inHand = new Set<Job>();
  /** The round that runs: its jobs with the tasks that waited, what it will place, and its time [ns], state. */
  private round: readonly Job[] = [];
  private placements: readonly FlowPlacement[] = [];
  private leaving: readonly LeavingTasks[] = [];
  private span = 0;
  private isSolving = false;
  /** Whether something has changed since the last round began, state. */
  private isNews = false;
  private readonly evSolved: EventType;

  constructor(context: ArchitectureContext) {
    this.context = context;
    this.settings = context.settings as unknown as ValuesOf<typeof flowSettings>;
    this.network = new FlowNetwork(this.settings.policy);
    this.evSolved = context.simulation.on(`cell scheduler ${context.name}: flow solved`, () => this.onSolved());
  }

  get pending(): number {
    return this.inHand.size;
  }

  submit(job: Job): void {
    this.inHand.add(job);
    this.changed();
  }

  taskEnded(): void {
    this.changed();
  }

  taskReturned({ job }: Task): void {
    this.inHand.add(job);
    this.changed();
  }

  roomFreed(): void {
    this.changed();
  }

  nodeChanged(): void {
    this.changed();
  }

  private changed(): void {
    this.isNews = true;
    if (!this.isSolving) this.solve();
  }

  private solve(): void {
    if (this.inHand.size === 0 && this.settings.running !== 'migrate') return;
    const { cell, simulation, statistics } = this.context;
    const { solverTimePerRound, solverTimePerArc } = this.settings;
    this.isNews = false;
    this.isSolving = true;
    this.round = [...this.inHand];
    const waited = ({ arrivedAt }: Job) => toSeconds(between(arrivedAt, simulation.now));
    if (this.settings.running === 'stay') {
      this.placements = this.network.place(this.round, cell.nodes, waited).placements;
    } else {
      const groups = this.runningGroups();
      const part = { groups, migrationPrice: this.migrationPrice };
      const { placements, fates } = this.network.place(this.round, cell.nodes, waited, part);
      this.placements = placements;
      this.leaving = groups.map(({ list }, i) => ({ list, ...(fates[i] as FlowResult['fates'][number]) }));
    }
    this.span = solverTimePerRound + solverTimePerArc * this.network.arcs;
    statistics.roundBegins();
    for (const job of this.round) {
      statistics.attemptBegins(job);
      this.span += this.context.decisionTime(job, job.waiting);
    }
    simulation.after(this.span as Nanoseconds, this.evSolved);
  }

  private get migrationPrice(): number | undefined {
    return this.settings.running === 'migrate' ? this.settings.migrationPrice : undefined;
  }

  /** Running tasks of this scheduler that may leave, by job and node, what has run longest first. */
  private runningGroups(): (RunningTasks & { readonly list: readonly Task[] })[] {
    const { cell, name, simulation } = this.context;
    const lists = new Map<string, Task[]>();
    for (const task of cell.tasks) {
      if (task?.state !== TaskState.Running) continue;
      const { scheduler, gang } = task.job.specification;
      if (scheduler !== name || gang > 1) continue;
      const key = `${task.job.id} ${task.node}`;
      const known = lists.get(key);
      if (known === undefined) lists.set(key, [task]);
      else known.push(task);
    }
    return [...lists.values()].map((list) => {
      list.sort((a, b) => a.startedAt - b.startedAt || a.id - b.id);
      const [{ job, node }] = list as [Task, ...Task[]];
      const ran = list.reduce((sum, { startedAt }) => sum + toSeconds(between(startedAt, simulation.now)), 0);
      return { job, node, tasks: list.length, ran: ran / list.length, list };
    });
  }

  private onSolved(): void {
    const { statistics } = this.context;
    statistics.roundEnds(this.span as Nanoseconds);
    const moved = this.leave();
    const byJob = new Map<Job, FlowPlacement[]>();
    for (const placement of this.placements) {
      const known = byJob.get(placement.job);
      if (known === undefined) byJob.set(placement.job, [placement]);
      else known.push(placement);
    }
    // Jobs that only have tasks on the move come after those that were looked at.
    const others = [...byJob.keys()].filter((job) => !this.round.includes(job));
    for (const job of others) statistics.attemptBegins(job);
    let placed = 0;
    for (const job of [...this.round, ...others]) placed += this.claim(job, byJob.get(job) ?? []);
    this.round = [];
    this.placements = [];
    this.leaving = [];
    this.isSolving = false;
    if (placed > moved || this.isNews) this.solve();
  }

  /** Running tasks that the flow does not keep lose their places; returns how many. */
  private leave(): number {
    let moved = 0;
    for (const { list, staying, moving } of this.leaving) {
      const leaving = list.filter(({ state }) => state === TaskState.Running).slice(staying);
      leaving.forEach((task, i) => {
        this.context.cell.returnTask(task, i < moving ? 'migrated' : 'preempted');
      });
      moved += leaving.length;
    }
    return moved;
  }

  /** Claims what the flow gives a job; returns how many tasks were placed. */
  private claim(job: Job, placements: readonly FlowPlacement[]): number {
    const { cell, statistics } = this.context;
    const held: Task[] = [];
    let conflicts = 0;
    for (const { node, tasks } of placements) {
      for (let i = 0; i < tasks && job.waiting > 0; i++) {
        const task = cell.hold(job, node);
        if (task === undefined) conflicts++;
        else held.push(task);
      }
    }
    const isComplete = held.length + job.running + job.ended >= job.specification.gang;
    for (const task of held) {
      if (isComplete) cell.start(task);
      else cell.giveBack(task);
    }
    const placed = isComplete ? held.length : 0;
    if (job.waiting === 0) this.inHand.delete(job);
    const result =
      job.waiting === 0 ? 'scheduled' : placed > 0 ? 'partly' : conflicts > 0 ? 'conflict' : 'unschedulable';
    statistics.attemptEnds(result, placed, conflicts);
    return placed;
  }
}

export const flow: ArchitectureDefinition = {
  help: 'All waiting tasks are placed at once by a minimum-cost flow, round after round (Quincy, Firmament).',
  settings: flowSettings,
  usesPlacement: false,
  create: (context) => new FlowScheduler(context),
};
