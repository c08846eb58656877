/** Makes the jobs of one operation, one after the other. */
import { type JobSpecification, WITHOUT_END } from '../../components/scheduling-cell/index.ts';
import {
  createDistribution,
  type Distribution,
  type DistributionSpec,
  type RandomStream,
  shuffled,
} from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { ofReplication } from '../arrival-order.ts';
import type { JobRow, SubmitJobs } from '../operations/index.ts';
import type { CellExecution } from './cell-execution.ts';
import { tuned } from './row-order.ts';

/** Parts of a percentage. */
const PERCENT = 100;

/** The jobs. All draws are from streams named after the operation. */
export class JobSource {
  private readonly execution: CellExecution;
  private readonly operation: SubmitJobs;
  private readonly rows: readonly JobRow[] | undefined;
  private readonly tasks: Distribution;
  private readonly duration: Distribution | undefined;
  private readonly usage: { quantile(u: number): number } | undefined;
  private readonly decisionTime: { readonly perJob: Distribution; readonly perTask: Distribution } | undefined;
  /** Jobs so far. */
  private made = 0;

  constructor(execution: CellExecution, operation: SubmitJobs) {
    this.execution = execution;
    this.operation = operation;
    this.rows = this.orderedRows();
    this.tasks = createDistribution(operation.tasks);
    this.duration = operation.duration && createDistribution(operation.duration);
    const percent = operation.usage && createDistribution(operation.usage);
    this.usage = percent && { quantile: (u) => percent.quantile(u) / PERCENT };
    this.decisionTime = operation.decisionTime && {
      perJob: createDistribution(operation.decisionTime.perJob),
      perTask: createDistribution(operation.decisionTime.perTask),
    };
  }

  /** The next job, and when it comes where a trace says so; undefined if there is no further one. */
  next(): { readonly job: JobSpecification; readonly arrival: Nanoseconds | undefined } | undefined {
    const { operation, rows } = this;
    if (operation.count !== undefined && this.made >= operation.count) return undefined;
    if (rows === undefined) return { job: this.described(this.made++), arrival: undefined };
    const row = rows[this.made++];
    return row === undefined ? undefined : { job: this.ofRow(row), arrival: arrivalOf(row) };
  }

  private orderedRows(): readonly JobRow[] | undefined {
    const { rows, order, inflate } = this.operation;
    if (rows === undefined || order === 'listed') return rows;
    if (order === 'given') return this.givenOrder(rows);
    if (order === 'traced') return [...rows].sort((a, b) => arrivalOf(a) - arrivalOf(b));
    const random = this.stream('order');
    const inOrder = shuffled(rows, random);
    if (inflate === undefined) return inOrder;
    const target = inflate.to * this.execution.world.metrics.totals.capacity[inflate.resource];
    return tuned(inOrder, rows, inflate.resource, target, random);
  }

  private givenOrder(rows: readonly JobRow[]): readonly JobRow[] {
    const order = ofReplication(this.operation.given, this.execution.simulation.replication);
    return order.map((number) => {
      const row = rows[number];
      if (row === undefined) throw new RangeError(`the order names row ${number}, the table has ${rows.length}`);
      return row;
    });
  }

  private described(index: number): JobSpecification {
    const { operation } = this;
    const tasks = Math.max(1, Math.round(this.tasks.quantile(this.stream('tasks').next())));
    const durations = this.durationsOf(operation.durationPer === 'job' ? 1 : tasks);
    return this.specification({
      name: `${operation.name}-${index}`,
      className: operation.name,
      tasks,
      durations,
      gang: operation.gang === 'all' ? tasks : Math.min(operation.gang, tasks),
    });
  }

  private ofRow(row: JobRow): JobSpecification {
    const { operation } = this;
    const duration = row.duration ?? (operation.order === 'traced' ? tracedDuration(row) : undefined);
    const durations = duration === undefined ? this.durationsOf(row.tasks) : [duration];
    return this.specification(
      {
        name: row.name,
        className: row.className ?? operation.name,
        tasks: row.tasks,
        durations,
        gang: row.gang === 0 && operation.gang === 'all' ? row.tasks : row.gang,
      },
      row,
    );
  }

  private specification(
    own: Pick<JobSpecification, 'name' | 'className' | 'tasks' | 'durations' | 'gang'>,
    row?: JobRow,
  ): JobSpecification {
    const { operation, execution } = this;
    const template = execution.templates.get((row ?? operation).template.id);
    const finite = own.durations.filter((duration) => Number.isFinite(duration));
    const mean = finite.reduce((sum, duration) => sum + duration, 0) / Math.max(1, finite.length);
    return {
      ...own,
      requirements: execution.world.cell.requirementsOf(template),
      estimatedDuration: finite.length === 0 ? WITHOUT_END : (Math.round(mean) as Nanoseconds),
      priority: row?.priority ?? operation.priority,
      queue: row?.queue ?? operation.queue,
      scheduler: row?.scheduler ?? operation.scheduler ?? execution.firstScheduler,
      usage: this.usage,
      decisionTime: this.decisionTime && {
        perJob: this.decisionTime.perJob.sample(this.stream('decisionTime')),
        perTask: this.decisionTime.perTask.sample(this.stream('decisionTime')),
      },
    };
  }

  /** Durations of so many tasks. */
  private durationsOf(tasks: number): readonly Nanoseconds[] {
    const { duration } = this;
    if (duration === undefined) return [WITHOUT_END];
    // A constant is drawn once: it is the same for all.
    const draws = isConstant(duration.spec) ? 1 : tasks;
    return Array.from({ length: draws }, () => duration.sample(this.stream('durations')));
  }

  private stream(what: string): RandomStream {
    return this.execution.simulation.streams.stream(`scenario.jobs.${this.operation.name}.${what}`);
  }
}

/** Instant at which a job of a table comes. */
function arrivalOf({ arrival, traced }: JobRow): Nanoseconds {
  return arrival ?? traced?.from ?? nanoseconds(0);
}

function tracedDuration({ traced }: JobRow): Nanoseconds | undefined {
  return traced && nanoseconds(traced.to - traced.from);
}

function isConstant({ distribution }: DistributionSpec): boolean {
  return distribution === 'constant';
}
