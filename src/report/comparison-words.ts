/** A comparison in words, for the terminal and the page. */
import {
  CONFIDENCE,
  type Comparison,
  type ComparisonRow,
  type CorrectedDifference,
  type Knobs,
  type Measure,
} from '../experiment/index.ts';
import { formatLabels } from '../metrics/index.ts';
import { formatPercent, formatSigned, formatValue } from './format-value.ts';
import { formatPlain } from './parameters-in-play.ts';

/** A measure: "p99 of pod_startup_latency_seconds{phase=total}". */
export function describeMeasure({ metric, labels, statistic }: Measure): string {
  const selector = formatLabels(labels).replaceAll(';', ',');
  return `${statistic} of ${metric}${selector === '' ? '' : `{${selector}}`}`;
}

/** A difference with its sign. */
export function describeDifference({ mean }: CorrectedDifference, { unit }: ComparisonRow): string {
  return formatSigned(mean, unit);
}

/** The intervals of a difference, one a line: Student's t, and that of the bootstrap where pairs are skewed or it sees another direction. A single pair has none. */
export function describeIntervals(difference: CorrectedDifference, { unit }: ComparisonRow): string[] {
  const { low, high, bootstrap, isSkewed, effect } = difference;
  if (low === undefined || high === undefined) return ['one pair: none'];
  const between = (from: number, to: number) => `${formatSigned(from, unit)} … ${formatSigned(to, unit)}`;
  const excludesZero = low > 0 || high < 0;
  if (bootstrap === undefined || !(isSkewed || (excludesZero && effect === undefined))) return [between(low, high)];
  return [between(low, high), `b ${between(bootstrap.low, bootstrap.high)}`];
}

/** Shares below this one are told with the digits that they have. */
const LEAST_SHARE = 0.001;

/** The difference as a share of the baseline. */
export function describeRelative({ relative }: CorrectedDifference): string {
  if (relative === undefined) return '-';
  const text =
    Math.abs(relative) < LEAST_SHARE ? `${Number((100 * relative).toPrecision(2))} %` : formatPercent(relative);
  return relative > 0 ? `+${text}` : text;
}

/** How the variant is, marked only where the interval excludes 0: "better (lower) *". */
export function describeEffect(difference: CorrectedDifference, { measure }: ComparisonRow): string {
  const { effect, remains, pairs, above, below } = difference;
  if (above === 0 && below === 0) return 'the same';
  if (effect === undefined) return pairs < 2 ? '' : `unclear, above in ${above} of ${pairs}`;
  const judged = judge(difference, measure);
  return `${judged === undefined ? effect : `${judged} (${effect})`}${remains ? ' *' : ''}`;
}

/** Whether a difference that is shown is a good one; undefined where it is not shown, or neither direction is the better one. */
export function judge({ effect }: CorrectedDifference, { better }: Measure): 'better' | 'worse' | undefined {
  if (effect === undefined || better === undefined) return undefined;
  return effect === better ? 'better' : 'worse';
}

/** What each variant is: "pack: schedulers.default-scheduler.settings.scoring=MostAllocated". */
export function describeVariants({ variants, changes }: Comparison): string[] {
  return variants.map((variant) => {
    const change = changes[variant] ?? '';
    return `${variant}: ${change === '' ? 'as the scenario is written' : change.replaceAll(';', ', ')}`;
  });
}

/** Whether no pair of any variant differs. */
function isSameEverywhere({ outcomes }: ComparisonRow): boolean {
  const differences = outcomes.flatMap(({ difference }) => difference ?? []);
  return differences.length > 0 && differences.every(({ above, below }) => above + below === 0);
}

/** Whether a difference can be told of any variant. */
function hasPairs({ outcomes }: ComparisonRow): boolean {
  return outcomes.some(({ difference }) => difference !== undefined);
}

/** Rows that a table shows: those in which something can differ, and does. */
export function rowsToShow({ rows }: Comparison): ComparisonRow[] {
  return rows.filter((row) => hasPairs(row) && !isSameEverywhere(row));
}

/** Rows that a table does not show, a line for those that are the same everywhere and one for those without a pair. */
export function describeHidden(comparison: Comparison): string[] {
  const unpaired = comparison.rows.filter((row) => !hasPairs(row)).map(({ measure }) => describeMeasure(measure));
  const line = `not recorded in both the baseline and another variant: ${unpaired.join(', ')}`;
  return [...describeSame(comparison), ...(unpaired.length === 0 ? [] : [line])];
}

/** Measures that are the same in every variant, in a line; none if there is none. */
function describeSame({ rows }: Comparison): string[] {
  const same = rows.filter(isSameEverywhere).map(({ measure, outcomes, unit }) => {
    const mean = outcomes[0]?.mean;
    return `${describeMeasure(measure)} (${mean === undefined ? 'no data' : formatValue(mean, unit)})`;
  });
  return same.length === 0 ? [] : [`the same in every variant: ${same.join(', ')}`];
}

/** What the marks mean, and how much chance is in them. */
export function describeChance({ tested, rows, variants }: Comparison): string[] {
  if (rows.length === 0) return ['No measure was recorded in any variant.'];
  if (tested === 0)
    return ['A single pair shows no direction: with --replications 10 there are intervals and marked effects.'];
  const share = 1 - CONFIDENCE;
  const many = `${tested} difference${tested === 1 ? '' : 's'} over ${rows.length} measure${rows.length === 1 ? '' : 's'} and ${variants.length} variants`;
  return [
    `${many}, each the mean over pairs with the same seed and its ${formatPercent(CONFIDENCE)} interval (Student's t; b: bootstrap, where pairs are skewed); a direction is told where it excludes 0, and from five pairs on the bootstrap's does as well.`,
    `By chance alone ${formatValue(Number((tested * share).toPrecision(2)), '1')} of them would be told; * remains at ${formatPercent(share)} after Holm's correction over all of them.`,
  ];
}

/** Columns of the table of knobs. */
export const knobColumns = [
  'variant',
  'scheduler',
  'algorithm',
  'tie-break',
  'scores',
  'nodes looked at',
  'decision time',
  'staleness',
  'other settings',
] as const;

const DECISION_TIME: readonly string[] = ['decisionTime', 'decisionTimePerJob', 'decisionTimePerTask'];

/** Settings that have a column of their own, by column. */
const KNOBS_OF_COLUMNS: readonly (readonly string[])[] = [
  ['tieBreak'],
  ['quantise'],
  ['nodeSampling'],
  DECISION_TIME,
  ['staleness'],
];

/** One row of the table of knobs; of the other settings those that were set. */
export function knobCells({ variant, scheduler, algorithm, settings, replicas, jobs }: Knobs): string[] {
  const own = new Set(KNOBS_OF_COLUMNS.flat());
  const columns = KNOBS_OF_COLUMNS.map((names) =>
    jobs.length > 0 && names === DECISION_TIME
      ? jobs.map(jobText).join('; ')
      : names
          .flatMap((name) => (settings[name] === undefined ? [] : knobText(name, settings[name], names)))
          .join(' + '),
  );
  const others = Object.entries(settings)
    .filter(([name, { isDefault }]) => !own.has(name) && !isDefault)
    .map(([name, knob]) => `${name}=${knobText(name, knob, [name])}`);
  if (replicas !== undefined) others.push(`replicas=${replicas}`);
  return [variant, scheduler, algorithm, ...columns.map((text) => (text === '' ? '-' : text)), others.join(', ')];
}

/** Decision time that jobs bring with them: "batch: 100ms a job + 5ms a task". */
function jobText({ name, perJob, perTask }: Knobs['jobs'][number]): string {
  return `${name}: ${formatPlain(perJob, false)} a job + ${formatPlain(perTask, false)} a task`;
}

/** A value in words; where several share a column, with what it is for. */
function knobText(name: string, { value, isSpan }: Knobs['settings'][string], among: readonly string[]): string {
  const text = formatPlain(value, isSpan);
  if (name === 'nodeSampling' && typeof value === 'number') return value === 0 ? 'adaptive' : `${text} %`;
  return among.length === 1 || name === among[0]
    ? text
    : `${text} a ${name.replace('decisionTimePer', '').toLowerCase()}`;
}
