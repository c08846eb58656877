/** One scenario, all its replications: in this thread or over worker threads, with the same result. */
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts';
import { type Job, runJob } from './job.ts';
import type { ReplicationResult } from './replication-result.ts';
import { createRunControl, type RunControl } from './run-control.ts';
import { DEFAULT_SEED } from './seeds.ts';

/** How to run. */
export interface RunOptions {
  /** Seed of the run; the replications' seeds are derived from it. */
  readonly seed?: string;
  /** Worker threads; 0 = in this thread. */
  readonly workers?: number;
  /** Progress out, wish to stop in; needs room for all replications. */
  readonly control?: RunControl;
  /** Most heap that one worker may hold [MiB]. */
  readonly heapMebibytes?: number;
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
  const control = options.control ?? createRunControl(jobs.length);
  if (control.jobs < jobs.length)
    throw new RangeError(`a control for ${control.jobs} replications cannot hold ${jobs.length}`);
  const results = new Array<ReplicationResult | undefined>(jobs.length).fill(undefined);
  for (const [i, result] of (await runJobs(jobs, control, options)).entries()) results[jobs[i]?.index ?? i] = result;
  let next = 0;
  return points.map(({ scenario, variant }) => {
    const planned = scenario.replications;
    const replications = results.slice(next, next + planned).filter((result) => result !== undefined);
    next += planned;
    return { scenario, variant, seed, planned, replications };
  });
}

/** The replications of all points, point by point. */
function jobsOf(points: readonly Point[], runSeed: string): Job[] {
  return points
    .flatMap(({ scenario }) =>
      Array.from({ length: scenario.replications }, (_, i) => ({ scenario, replication: i + 1 })),
    )
    .map((job, index) => ({ ...job, runSeed, index }));
}

async function runJobs(
  jobs: readonly Job[],
  control: RunControl,
  { workers = 0, heapMebibytes }: RunOptions,
): Promise<(ReplicationResult | undefined)[]> {
  if (workers === 0) return jobs.map((job) => runJob(job, control));
  // Loaded only when threads are wanted: everything else of the library runs without Node.
  const { runInPool } = await import('./pool.ts');
  return await runInPool(jobs, control, { workers, heapMebibytes });
}
