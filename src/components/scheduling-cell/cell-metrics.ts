/** What is recorded of a cell: jobs and tasks by class, the cell's own sums, and what each scheduler does. */
import type { CounterSeries, GaugeSeries, HistogramSeries, MetricName, MetricRecorder } from '../../metrics/index.ts';
import { between, type Nanoseconds, type SimTime, toSeconds } from '../../units/index.ts';
import type { Cell, ReturnReason } from './cell.ts';
import { CellTotals, cellResources } from './cell-totals.ts';
import type { Job, Task } from './job.ts';

/** Series of one metric by the value of its only varying label, made when they are first needed. */
class SeriesByLabel<Series> {
  private readonly known = new Map<string, Series>();
  private readonly make: (label: string) => Series;

  constructor(make: (label: string) => Series) {
    this.make = make;
  }

  of(label: string): Series {
    let series = this.known.get(label);
    if (series === undefined) {
      series = this.make(label);
      this.known.set(label, series);
    }
    return series;
  }
}

/** How a task that lost its room is counted. */
const RETURNS: Readonly<Record<ReturnReason, string>> = {
  released: 'released',
  preempted: 'preempted',
  'node lost': 'node_lost',
  migrated: 'migrated',
  descheduled: 'descheduled',
};

/** Share of its CPU beyond which a node is hot. */
const HOT = 0.9;

/** Statistics of jobs of one class. */
class ClassSeries {
  readonly jobs: SeriesByLabel<CounterSeries>;
  readonly tasks: SeriesByLabel<CounterSeries>;
  readonly waits: SeriesByLabel<HistogramSeries>;
  readonly completion: HistogramSeries;
  readonly lostWork: CounterSeries;
  readonly held: CounterSeries;

  constructor(recorder: MetricRecorder, className: string) {
    const labels = { class: className };
    this.jobs = new SeriesByLabel((event) => recorder.counter('plimsoll_cell_jobs_total', { ...labels, event }));
    this.tasks = new SeriesByLabel((event) => recorder.counter('plimsoll_cell_tasks_total', { ...labels, event }));
    this.waits = new SeriesByLabel((until) =>
      recorder.histogram('plimsoll_cell_job_wait_seconds', { ...labels, until }),
    );
    this.completion = recorder.histogram('plimsoll_cell_job_completion_seconds', labels);
    this.lostWork = recorder.counter('plimsoll_cell_lost_work_seconds_total', labels);
    this.held = recorder.counter('plimsoll_cell_held_seconds_total', labels);
  }
}

/** Records a cell. */
export class CellMetrics {
  readonly totals: CellTotals;
  private readonly recorder: MetricRecorder;
  private readonly cell: Cell;
  private readonly classes: SeriesByLabel<ClassSeries>;
  private readonly queues: SeriesByLabel<GaugeSeries>;
  private readonly fairness: GaugeSeries;
  private readonly gauges: { readonly gauge: GaugeSeries; readonly read: () => number }[] = [];

  constructor(recorder: MetricRecorder, cell: Cell) {
    this.recorder = recorder;
    this.cell = cell;
    this.totals = new CellTotals(cell);
    this.classes = new SeriesByLabel((className) => new ClassSeries(recorder, className));
    this.queues = new SeriesByLabel((queue) => recorder.gauge('plimsoll_cell_dominant_share', { queue }));
    this.fairness = recorder.gauge('plimsoll_cell_fairness_index');
    this.watch('plimsoll_cell_tasks', { state: 'waiting' }, () => cell.waiting);
    this.watch('plimsoll_cell_tasks', { state: 'held' }, () => cell.held);
    this.watch('plimsoll_cell_tasks', { state: 'running' }, () => cell.running);
    this.watch('plimsoll_cell_nodes', { state: 'all' }, () => this.totals.nodes);
    this.watch('plimsoll_cell_nodes', { state: 'used' }, () => this.totals.usedNodes);
    for (const resource of cellResources) {
      this.watch('plimsoll_cell_allocation_ratio', { resource }, () => this.totals.allocation(resource));
    }
    cell.listen({
      jobSubmitted: (job) => this.submitted(job),
      taskHeld: () => this.setGauges(),
      taskStarted: (task) => this.started(task),
      taskEnded: (task) => this.ended(task),
      taskGivenBack: () => this.setGauges(),
      taskReturned: (task, reason) => this.returned(task, reason),
      tasksGivenUp: (job, tasks, how) => this.givenUp(job, tasks, how),
      nodeChanged: () => this.setGauges(),
    });
    recorder.onSample(() => this.setQueues());
    recorder.onSample(() => this.setVariation());
  }

  /** What one scheduler does. */
  schedulerStatistics(name: string, replicas: number): SchedulerStatistics {
    return new SchedulerStatistics(this.recorder, this.cell, name, replicas, this.classes);
  }

  /** A gauge that is set to what `read` says whenever something is placed or leaves. */
  watch(metric: MetricName, labels: Readonly<Record<string, string>>, read: () => number): void {
    this.gauges.push({ gauge: this.recorder.gauge(metric, labels), read });
  }

  /** The CPU in use was measured, by node [milli-CPU]. */
  measured(cpu: Float64Array): void {
    const { nodes } = this.cell;
    let used = 0;
    let hot = 0;
    for (let slot = 0; slot < cpu.length; slot++) {
      if (!nodes.isKnown(slot)) continue;
      used += cpu[slot] as number;
      if ((cpu[slot] as number) > HOT * (nodes.allocatableCpu[slot] as number)) hot++;
    }
    const capacity = this.totals.capacity.cpu;
    this.recorder.gauge('plimsoll_cell_cpu_utilisation').set(capacity === 0 ? 0 : used / capacity);
    this.recorder.gauge('plimsoll_cell_hot_nodes').set(hot);
  }

  private submitted(job: Job): void {
    const series = this.classOf(job);
    series.jobs.of('submitted').add();
    series.tasks.of('submitted').add(job.specification.tasks);
    this.setGauges();
  }

  private started({ job, heldAt, startedAt }: Task): void {
    const series = this.classOf(job);
    series.tasks.of('started').add();
    if (startedAt > heldAt) series.held.add(toSeconds(between(heldAt, startedAt)));
    if (job.started === 1) series.waits.of('first_task').recordSpan(between(job.arrivedAt, startedAt));
    // Once only: a task that is started again does not make the job wait anew.
    if (job.waiting + job.held === 0 && !job.wasComplete) {
      job.wasComplete = true;
      series.waits.of('all_tasks').recordSpan(between(job.arrivedAt, startedAt));
      series.jobs.of('scheduled').add();
    }
    this.setGauges();
  }

  private ended({ job }: Task): void {
    const series = this.classOf(job);
    series.tasks.of('ended').add();
    if (job.ended === job.specification.tasks) {
      series.jobs.of('completed').add();
      series.completion.recordSpan(between(job.arrivedAt, this.cell.simulation.now));
    }
    this.setGauges();
  }

  private returned(task: Task, reason: ReturnReason): void {
    const series = this.classOf(task.job);
    const { now } = this.cell.simulation;
    series.tasks.of(RETURNS[reason]).add();
    if (reason === 'released') series.held.add(toSeconds(between(task.heldAt, now)));
    else series.lostWork.add(toSeconds(between(task.startedAt, now)));
    this.setGauges();
  }

  private givenUp(job: Job, tasks: number, how: 'rejected' | 'abandoned'): void {
    const series = this.classOf(job);
    if (job[how] === tasks) series.jobs.of(how).add();
    series.tasks.of(how).add(tasks);
    this.setGauges();
  }

  private classOf(job: Job): ClassSeries {
    return this.classes.of(job.specification.className);
  }

  private setGauges(): void {
    for (const { gauge, read } of this.gauges) gauge.set(read());
  }

  private setVariation(): void {
    for (const resource of cellResources) {
      if (this.totals.capacity[resource] === 0) continue;
      this.recorder.gauge('plimsoll_cell_allocation_variation', { resource }).set(this.totals.variation(resource));
    }
  }

  private setQueues(): void {
    for (const queue of this.totals.queues.keys()) this.queues.of(queue).set(this.totals.dominantShare(queue));
    this.fairness.set(this.totals.fairnessIndex());
  }
}

/** How an attempt to place a job ended. */
export type DecisionResult = 'scheduled' | 'partly' | 'unschedulable' | 'conflict';

/** What one scheduler of a cell records. */
export class SchedulerStatistics {
  private readonly cell: Cell;
  private readonly replicas: number;
  private readonly classes: SeriesByLabel<ClassSeries>;
  private readonly busyness: GaugeSeries;
  private readonly pending: GaugeSeries;
  private readonly durations: HistogramSeries;
  private readonly decisions: SeriesByLabel<CounterSeries>;
  private readonly claims: SeriesByLabel<CounterSeries>;
  private readonly wasted: CounterSeries;
  private readonly examined: SeriesByLabel<CounterSeries>;
  private readonly conflictFraction: GaugeSeries;
  private readonly events: SeriesByLabel<CounterSeries>;
  /** Replicas that decide now, state. */
  private busy = 0;
  /** Attempts with a conflict, and without [attempt], statistic. */
  private conflicted = 0;
  private successful = 0;

  constructor(
    recorder: MetricRecorder,
    cell: Cell,
    name: string,
    replicas: number,
    classes: SeriesByLabel<ClassSeries>,
  ) {
    this.cell = cell;
    this.replicas = replicas;
    this.classes = classes;
    const labels = { scheduler: name };
    this.busyness = recorder.gauge('plimsoll_cell_scheduler_busyness', labels);
    this.busyness.set(0);
    this.pending = recorder.gauge('plimsoll_cell_pending_jobs', labels);
    this.durations = recorder.histogram('plimsoll_cell_decision_duration_seconds', labels);
    this.decisions = new SeriesByLabel((result) =>
      recorder.counter('plimsoll_cell_decisions_total', { ...labels, result }),
    );
    this.claims = new SeriesByLabel((result) => recorder.counter('plimsoll_cell_claims_total', { ...labels, result }));
    this.wasted = recorder.counter('plimsoll_cell_wasted_busy_seconds_total', labels);
    this.examined = new SeriesByLabel((step) =>
      recorder.counter('plimsoll_cell_nodes_examined_total', { ...labels, step }),
    );
    this.conflictFraction = recorder.gauge('plimsoll_cell_conflict_fraction', labels);
    this.events = new SeriesByLabel((event) =>
      recorder.counter('plimsoll_cell_scheduler_events_total', { ...labels, event }),
    );
  }

  /** Somebody begins to think about a job; its wait until the first attempt is over if this is it. */
  decisionBegins(job: Job): void {
    this.attemptBegins(job);
    this.roundBegins();
  }

  /** It has decided, after `span` in all. `conflicts` and `committed` are tasks. */
  decisionEnds(result: DecisionResult, span: Nanoseconds, committed: number, conflicts = 0): void {
    this.roundEnds(span);
    this.attemptEnds(result, committed, conflicts);
    if (conflicts > 0) this.wasted.add(toSeconds(span));
  }

  /** A replica begins to think about several jobs together. */
  roundBegins(): void {
    this.setBusy(this.busy + 1);
  }

  /** It has decided on them. */
  roundEnds(span: Nanoseconds): void {
    this.setBusy(this.busy - 1);
    this.durations.recordSpan(span);
  }

  /** A job is among those that are thought about. */
  attemptBegins(job: Job): void {
    job.attempts++;
    if (job.firstAttemptAt < 0) {
      job.firstAttemptAt = this.cell.simulation.now;
      const waits = this.classes.of(job.specification.className).waits.of('first_attempt');
      waits.recordSpan(between(job.arrivedAt, job.firstAttemptAt as SimTime));
    }
  }

  /** What came of it. */
  attemptEnds(result: DecisionResult, committed: number, conflicts: number): void {
    this.decisions.of(result).add();
    if (committed > 0) this.claims.of('committed').add(committed);
    if (conflicts > 0) {
      this.claims.of('conflict').add(conflicts);
      this.conflicted++;
    } else if (committed > 0) {
      this.successful++;
    }
    if (this.successful > 0) this.conflictFraction.set(this.conflicted / this.successful);
  }

  /** Something happened that only schedulers of this kind know: a message to a worker, a theft, a gang's time-out. */
  happened(event: string, times = 1): void {
    this.events.of(event).add(times);
  }

  /** Nodes were looked at to choose one. */
  looked(examined: number, scored: number): void {
    this.examined.of('filtered').add(examined);
    if (scored > 0) this.examined.of('scored').add(scored);
  }

  /** So many jobs are not placed in full. */
  setPending(jobs: number): void {
    this.pending.set(jobs);
  }

  private setBusy(busy: number): void {
    this.busy = busy;
    this.busyness.set(busy / this.replicas);
  }
}
