/**
 * Omega: schedulers side by side over one shared state, without locks. Schwarzkopf, Konwinski, Abd-El-Malek, Wilkes: Omega: flexible, scalable
 * schedulers for large compute clusters, EuroSys 2013, sections 3.4 and 4.
 *
 * Each of the `replicas` processes takes jobs in turn (round robin), copies the cell's state when it begins with a job, thinks, places the tasks on
 * its copy and commits them in a transaction that may conflict with what others have done meanwhile (see transaction.ts). Jobs with tasks left are
 * tried again. Several schedulers of this kind with different decision times share the cell: the batch and the service scheduler of the study.
 * Left out: priorities that take room from others, limits that each scheduler keeps to.
 */
import { choice, defineParameters, documentation, duration, type ValuesOf } from '../../../engine/index.ts';
import { type Nanoseconds, nanoseconds, seconds } from '../../../units/index.ts';
import type { Job, Task } from '../job.ts';
import { randomPlacement } from './common-settings.ts';
import { DecisionProcesses } from './decision-processes.ts';
import { Retries, retrySettings } from './retries.ts';
import type { ArchitectureContext, ArchitectureDefinition, SchedulingArchitecture } from './scheduling-architecture.ts';
import { PrivateState } from './transaction.ts';

const STUDY = 'Schwarzkopf et al., Omega, EuroSys 2013, section 5.2';

/** What this architecture can be set to beside what all can. */
const omegaSettings = defineParameters({
  ...randomPlacement,
  ...retrySettings,
  conflicts: choice({
    help: 'What makes a claim fail: the task no longer fits on its node (fine), or anything on the node has changed since the copy was taken (coarse).',
    default: 'fine',
    choices: ['fine', 'coarse'],
    source: documentation(STUDY, 'coarse detection raises conflicts 2 to 3 times'),
  }),
  transactions: choice({
    help: 'Whether a transaction takes the claims that do not conflict (incremental), or the whole job or nothing (allOrNothing).',
    default: 'incremental',
    choices: ['incremental', 'allOrNothing'],
    source: documentation(STUDY, 'all-or-nothing raises conflicts about twofold'),
  }),
  staleness: duration({
    help: 'A process begins a job with the copy that it has, if it was taken no longer ago than this; 0 = it takes a new one for each job.',
    default: nanoseconds(0),
    range: [nanoseconds(0), seconds(86_400)],
    source: documentation('Schwarzkopf et al., Omega, EuroSys 2013, section 3.4', 'synchronised before each job'),
  }),
});

class Omega implements SchedulingArchitecture {
  private readonly context: ArchitectureContext;
  private readonly settings: ValuesOf<typeof omegaSettings>;
  private readonly processes: DecisionProcesses;
  private readonly retries: Retries;
  private readonly states: readonly PrivateState[];
  /** The process that gets the next job, state. */
  private next = 0;

  constructor(context: ArchitectureContext) {
    const { cell, replicas } = context;
    this.context = context;
    this.settings = context.settings as unknown as ValuesOf<typeof omegaSettings>;
    const { conflicts, transactions } = this.settings;
    const rules = { coarse: conflicts === 'coarse', allOrNothing: transactions === 'allOrNothing' };
    this.states = Array.from(
      { length: replicas },
      () => new PrivateState(cell, ({ nodes }) => context.chooser(nodes), rules),
    );
    this.processes = new DecisionProcesses(context, replicas, {
      begins: (process) => this.refresh(this.states[process] as PrivateState),
      decided: (process, job, span) => this.decided(this.states[process] as PrivateState, job, span),
    });
    this.retries = new Retries(context, (process, job) => this.processes.enqueue(process, job));
  }

  get pending(): number {
    return this.retries.pending;
  }

  submit(job: Job): void {
    const process = this.next;
    this.next = (process + 1) % this.context.replicas;
    this.retries.take(process, job);
    this.processes.enqueue(process, job);
  }

  taskReturned({ job }: Task): void {
    if (!this.retries.has(job)) this.submit(job);
  }

  private refresh(state: PrivateState): void {
    const { staleness } = this.settings;
    const isFresh = state.takenAt >= 0 && this.context.simulation.now - state.takenAt < staleness;
    if (!isFresh) state.synchronise();
  }

  private decided(state: PrivateState, job: Job, span: Nanoseconds): void {
    state.attempt(job);
    const { committed, conflicts } = state;
    const leftOver = conflicts > 0 ? 'conflict' : 'unschedulable';
    const result = job.waiting === 0 ? 'scheduled' : committed > 0 ? 'partly' : leftOver;
    this.context.statistics.decisionEnds(result, span, committed, conflicts);
    this.retries.attempted(job);
  }
}

export const omega: ArchitectureDefinition = {
  help: 'Schedulers side by side over one shared state: private copies, optimistic claims, conflicts (Omega).',
  settings: omegaSettings,
  usesPlacement: true,
  create: (context) => new Omega(context),
};
