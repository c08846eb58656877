/** A gate in words, for the terminal, Markdown and JUnit. */
import type { GateOutcome, GateResult, GateRow, GateSide } from '../experiment/index.ts';
import { formatNumber, formatPercent, formatSigned, formatValue } from './format-value.ts';

/** A statistic: "p99 of pod_startup_latency_seconds{phase=total}", with its variant where there is one. */
export function describeStatistic({ variant, metric, labels, statistic }: GateRow): string {
  const selector = labels === '' ? '' : `{${labels.replaceAll(';', ',')}}`;
  return `${variant === '' ? '' : `${variant}: `}${statistic} of ${metric}${selector}`;
}

/** A value of a side; "none" where it has none. */
export function describeSide(value: number | undefined, { unit }: GateRow): string {
  return value === undefined ? 'none' : formatValue(value, unit);
}

/** The change as a share of the baseline: "+3.2 %". */
export function describeChange({ relative, baseline, now }: GateRow): string {
  if (relative === undefined) return baseline === now ? '0 %' : '-';
  return `${relative > 0 ? '+' : ''}${formatPercent(relative)}`;
}

/** By what it was judged, and what was allowed. */
export function describeMethod(row: GateRow): string {
  const { method, tolerance, unit, low, high } = row;
  const interval =
    low === undefined || high === undefined || low === high
      ? ''
      : `, 95 % interval of the change ${formatSigned(low, unit)} … ${formatSigned(high, unit)}`;
  switch (method) {
    case 'exact':
      return 'must be the same: same seeds';
    case 'tolerance':
      return `within ${formatValue(tolerance ?? 0, unit)}${interval}`;
    case 'test':
      return `other seeds${interval}`;
    case 'none':
      return row.outcome === 'not judged' ? 'one replication with another seed' : '';
  }
}

/** What each outcome means, for whoever reads a list of them. */
export const outcomeMeanings: Readonly<Record<GateOutcome, string>> = {
  same: 'equal to the last digit',
  within: 'changed by no more than is allowed',
  unclear: 'past the tolerance, and not proven by the replications: it fails nothing',
  better: 'past the tolerance in the good direction: write the baseline anew',
  worse: 'past the tolerance in the bad direction',
  changed: 'not what it was',
  gone: 'the baseline has it, the results have not',
  new: 'the results have it, the baseline has not',
  'not judged': 'nothing to judge it by: a single replication with another seed',
};

/** "1,204 statistics: 1,200 same, 4 worse". */
export function describeCounts({ counts }: GateResult): string {
  const entries = Object.entries(counts).filter(([, count]) => count > 0);
  const all = entries.reduce((sum, [, count]) => sum + count, 0);
  return `${formatNumber(all)} statistics: ${entries.map(([outcome, count]) => `${formatNumber(count)} ${outcome}`).join(', ')}`;
}

/** What lies behind both sides. */
export function describeSides({ baseline, now, samePairs: { pairs, equal } }: GateResult): string[] {
  const side = ({ source, program, nodeMajor, replications }: GateSide) =>
    `${source} (Plimsoll ${program}, Node ${nodeMajor}, ${replications} replication${replications === 1 ? '' : 's'})`;
  const seeds =
    pairs === 0
      ? 'no seed is the same on both sides'
      : `${equal} of ${pairs} pairs of the same seed are the same run, event by event`;
  return [`results     ${side(now)}`, `baseline    ${side(baseline)}`, `seeds       ${seeds}`];
}

/** The verdict in a few words. */
export function describeGate({ holds, rows, lost, missing }: GateResult): string {
  if (holds) return 'HOLDS: nothing got worse than is allowed';
  const breaches = rows.filter(({ isBreach }) => isBreach).length;
  const parts = [
    ...(breaches === 0 ? [] : [`${formatNumber(breaches)} statistic${breaches === 1 ? '' : 's'} past what is allowed`]),
    ...(lost.length === 0 ? [] : [`the verdict${variantsOf(lost)} held before and fails now`]),
    ...(missing.length === 0 ? [] : [`not there any more:${variantsOf(missing)}`]),
  ];
  return `FAILS: ${parts.join('; ')}`;
}

function variantsOf(variants: readonly string[]): string {
  const named = variants.filter((variant) => variant !== '');
  return named.length === 0 ? '' : ` of ${named.join(', ')}`;
}
