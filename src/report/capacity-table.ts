/** A capacity as the terminal shows it: few lines that a person can act on. */
import Table from 'cli-table3';
import type { Capacity } from '../experiment/index.ts';
import {
  describeCriterion,
  describeFinding,
  describeLift,
  describeLimit,
  describeMonotonicity,
  describeOwn,
  describePlace,
  describeProbes,
} from './capacity-words.ts';
import type { ParameterCatalogue } from './parameters-in-play.ts';

/** The lines of one capacity, without the verdict. */
export function capacityLines(capacity: Capacity, catalogue: ParameterCatalogue): string[] {
  const { request, first, lifted } = capacity;
  const own = describeOwn(capacity);
  const lift = describeLift(capacity, catalogue);
  const { monotonicity } = first.search;
  return [
    `limit       ${describeFinding(first, request.probability)}`,
    ...(own === undefined ? [] : [`now         ${own}`]),
    ...(first.givesWay === undefined
      ? []
      : [`gives way   ${describeCriterion(first.givesWay)}`, `bottleneck  ${describePlace(first.givesWay)}`]),
    ...(lift === undefined ? [] : [`lifted      ${lift}`]),
    ...(lifted === undefined ? [] : [`then        ${describeFinding(lifted.finding, request.probability)}`]),
    ...(lifted?.finding.givesWay === undefined
      ? []
      : [
          `next        ${describeCriterion(lifted.finding.givesWay)}`,
          `            ${describePlace(lifted.finding.givesWay)}`,
        ]),
    ...(monotonicity === undefined
      ? []
      : [`monotone    ${monotonicity.isMonotone ? 'yes' : 'NO'}: ${describeMonotonicity(first.axis, monotonicity)}`]),
    `probes      ${describeProbes(capacity)}`,
  ];
}

/** The frontier: the limit for each value of what is listed. */
export function frontierTable(capacities: readonly Capacity[]): string {
  const [first] = capacities;
  if (first === undefined) return '';
  const table = new Table({
    head: ['with', `limit of ${first.first.axis.path}`, 'gives way', 'bottleneck', 'probes'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [30, 30, 50, 30, 8],
  });
  for (const capacity of capacities) {
    const { request, first: finding } = capacity;
    table.push([
      request.fixed,
      limitCell(capacity),
      finding.givesWay === undefined ? '-' : describeCriterion(finding.givesWay),
      finding.givesWay?.server ?? '-',
      finding.probes.length,
    ]);
  }
  return `${table.toString()}\n`;
}

/** The limit, or why there is none. */
export function limitCell({ first }: Capacity): string {
  const { ending } = first.search;
  return ending === 'precise' || ending === 'probes used up' ? describeLimit(first) : ending;
}
