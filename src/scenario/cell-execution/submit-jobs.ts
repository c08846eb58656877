/** Has the jobs of an operation come to the cell. */
import type { Job, JobSpecification } from '../../components/scheduling-cell/index.ts';
import { nanoseconds, plus } from '../../units/index.ts';
import { pauseBefore } from '../execution/pacing.ts';
import type { SubmitJobs } from '../operations/index.ts';
import type { CellExecution } from './cell-execution.ts';
import { JobSource } from './job-source.ts';

/** Jobs that one operation submits at most: a bound that no run reaches. */
const WITHOUT_END = 2 ** 40;

/** Jobs come until they are enough. */
export function* submitJobs(execution: CellExecution, operation: SubmitJobs): Generator<number, void, number> {
  const source = new JobSource(execution, operation);
  if (operation.inflate !== undefined) yield* inflate(execution, operation, operation.inflate, source);
  else if (operation.order === 'traced') yield* replay(execution, source);
  else yield* come(execution, operation, source);
}

/** Jobs that are there before the run. */
export function preloadJobs(execution: CellExecution, operation: SubmitJobs): void {
  const { world } = execution;
  const source = new JobSource(execution, operation);
  const { inflate: inflation } = operation;
  const target = inflation === undefined ? 0 : inflation.to * world.metrics.totals.capacity[inflation.resource];
  let asked = 0;
  for (let next = source.next(); next !== undefined; next = source.next()) {
    world.preload(next.job);
    if (inflation === undefined) continue;
    asked += amountOf(next.job, inflation.resource);
    if (asked >= target) return;
  }
}

/** At the pace of the operation. */
function* come(execution: CellExecution, operation: SubmitJobs, source: JobSource): Generator<number, void, number> {
  const { simulation, world } = execution;
  const end = operation.for === undefined ? Number.POSITIVE_INFINITY : plus(simulation.now, operation.for);
  const parallelism = operation.arrivals.kind === 'parallelism-limited' ? operation.arrivals.parallelism : undefined;
  let open: Job[] = [];
  for (let index = 0; index < WITHOUT_END; index++) {
    yield* pace(execution, operation, index);
    if (parallelism !== undefined) {
      yield* execution.until(() => open.filter((job) => !job.isOver).length < parallelism);
      open = open.filter((job) => !job.isOver);
    }
    if (simulation.now >= end) return;
    const next = source.next();
    if (next === undefined) return;
    const job = world.submit(next.job);
    if (parallelism !== undefined) open.push(job);
  }
}

/** Each job in its own time, counted from the beginning of the operation. */
function* replay(execution: CellExecution, source: JobSource): Generator<number, void, number> {
  const { simulation, world } = execution;
  const began = simulation.now;
  for (let next = source.next(); next !== undefined; next = source.next()) {
    const at = plus(began, next.arrival ?? nanoseconds(0));
    if (at > simulation.now) yield at - simulation.now;
    world.submit(next.job);
  }
}

/** One job after the other, each when the one before is placed or given up, until they ask for enough. */
function* inflate(
  execution: CellExecution,
  operation: SubmitJobs,
  { resource, to }: NonNullable<SubmitJobs['inflate']>,
  source: JobSource,
): Generator<number, void, number> {
  const { world } = execution;
  const series = world.inflationSeries(resource);
  const isTuned = operation.rows !== undefined && operation.order !== 'listed';
  const target = to * world.metrics.totals.capacity[resource];
  let asked = 0;
  for (let index = 0; asked < target || isTuned; index++) {
    const next = source.next();
    if (next === undefined) break;
    yield* pace(execution, operation, index);
    const job = world.submit(next.job);
    yield* execution.settled(job);
    const amount = amountOf(next.job, resource);
    asked += amount;
    series.record(amount, job.rejected + job.abandoned === 0);
  }
  series.publish();
}

function* pace(execution: CellExecution, operation: SubmitJobs, index: number): Generator<number, void, number> {
  const { arrivals } = operation;
  const waits = index > 0 || arrivals.kind === 'poisson' || arrivals.kind === 'global-qps';
  const pause = waits ? pauseBefore(execution, arrivals, index, operation.count ?? 1) : 0;
  if (pause > 0) yield pause;
}

function amountOf({ tasks, requirements }: JobSpecification, resource: 'cpu' | 'memory' | 'gpu'): number {
  const { gpu } = requirements;
  if (resource !== 'gpu') return tasks * requirements[resource];
  return gpu === undefined ? 0 : tasks * gpu.count * gpu.milli;
}
