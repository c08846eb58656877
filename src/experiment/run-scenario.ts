/** One scenario, all its replications, or many points of one: with the same result wherever they are carried out. */
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts';
import { type Executor, type ExecutorOptions, openExecutor, runAll } from './executors/index.ts';
import type { Job } from './job.ts';
import type { ReplicationResult } from './replication-result.ts';
import { createRunControl } from './run-control.ts';
import { DEFAULT_SEED } from './seeds.ts';

/** How to run. */
export interface RunOptions extends Partial<ExecutorOptions> {
  /** Seed of the run; the replications' seeds are derived from it. */
  readonly seed?: string;
  /** Carries out the replications, and stays open; without one, the other options say how. */
  readonly executor?: Executor;
  /** A pod whose way through the schedulers is to be told: "namespace/name". */
  readonly explainPod?: string;
  /** Which replications come first: all of the first point, or the first of every point, so that a comparison that is stopped has pairs. */
  readonly order?: 'by point' | 'by replication';
}

/** A scenario that has run. */
export interface ScenarioRun {
  readonly scenario: ResolvedScenario;
  /** Which point of a sweep it is, "" otherwise: sorted "PATH=VALUE;…". */
  readonly variant: string;
  readonly seed: string;
  /** Replications that were asked for. */
  readonly planned: number;
  /** Replications that ran, in their order; fewer than planned if the run was stopped. */
  readonly replications: readonly ReplicationResult[];
}

/** A scenario to run as one of several. */
export interface Point {
  readonly scenario: ResolvedScenario;
  readonly variant: string;
  /** Number of its first replication; 1 if left out. The ones before it are those of an earlier run, which these join. */
  readonly firstReplication?: number;
}

/** Numbers of the replications of a point, the last one being what its scenario says. */
function replicationsOf({ scenario, firstReplication = 1 }: Point): number[] {
  return Array.from({ length: scenario.replications - firstReplication + 1 }, (_, i) => firstReplication + i);
}

/** Runs all replications of a scenario. */
export async function runScenario(scenario: ResolvedScenario, options: RunOptions = {}): Promise<ScenarioRun> {
  const [run] = await runPoints([{ scenario, variant: '' }], options);
  return run as ScenarioRun;
}

/** Runs all replications of several points, sharing the workers between them; results in the order of the points. */
export async function runPoints(points: readonly Point[], options: RunOptions = {}): Promise<ScenarioRun[]> {
  const seed = options.seed ?? DEFAULT_SEED;
  const { explainPod } = options;
  const jobs = jobsOf(points, seed).map((job) => (explainPod === undefined ? job : { ...job, explainPod }));
  if (options.order === 'by replication') jobs.sort((a, b) => a.replication - b.replication || a.index - b.index);
  const results = new Array<ReplicationResult | undefined>(jobs.length).fill(undefined);
  for (const [i, result] of (await runJobs(jobs, options)).entries()) results[jobs[i]?.index ?? i] = result;
  let next = 0;
  return points.map((point) => {
    const { scenario, variant } = point;
    const planned = replicationsOf(point).length;
    const replications = results.slice(next, next + planned).filter((result) => result !== undefined);
    next += planned;
    return { scenario, variant, seed, planned, replications };
  });
}

/** An earlier run and further replications of the same point as one run. */
export function joinRuns(earlier: ScenarioRun, later: ScenarioRun): ScenarioRun {
  const replications = [...earlier.replications, ...later.replications];
  return { ...later, planned: earlier.planned + later.planned, replications };
}

/** The replications of all points, point by point. */
function jobsOf(points: readonly Point[], runSeed: string): Job[] {
  return points
    .flatMap((point) => replicationsOf(point).map((replication) => ({ scenario: point.scenario, replication })))
    .map((job, index) => ({ ...job, runSeed, index }));
}

async function runJobs(jobs: readonly Job[], options: RunOptions): Promise<(ReplicationResult | undefined)[]> {
  const control = options.executor?.control ?? options.control ?? createRunControl(jobs.length);
  if (control.jobs < jobs.length)
    throw new RangeError(`a control for ${control.jobs} replications cannot hold ${jobs.length}`);
  if (options.executor !== undefined) return await runAll(options.executor, jobs);
  const executor = await openExecutor({ ...options, control });
  try {
    return await runAll(executor, jobs);
  } finally {
    await executor.close();
  }
}
