/**
 * Results beside their baseline: every statistic that a rule looks at, every variant, every verdict. A gate fails where something got worse or
 * changed beyond what its rule allows, where something that was measured is gone, and where a verdict that held does so no more.
 */
import { PlimsollError } from '../../errors/index.ts';
import { isAmount, type MetricUnit, type StatisticName } from '../../metrics/index.ts';
import { parseBound } from '../../scenario/objectives.ts';
import { unitOfStatistic } from '../aggregate.ts';
import { defaultMeasures, holm } from '../comparison/index.ts';
import type { GatePoint, GateReplication, GateResults, GateStatistic } from './gate-results.ts';
import { type GateJudgement, type GateMethod, type GateOutcome, judgeValues } from './judge-values.ts';
import { exactRule, ruleFor, type ToleranceRule, type Worse } from './tolerances.ts';

/** One statistic beside its baseline. */
export interface GateRow {
  readonly variant: string;
  readonly metric: string;
  readonly labels: string;
  readonly statistic: StatisticName;
  readonly unit: MetricUnit;
  /** Means over the replications; undefined where that side has none. */
  readonly baseline: number | undefined;
  readonly now: number | undefined;
  /** Change of the mean, as a share of the baseline; undefined where that is 0 or one side is missing. */
  readonly relative: number | undefined;
  /** 95 % interval of the change; undefined with a single value on a side. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly method: GateMethod;
  /** Most change that was allowed; undefined = no tolerance decided. */
  readonly tolerance: number | undefined;
  readonly outcome: GateOutcome;
  /** Whether it fails the gate. */
  readonly isBreach: boolean;
}

/** What a gate says. */
export interface GateResult {
  readonly holds: boolean;
  readonly scenario: string;
  readonly baseline: GateSide;
  readonly now: GateSide;
  /** Replications with the same seed on both sides, and how many of them have the same fingerprint. */
  readonly samePairs: { readonly pairs: number; readonly equal: number };
  /** Variants whose verdict held and does so no more. */
  readonly lost: readonly string[];
  /** Variants that the baseline has and the results have not. */
  readonly missing: readonly string[];
  /** Statistics that differ, the breaches first. */
  readonly rows: readonly GateRow[];
  /** How many statistics had each outcome, those that are the same included. */
  readonly counts: Readonly<Record<GateOutcome, number>>;
}

/** Where one side comes from. */
export interface GateSide {
  readonly source: string;
  readonly program: string;
  readonly nodeMajor: number;
  readonly replications: number;
}

/** A statistic that has been judged, before the tests are decided together. */
interface Candidate {
  readonly row: Omit<GateRow, 'outcome' | 'isBreach'>;
  readonly judgement: GateJudgement | undefined;
  readonly worse: Worse;
  readonly missingOutcome: 'gone' | 'new' | undefined;
}

const outcomes: readonly GateOutcome[] = [
  'same',
  'within',
  'unclear',
  'better',
  'worse',
  'changed',
  'gone',
  'new',
  'not judged',
];

/** Compares results with their baseline; without rules everything is compared, as exactly as the seeds allow. */
export function check(
  now: GateResults,
  baseline: GateResults,
  rules: readonly ToleranceRule[] = [exactRule],
): GateResult {
  if (now.scenario !== baseline.scenario) {
    throw new PlimsollError('P402', {
      message: `${now.source} is of the scenario ${now.scenario}, its baseline ${baseline.source} of ${baseline.scenario}`,
    });
  }
  const promisesEqual = now.nodeMajor === baseline.nodeMajor;
  const pairs = baseline.points.flatMap((before) => {
    const after = now.points.find(({ variant }) => variant === before.variant);
    return after === undefined ? [] : [{ before, after }];
  });
  const candidates = pairs.flatMap(({ before, after }) => candidatesOf(before, after, rules, promisesEqual));
  const rows = decide(candidates, rules[0]?.significance ?? exactRule.significance);
  const lost = pairs.filter(({ before, after }) => before.holds && !after.holds).map(({ before }) => before.variant);
  const missing = baseline.points
    .filter(({ variant }) => !now.points.some((point) => point.variant === variant))
    .map(({ variant }) => variant);
  const counts = Object.fromEntries(
    outcomes.map((outcome) => [outcome, rows.filter((row) => row.outcome === outcome).length]),
  ) as Record<GateOutcome, number>;
  const same = pairs.flatMap(({ before, after }) => pairsOf(before.replications, after.replications));
  return {
    holds: lost.length === 0 && missing.length === 0 && rows.every(({ isBreach }) => !isBreach),
    scenario: now.scenario,
    baseline: sideOf(baseline),
    now: sideOf(now),
    samePairs: { pairs: same.length, equal: same.filter(([a, b]) => a.fingerprint === b.fingerprint).length },
    lost,
    missing,
    rows: rows.filter(({ outcome }) => outcome !== 'same').sort(worstFirst),
    counts,
  };
}

function sideOf({ source, program, nodeMajor, points }: GateResults): GateSide {
  const replications = points.reduce((sum, point) => sum + point.replications.length, 0);
  return { source, program, nodeMajor, replications };
}

/** Replications of both sides that have the same number and the same seed. */
function pairsOf(
  before: readonly GateReplication[],
  after: readonly GateReplication[],
): (readonly [GateReplication, GateReplication])[] {
  return before.flatMap((one) => {
    const other = after.find(({ replication, seed }) => replication === one.replication && seed === one.seed);
    return other === undefined ? [] : [[one, other] as const];
  });
}

function candidatesOf(
  before: GatePoint,
  after: GatePoint,
  rules: readonly ToleranceRule[],
  promisesEqual: boolean,
): Candidate[] {
  const shared = pairsOf(before.replications, after.replications).map(([{ replication }]) => replication);
  const keys = [...new Set([...before.statistics.keys(), ...after.statistics.keys()])].sort();
  return keys.flatMap((key) => {
    const [written, measured] = [before.statistics.get(key), after.statistics.get(key)];
    const rule = ruleFor(rules, (written ?? measured) as GateStatistic);
    if (rule === undefined || rule.ignore) return [];
    const was = written ?? nothingOf(measured, before);
    const is = measured ?? nothingOf(written, after);
    return [candidateOf(before.variant, was, is, rule, shared, promisesEqual)];
  });
}

/** What stands in for a statistic that one side lacks: 0 where it is an amount, nothing where it is not. */
function nothingOf(other: GateStatistic | undefined, { replications }: GatePoint): GateStatistic | undefined {
  if (other === undefined || !isAmount(other.metric, other.statistic)) return undefined;
  return { ...other, values: new Map(replications.map(({ replication }) => [replication, 0])) };
}

function candidateOf(
  variant: string,
  was: GateStatistic | undefined,
  is: GateStatistic | undefined,
  rule: ToleranceRule,
  shared: readonly number[],
  promisesEqual: boolean,
): Candidate {
  const { metric, labels, statistic, unit } = (was ?? is) as GateStatistic;
  const named = { variant, metric, labels, statistic, unit };
  const worse = rule.worse ?? (rule.exact ? 'either' : worseOf(metric));
  if (was === undefined || is === undefined) {
    const row = {
      ...named,
      baseline: meanOf(was),
      now: meanOf(is),
      relative: undefined,
      low: undefined,
      high: undefined,
    };
    const missingOutcome = is === undefined ? 'gone' : 'new';
    return { row: { ...row, method: 'none', tolerance: undefined }, judgement: undefined, worse, missingOutcome };
  }
  // With a pair of the same seed on each side, only such pairs are compared: everything else differs by luck.
  const paired = shared.length > 0;
  const values = ({ values: all }: GateStatistic): number[] =>
    paired ? shared.flatMap((number) => all.get(number) ?? []) : [...all.values()];
  const [baselineValues, nowValues] = [values(was), values(is)];
  const baseline = mean(baselineValues);
  const tolerance = toleranceOf(rule, baseline, statistic, unit);
  const judgement = judgeValues({
    baseline: baselineValues,
    now: nowValues,
    paired,
    promisesEqual,
    exact: rule.exact,
    tolerance,
  });
  const { change, low, high, method } = judgement;
  const relative = baseline === 0 ? undefined : change / Math.abs(baseline);
  return {
    row: { ...named, baseline, now: mean(nowValues), relative, low, high, method, tolerance },
    judgement,
    worse,
    missingOutcome: undefined,
  };
}

/** Most change that a rule allows here: the larger of its two bounds. */
function toleranceOf(
  { relative, absolute }: ToleranceRule,
  baseline: number,
  statistic: StatisticName,
  unit: MetricUnit,
): number | undefined {
  const bounds = [
    ...(relative === undefined ? [] : [relative * Math.abs(baseline)]),
    ...(absolute === undefined ? [] : [parseBound(absolute, unitOfStatistic(statistic, unit))]),
  ].filter((bound) => bound !== undefined);
  return bounds.length === 0 ? undefined : Math.max(...bounds);
}

/** Which change of a metric is a worsening, by the catalogue of comparisons. */
function worseOf(metric: string): Worse {
  const better = defaultMeasures.find((measure) => measure.metric === metric)?.better;
  if (better === undefined) return 'either';
  return better === 'lower' ? 'higher' : 'lower';
}

/** Decides all candidates; tests together, so that many of them do not raise false alarms (Holm). */
function decide(candidates: readonly Candidate[], significance: number): GateRow[] {
  const adjusted = holm(candidates.flatMap(({ judgement }) => judgement?.p ?? []));
  let next = 0;
  return candidates.map(({ row, judgement, worse, missingOutcome }) => {
    if (judgement === undefined) {
      const outcome = missingOutcome as 'gone' | 'new';
      return { ...row, outcome, isBreach: outcome === 'gone' };
    }
    const isProven = judgement.p !== undefined && (adjusted[next++] as number) < significance;
    const past = judgement.past ?? (isProven ? directionOf(judgement.change) : undefined);
    const outcome = past === undefined ? judgement.otherwise : outcomeOf(past, worse, judgement.method);
    return { ...row, outcome, isBreach: outcome === 'worse' || outcome === 'changed' };
  });
}

function directionOf(change: number): 'higher' | 'lower' {
  return change < 0 ? 'lower' : 'higher';
}

/** A statistic that must be the same has changed, whichever way. */
function outcomeOf(past: 'higher' | 'lower', worse: Worse, method: GateMethod): GateOutcome {
  if (worse === 'either' || method === 'exact') return 'changed';
  return past === worse ? 'worse' : 'better';
}

const RANK: Readonly<Record<GateOutcome, number>> = {
  gone: 0,
  worse: 1,
  changed: 2,
  unclear: 3,
  better: 4,
  new: 5,
  'not judged': 6,
  within: 7,
  same: 8,
};

/** Breaches first, then by the size of the change; ties in the order of names. */
function worstFirst(a: GateRow, b: GateRow): number {
  const size = ({ relative }: GateRow) => Math.abs(relative ?? Number.POSITIVE_INFINITY);
  const bySize = size(b) === size(a) ? 0 : size(b) - size(a);
  const name = ({ variant, metric, labels, statistic }: GateRow) => `${variant} ${metric} ${labels} ${statistic}`;
  return RANK[a.outcome] - RANK[b.outcome] || bySize || (name(a) < name(b) ? -1 : 1);
}

function meanOf(statistic: GateStatistic | undefined): number | undefined {
  return statistic === undefined ? undefined : mean([...statistic.values.values()]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
