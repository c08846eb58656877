/** Growth over a sweep in words, for the terminal and the page. */
import type { Growth, GrowthLine } from '../experiment/index.ts';
import { formatValue } from './format-value.ts';

/** Digits of an exponent. */
const DIGITS = 2;

/** "p99 of kubeproxy_… over services". */
export function describeGrowth({ exponent: { metric, labels, statistic, over } }: Growth): string {
  const named = Object.values(labels).join(', ');
  return `${statistic} of ${metric}${named === '' ? '' : ` (${named})`} over ${over}`;
}

/** Head of the columns of {@link growthCells}. */
export const growthHead = ['other values', 'smallest', 'largest', 'exponent', '95 % interval', 'at the end'] as const;

/** One line of a table. */
export function growthCells({ fixed, points, exponent, half, atTheEnd }: GrowthLine, { unit }: Growth): string[] {
  const values = Object.entries(fixed).map(([path, value]) => `${path}=${value}`);
  const [first] = points;
  const last = points.at(-1);
  return [
    values.join(' ') || '-',
    first === undefined ? 'no data' : `${formatValue(first.y, unit)} at ${first.x}`,
    last === undefined ? 'no data' : `${formatValue(last.y, unit)} at ${last.x}`,
    exponent?.toFixed(DIGITS) ?? '-',
    exponent === undefined || half === undefined
      ? '-'
      : `${(exponent - half).toFixed(DIGITS)} to ${(exponent + half).toFixed(DIGITS)}`,
    atTheEnd?.toFixed(DIGITS) ?? '-',
  ];
}
