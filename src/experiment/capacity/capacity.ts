/**
 * The capacity of a scenario: a search whose probes are replications, what gives way at the limit, and the same search once that is lifted.
 * Idle workers take the probes that will most likely be asked for next; an answer never rests on one that was not asked for.
 */
import type { ResolvedScenario } from '../../scenario/resolved-scenario.ts';
import { type Axis, positionOf, roundValue } from '../axis.ts';
import type { Executor, Finished } from '../executors/index.ts';
import type { Job } from '../job.ts';
import type { ReplicationResult } from '../replication-result.ts';
import { ranToItsEnd } from '../run-control.ts';
import { applyLift, type LiftedParameter } from './apply-lift.ts';
import { failedCriteria, findGivesWay, type GivesWay } from './gives-way.ts';
import {
  CapacitySearch,
  MOST_FURTHER_PROBES,
  type Probe,
  type ResponsePoint,
  ROUND,
  type SearchResult,
} from './search.ts';

/** Points at which the response curve is told. */
const CURVE_POINTS = 81;
/** The second search asks where the next limit is, not exactly where: half as precise. */
const LIFTED_PRECISION = 2;
/** It begins at this part of the first limit: nothing that was lifted makes it lower. */
const LIFTED_FROM = 1 / 2;
/** Probes that may run at once beyond those that are asked for, in rounds. */
const MOST_SPECULATIVE = 2 * ROUND;

/** What to search. */
export interface CapacityRequest {
  readonly axis: Axis;
  /** The scenario with this value. */
  readonly scenarioAt: (value: number) => ResolvedScenario;
  /** Values of other paths that stay, as "PATH=VALUE;…"; "" = none. */
  readonly fixed: string;
  /** The scenario's own value on the axis, if it has one. */
  readonly own: number | undefined;
  readonly probability: number;
  readonly precision: number;
  readonly mostProbes: number;
  readonly seed: string;
  /** Whether to search again with the first bottleneck lifted. */
  readonly lifts: boolean;
}

/** One probe that ran. */
export interface ProbeOutcome extends Probe {
  readonly scenario: ResolvedScenario;
  readonly result: ReplicationResult;
  readonly holds: boolean;
  /** What did not: "objective 0", "barrier 1". */
  readonly failed: readonly string[];
}

/** What one search found. */
export interface Finding {
  readonly axis: Axis;
  readonly search: SearchResult;
  /** The response curve over the range. */
  readonly response: readonly ResponsePoint[];
  readonly probes: readonly ProbeOutcome[];
  readonly givesWay: GivesWay | undefined;
}

/** The first bottleneck lifted. */
export interface LiftedFinding {
  readonly server: string;
  readonly means: string;
  readonly parameters: readonly LiftedParameter[];
  readonly finding: Finding;
}

/** The answer. */
export interface Capacity {
  readonly request: CapacityRequest;
  readonly first: Finding;
  readonly lifted: LiftedFinding | undefined;
  /** Why nothing was lifted: undefined if something was, or if it was not to be. */
  readonly notLifted: string | undefined;
  /** How much the limit is above the scenario's own value (below it, where the smallest value is searched), as a share of that value. */
  readonly margin: number | undefined;
}

/** How to run probes. */
export interface CapacityOptions {
  readonly executor: Executor;
  /** Probes that run at once. */
  readonly workers: number;
  /** Told before each round: probes so far, and what is thought of the limit. */
  readonly onRound?: (state: SearchState) => void;
}

/** How far a search is. */
export interface SearchState {
  readonly request: CapacityRequest;
  readonly isLifted: boolean;
  readonly probes: number;
  /** Undefined before the first outcomes. */
  readonly soFar: SearchResult | undefined;
}

/** Finds the capacity of each request, one after the other. */
export async function findCapacities(
  requests: readonly CapacityRequest[],
  options: CapacityOptions,
): Promise<Capacity[]> {
  const runner = new ProbeRunner(options);
  const found: Capacity[] = [];
  for (const request of requests) found.push(await findCapacity(request, runner, options));
  return found;
}

async function findCapacity(
  request: CapacityRequest,
  runner: ProbeRunner,
  options: CapacityOptions,
): Promise<Capacity> {
  const first = await searchOnce(request, runner, options, false);
  const answer = { request, first, lifted: undefined, notLifted: undefined, margin: marginOf(request, first.search) };
  const ending = first.search.ending;
  const server = first.givesWay?.server;
  if (!request.lifts || ending === 'not monotone' || ending === 'stopped' || first.givesWay === undefined)
    return answer;
  if (server === undefined) return { ...answer, notLifted: 'nothing waited anywhere' };
  const probe = applyLift(request.scenarioAt(request.axis.low), server);
  if ('impossible' in probe) return { ...answer, notLifted: probe.impossible };
  const scenarioAt = (value: number): ResolvedScenario => {
    const outcome = applyLift(request.scenarioAt(value), server);
    return 'impossible' in outcome ? request.scenarioAt(value) : outcome.scenario;
  };
  const axis = liftedAxis(request.axis, first.search);
  const again = { ...request, axis, scenarioAt, precision: request.precision * LIFTED_PRECISION };
  const finding = await searchOnce(again, runner, options, true);
  return { ...answer, lifted: { server, means: probe.means, parameters: probe.parameters, finding } };
}

async function searchOnce(
  request: CapacityRequest,
  runner: ProbeRunner,
  { onRound }: CapacityOptions,
  isLifted: boolean,
): Promise<Finding> {
  const { axis } = request;
  const search = new CapacitySearch(request);
  const probes: ProbeOutcome[] = [];
  const scenarios = new Map<number, ResolvedScenario>();
  const scenarioAt = (value: number): ResolvedScenario => {
    const known = scenarios.get(value) ?? request.scenarioAt(value);
    scenarios.set(value, known);
    return known;
  };
  for (let round = search.nextRound(); round.length > 0; round = search.nextRound()) {
    onRound?.({ request, isLifted, probes: probes.length, soFar: probes.length === 0 ? undefined : search.result() });
    const source = { seed: request.seed, scenarioAt };
    const results = await runner.run(round, source, () => search.likelyNextRound(round));
    for (const [i, probe] of round.entries()) {
      const result = results[i];
      if (result === undefined || !ranToItsEnd(result.endReason)) {
        search.stop();
        continue;
      }
      const scenario = scenarioAt(probe.value);
      const failed = failedCriteria(scenario, result);
      const holds = failed.length === 0;
      search.record(probe, holds);
      probes.push({ ...probe, scenario, result, holds, failed });
    }
  }
  runner.giveUpSpeculation();
  const result = search.result();
  const mirrored = result.direction === 'smallest';
  const place = (value: number): number => (mirrored ? 1 - positionOf(axis, value) : positionOf(axis, value));
  const judged = probes.map((probe) => ({ ...probe, position: place(probe.value) }));
  return {
    axis,
    search: result,
    response: probes.length === 0 ? [] : search.response(curveValues(axis)),
    probes,
    givesWay: findGivesWay(judged, place(result.limit)),
  };
}

/** The range of the second search: from half the limit on, or (where the smallest value is searched) up to twice it. */
function liftedAxis(axis: Axis, { direction, limit }: SearchResult): Axis {
  const nearer = { ...axis };
  if (direction === 'largest' && axis.low > 0) nearer.low = Math.max(axis.low, roundValue(axis, limit * LIFTED_FROM));
  if (direction === 'smallest') nearer.high = Math.min(axis.high, roundValue(axis, limit / LIFTED_FROM));
  return nearer.low < nearer.high ? nearer : axis;
}

function curveValues({ low, high, isLogarithmic }: Axis): number[] {
  return Array.from({ length: CURVE_POINTS }, (_, i) => {
    const share = i / (CURVE_POINTS - 1);
    return isLogarithmic ? low * (high / low) ** share : low + (high - low) * share;
  });
}

function marginOf({ own }: CapacityRequest, { direction, limit }: SearchResult): number | undefined {
  if (own === undefined || own === 0) return undefined;
  const margin = direction === 'largest' ? limit / own - 1 : 1 - limit / own;
  return Number(margin.toPrecision(12));
}

/** Where probes come from. */
interface ProbeSource {
  readonly seed: string;
  readonly scenarioAt: (value: number) => ResolvedScenario;
}

/** A probe on its way. */
interface Begun {
  /** Its place in the control. */
  readonly index: number;
  readonly finished: Promise<Finished | undefined>;
}

/** Runs probes, and on idle workers those that will likely follow. */
class ProbeRunner {
  private readonly options: CapacityOptions;
  /** Jobs submitted so far, state. */
  private jobs = 0;
  /** Probes that run although nobody has asked for them yet, state. */
  private readonly guessed = new Map<string, Begun>();

  constructor(options: CapacityOptions) {
    this.options = options;
  }

  /** Results in the order of the probes; undefined where the run was stopped. */
  async run(
    round: readonly Probe[],
    source: ProbeSource,
    likelyNext: () => readonly Probe[],
  ): Promise<(ReplicationResult | undefined)[]> {
    const begun = round.map((probe) => this.take(probe) ?? this.submit(probe, source, 'normal'));
    this.giveUpSpeculation();
    const idle = Math.min(this.options.workers - round.length, MOST_SPECULATIVE);
    if (idle > 0) for (const probe of likelyNext().slice(0, idle)) this.guess(probe, source);
    return (await Promise.all(begun.map(({ finished }) => finished))).map((finished) => finished?.result);
  }

  /** Nobody will ask for what was guessed. */
  giveUpSpeculation(): void {
    for (const { index } of this.guessed.values()) this.options.executor.control.giveUp(index);
    this.guessed.clear();
  }

  private guess(probe: Probe, source: ProbeSource): void {
    const begun = this.submit(probe, source, 'speculative');
    // A guess that fails is nobody's failure before somebody asks for it.
    begun.finished.catch(() => {});
    this.guessed.set(keyOf(probe), begun);
  }

  private take(probe: Probe): Begun | undefined {
    const begun = this.guessed.get(keyOf(probe));
    this.guessed.delete(keyOf(probe));
    return begun;
  }

  private submit(
    { value, replication }: Probe,
    { seed, scenarioAt }: ProbeSource,
    priority: 'normal' | 'speculative',
  ): Begun {
    const index = this.jobs++;
    const job: Job = { scenario: scenarioAt(value), runSeed: seed, replication, index };
    return { index, finished: this.options.executor.submit(job, priority) };
  }
}

function keyOf({ value, replication }: Probe): string {
  return `${value} ${replication}`;
}

/** Jobs that searches may submit at most, with what is guessed in vain: the size of their control. */
export function mostJobs(requests: readonly Pick<CapacityRequest, 'mostProbes' | 'lifts'>[]): number {
  return requests.reduce((sum, { mostProbes, lifts }) => {
    const rounds = Math.ceil(mostProbes / ROUND) + 1;
    return sum + (mostProbes + MOST_FURTHER_PROBES + rounds * MOST_SPECULATIVE) * (lifts ? 2 : 1);
  }, 0);
}
