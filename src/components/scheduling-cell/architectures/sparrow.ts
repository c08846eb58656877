/**
 * Sparrow: schedulers without any global state that put tasks into queues at sampled workers. Ousterhout, Wendell, Zaharia, Stoica: Sparrow:
 * distributed, low latency scheduling, SOSP 2013; and the power of d choices (Mitzenmacher, IEEE TPDS 12(10), 2001).
 *
 * Late binding: d reservations for each task of a job, on workers sampled for the whole job; a worker whose turn has come asks for a task, the last ones
 * get none. Batch: the same sample, but the queues are compared at once and the tasks bound to the shortest. Per task: each task compares d workers of
 * its own, the power of d choices. Workers are nodes with a queue (worker-queues.ts); messages take `networkDelay` each way.
 * Left out: constraints of jobs other than their size, proactive cancellation, priorities and fair shares at workers, failures of schedulers.
 */
import {
  choice,
  count,
  defineParameters,
  documentation,
  type EventType,
  type ValuesOf,
} from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { Job, Task } from '../job.ts';
import { networkSettings, quickDecisions } from './common-settings.ts';
import { DecisionProcesses } from './decision-processes.ts';
import { Probes } from './probes.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';
import { WorkerQueues } from './worker-queues.ts';
import { WorkerSample } from './worker-sample.ts';

const PAPER = 'Ousterhout et al., Sparrow, SOSP 2013';

/** What this architecture can be set to beside what all can. */
const sparrowSettings = defineParameters({
  ...quickDecisions,
  ...networkSettings,
  sampling: choice({
    help: 'How workers are sampled and tasks bound to them: reservations for which workers ask (lateBinding), the shortest queues of a sample for the job (batch) or for each task (perTask).',
    default: 'lateBinding',
    choices: ['lateBinding', 'batch', 'perTask'],
    source: documentation(PAPER, 'sections 3.2 to 3.5'),
  }),
  probesPerTask: count({
    help: 'Workers that are sampled for each task: d.',
    unit: 'worker',
    default: 2,
    range: [1, 1_000],
    source: documentation(PAPER, 'd = 2, section 3.6'),
  }),
});

/** A sample whose queues are being compared. */
interface Comparison {
  readonly job: Job;
  readonly nodes: readonly number[];
  readonly tasks: number;
}

class Sparrow implements SchedulingArchitecture {
  private readonly context: ArchitectureContext;
  private readonly settings: ValuesOf<typeof sparrowSettings>;
  private readonly processes: DecisionProcesses;
  private readonly queues: WorkerQueues;
  private readonly sample: WorkerSample;
  private readonly probes: Probes;
  /** Jobs with tasks that wait, state. */
  private readonly inHand = new Set<Job>();
  /** The process that gets the next job, state. */
  private next = 0;
  /** Comparisons on their way, in the order in which they reach the workers, state. */
  private readonly comparisons: Comparison[] = [];
  private readonly evCompare: EventType;

  constructor(context: ArchitectureContext) {
    const { cell, simulation, name, replicas } = context;
    this.context = context;
    this.settings = context.settings as unknown as ValuesOf<typeof sparrowSettings>;
    const { networkDelay } = this.settings;
    this.processes = new DecisionProcesses(context, replicas, {
      decided: (_, job, span) => this.decided(job, span),
    });
    this.queues = new WorkerQueues(context, networkDelay, { started: ({ job }) => this.started(job) });
    this.sample = new WorkerSample(cell.nodes, context.stream('probes'));
    this.probes = new Probes(context, this.queues, networkDelay, (job, node) =>
      cell.nodes.isKnown(node) ? node : this.another(job),
    );
    this.evCompare = simulation.on(`cell scheduler ${name}: queues are compared`, () =>
      this.compare(this.comparisons.shift() as Comparison),
    );
  }

  get pending(): number {
    return this.inHand.size;
  }

  submit(job: Job): void {
    this.inHand.add(job);
    this.processes.enqueue(this.next, job);
    this.next = (this.next + 1) % this.context.replicas;
  }

  taskEnded({ node }: Task): void {
    this.queues.proceed(node);
  }

  roomFreed(node: number): void {
    this.queues.proceed(node);
  }

  taskReturned({ job, node }: Task): void {
    this.inHand.add(job);
    this.place(job, 1);
    this.queues.proceed(node);
  }

  nodeChanged(node: number): void {
    this.sample.forget();
    if (this.context.cell.nodes.isKnown(node)) {
      this.queues.proceed(node);
      return;
    }
    for (const { job, isBound } of this.queues.drain(node)) {
      const other = this.another(job);
      if (other >= 0) this.probes.send(job, [other], isBound);
    }
  }

  private started(job: Job): void {
    if (job.waiting === 0) this.inHand.delete(job);
  }

  private decided(job: Job, span: Nanoseconds): void {
    this.context.statistics.decisionEnds('scheduled', span, 0);
    this.place(job, job.waiting);
  }

  /** Samples workers for so many tasks of a job. */
  private place(job: Job, tasks: number): void {
    const { sampling, probesPerTask } = this.settings;
    const { requirements } = job;
    if (this.sample.size(requirements) === 0) {
      this.reject(job);
      return;
    }
    if (sampling === 'lateBinding') {
      this.probes.send(job, this.draw(job, probesPerTask * tasks), false);
    } else if (sampling === 'batch') {
      this.ask({ job, nodes: this.draw(job, probesPerTask * tasks), tasks });
    } else {
      for (let task = 0; task < tasks; task++) this.ask({ job, nodes: this.draw(job, probesPerTask), tasks: 1 });
    }
  }

  private draw({ requirements }: Job, count: number): number[] {
    const nodes: number[] = [];
    this.sample.draw(requirements, count, nodes);
    return nodes;
  }

  private ask(comparison: Comparison): void {
    const { networkDelay } = this.settings;
    this.context.statistics.happened('queue_length', comparison.nodes.length);
    if (networkDelay === 0) {
      this.compare(comparison);
      return;
    }
    this.comparisons.push(comparison);
    this.context.simulation.after(networkDelay, this.evCompare);
  }

  /** The workers look at their queues; the answers travel back and the tasks to the shortest. The first of equals is taken, which is a random one. */
  private compare({ job, nodes, tasks }: Comparison): void {
    const { length } = this.queues;
    const { pods } = this.context.cell.nodes;
    const load = (node: number) => (length[node] ?? 0) + (pods[node] as number);
    const sorted = nodes.map((node, place) => ({ node, place, load: load(node) }));
    sorted.sort((a, b) => a.load - b.load || a.place - b.place);
    const chosen = sorted.slice(0, tasks).map(({ node }) => node);
    // A sample of all nodes can be smaller than the job: then the shortest get more than one.
    while (chosen.length < tasks) chosen.push(chosen[chosen.length % sorted.length] as number);
    this.probes.send(job, chosen, true, 2);
  }

  /** Another worker for a reservation whose node is gone; -1 if there is none. */
  private another(job: Job): number {
    const [node] = this.draw(job, 1);
    if (node === undefined) this.reject(job);
    return node ?? -1;
  }

  private reject(job: Job): void {
    this.context.cell.giveUp(job, 'rejected');
    this.inHand.delete(job);
  }
}

export const sparrow: ArchitectureDefinition = {
  help: 'Schedulers without global state that sample workers: batch sampling with late binding, or the power of d choices (Sparrow).',
  settings: sparrowSettings,
  usesPlacement: false,
  create: (context) => new Sparrow(context),
};
