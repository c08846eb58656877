/**
 * Which parameters a measure depends on: all of them by elementary effects first, the most influential ones by Sobol's indices then. All points share
 * their replications' seeds, so that they differ by their parameters and not by luck.
 */
import type { ResolvedScenario } from '../../scenario/resolved-scenario.ts';
import type { Executor } from '../executors/index.ts';
import type { ReplicationResult } from '../replication-result.ts';
import { ranToItsEnd } from '../run-control.ts';
import { type ElementaryEffects, elementaryEffects, trajectories } from './morris.ts';
import { type SobolIndices, saltelliDesign, sobolIndices } from './sobol-indices.ts';

/** Parameters that get indices: each costs as many runs as there are rows. */
const MOST_INDEXED = 4;
/** An effect of a change over the whole range is large from this share of what the scenario itself measures. */
const LARGE_EFFECT = 0.1;

/** A parameter with its range. */
export interface Factor {
  readonly path: string;
  /** Ends of the range in words: "x0.5", "20/s". */
  readonly low: string;
  readonly high: string;
  /** Whether its default is an assumption. */
  readonly isAssumption: boolean;
}

/** What to examine. */
export interface SensitivityRequest {
  readonly factors: readonly Factor[];
  /** The scenario with some factors at places in their ranges, from 0 to 1, by their number; the others as the scenario has them. */
  readonly scenarioAt: (places: ReadonlyMap<number, number>) => ResolvedScenario;
  /** What is measured in a replication; undefined = nothing was. */
  readonly measure: (result: ReplicationResult) => number | undefined;
  readonly trajectories: number;
  /** Rows of the design for indices; 0 = none are wanted. */
  readonly rows: number;
  readonly seed: string;
}

/** What was found of one factor. */
export interface FactorSensitivity {
  readonly factor: Factor;
  readonly effects: ElementaryEffects;
  /** Undefined if it was not among the most influential ones, or the measure did not vary with them. */
  readonly indices: SobolIndices | undefined;
  /** Whether it is an assumption with a large effect: what the results rest on most. */
  readonly isLargeAssumption: boolean;
}

/** The ranking. */
export interface Sensitivity {
  /** Mean over the scenario's own replications; undefined = no data. */
  readonly own: number | undefined;
  /** Most influential first. */
  readonly factors: readonly FactorSensitivity[];
  /** Points that were run, and those that measured nothing or were stopped. */
  readonly points: number;
  readonly withoutData: number;
}

/** Replications that a request takes at most, the scenario's own among them. */
export function mostSensitivityJobs(
  { factors, trajectories: many, rows }: SensitivityRequest,
  replications: number,
): number {
  const indexed = Math.min(MOST_INDEXED, factors.length);
  return replications * (1 + many * (factors.length + 1) + rows * (indexed + 2));
}

/** Examines; `own` are the replications of the scenario as it is, which have the first places in the executor's control. */
export async function examineSensitivity(
  request: SensitivityRequest,
  executor: Executor,
  own: readonly ReplicationResult[],
): Promise<Sensitivity> {
  const { factors, measure, rows, seed } = request;
  const runner = new PointRunner(request, executor, own.length);
  const paths = trajectories(request.trajectories, factors.length, seed);
  const everyFactor = factors.map((_, i) => i);
  const measured = await Promise.all(
    paths.map(({ points }) => Promise.all(points.map((point) => runner.measureAt(everyFactor, point)))),
  );
  const effects = elementaryEffects(paths, measured);
  const ranked = [...everyFactor].sort((a, b) => sizeOf(effects[b]) - sizeOf(effects[a]) || a - b);
  const indexed = ranked.slice(0, MOST_INDEXED).filter((i) => sizeOf(effects[i]) > 0);
  const indices = rows === 0 || indexed.length === 0 ? undefined : await indicesOf(indexed, runner, request);
  const base = meanOf(own.map(measure));
  return {
    own: base,
    factors: ranked.map((i) => ({
      factor: factors[i] as Factor,
      effects: effects[i] as ElementaryEffects,
      indices: indices?.[indexed.indexOf(i)],
      isLargeAssumption:
        (factors[i] as Factor).isAssumption && base !== undefined && sizeOf(effects[i]) > LARGE_EFFECT * Math.abs(base),
    })),
    points: runner.points,
    withoutData: runner.withoutData,
  };
}

function sizeOf(effects: ElementaryEffects | undefined): number {
  return effects?.meanAbsolute ?? 0;
}

async function indicesOf(
  indexed: readonly number[],
  runner: PointRunner,
  { rows, seed }: SensitivityRequest,
): Promise<SobolIndices[] | undefined> {
  const design = saltelliDesign(rows, indexed.length, seed);
  const all = (points: readonly (readonly number[])[]) =>
    Promise.all(points.map((point) => runner.measureAt(indexed, point)));
  const [a, b, ...mixed] = await Promise.all([design.a, design.b, ...design.mixed].map(all));
  return sobolIndices({ a: a ?? [], b: b ?? [], mixed }, seed);
}

/** Runs points; of each only the measure is kept. */
class PointRunner {
  /** Points so far, and those without a measure, statistic. */
  points = 0;
  withoutData = 0;
  private readonly request: SensitivityRequest;
  private readonly executor: Executor;
  private readonly replications: number;
  /** The next free place in the control: the scenario's own replications have the first ones, state. */
  private nextJob: number;

  constructor(request: SensitivityRequest, executor: Executor, replications: number) {
    this.request = request;
    this.executor = executor;
    this.replications = replications;
    this.nextJob = replications;
  }

  /** Mean over the replications with these factors at these places. */
  async measureAt(factors: readonly number[], places: readonly number[]): Promise<number | undefined> {
    const { request, executor } = this;
    const scenario = request.scenarioAt(new Map(factors.map((factor, i) => [factor, places[i] as number])));
    const jobs = Array.from({ length: this.replications }, (_, i) => {
      return { scenario, runSeed: request.seed, replication: i + 1, index: this.nextJob++ };
    });
    this.points++;
    const values = await Promise.all(
      jobs.map(async (job) => {
        const finished = await executor.submit(job);
        if (finished === undefined || !ranToItsEnd(finished.result.endReason)) return undefined;
        return request.measure(finished.result);
      }),
    );
    const mean = meanOf(values);
    if (mean === undefined) this.withoutData++;
    return mean;
  }
}

function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length < values.length || known.length === 0
    ? undefined
    : known.reduce((sum, value) => sum + value, 0) / known.length;
}
