/**
 * Sequential stopping: replications are added until the interval of every objective's statistic is as narrow as was asked for. Each replication
 * keeps its number and seed: the result is that of a run with as many replications from the start.
 */
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts';
import type { Executor } from './executors/index.ts';
import { judgeObjective } from './objectives.ts';
import { joinRuns, type Point, runPoints, type ScenarioRun } from './run-scenario.ts';
import { type MeanInterval, meanIntervalOf } from './statistics/index.ts';

/** Fewer replications say too little of their own spread. */
const LEAST_REPLICATIONS = 4;

/** When to stop. */
export interface SequentialOptions {
  readonly seed: string;
  readonly executor: Executor;
  /** Half the 95 % interval as a share of the mean. */
  readonly precision: number;
  readonly mostReplications: number;
  /** A pod whose way through the schedulers is to be told: "namespace/name". */
  readonly explainPod?: string;
}

/** Runs a scenario until its objectives are known precisely enough, or the most replications have run. */
export async function runUntilPrecise(scenario: ResolvedScenario, options: SequentialOptions): Promise<ScenarioRun> {
  const { precision, mostReplications, ...how } = options;
  const { executor } = how;
  const runTo = async (replications: number, firstReplication: number): Promise<ScenarioRun> => {
    const point: Point = { scenario: { ...scenario, replications }, variant: '', firstReplication };
    return (await runPoints([point], how))[0] as ScenarioRun;
  };
  let run = await runTo(Math.min(mostReplications, Math.max(LEAST_REPLICATIONS, scenario.replications)), 1);
  while (executor.control.stopReason === undefined && run.planned < mostReplications) {
    const wanted = replicationsFor(run, precision);
    if (wanted <= run.planned) break;
    // Not all that seem to be needed at once: the spread is not known well yet.
    const next = Math.min(mostReplications, 2 * run.planned, wanted);
    run = joinRuns(run, await runTo(next, run.planned + 1));
  }
  return run;
}

/** What each objective's statistic is known to be. */
export function objectiveIntervals({ scenario, replications }: ScenarioRun): MeanInterval[] {
  return scenario.objectives.map((objective) => meanIntervalOf(judgeObjective(objective, replications).perReplication));
}

/** Replications after which all intervals will likely be narrow enough; those that there are if they are so now. Without data nothing helps. */
function replicationsFor(run: ScenarioRun, precision: number): number {
  const needed = objectiveIntervals(run).map(({ mean, n, low, high }) => {
    if (low === undefined || high === undefined) return run.planned;
    const half = (high - low) / 2;
    const target = precision * Math.abs(mean);
    if (half <= target) return run.planned;
    return target === 0 ? Number.POSITIVE_INFINITY : Math.max(run.planned + 1, Math.ceil(n * (half / target) ** 2));
  });
  return Math.max(run.planned, ...needed);
}
