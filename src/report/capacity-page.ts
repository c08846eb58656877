/** A capacity as sections of the page: the answer, the curve with every probe, the frontier. */
import type { Capacity, Finding, ProbeOutcome } from '../experiment/index.ts';
import { limitCell } from './capacity-table.ts';
import {
  capacityVerdict,
  describeCriterion,
  describeFinding,
  describeLift,
  describeMonotonicity,
  describeOwn,
  describePlace,
  describeProbes,
  describeValue,
} from './capacity-words.ts';
import { formatNumber, formatPercent } from './format-value.ts';
import { html, type Markup, raw, table } from './html.ts';
import type { ParameterCatalogue } from './parameters-in-play.ts';
import { type Plot, plotFigure } from './plot.ts';

/** The sections of one capacity, or of a frontier of several. */
export function capacitySections(capacities: readonly Capacity[], catalogue: ParameterCatalogue): Markup {
  const [first, ...others] = capacities;
  if (first === undefined) return raw('');
  if (others.length === 0) return html`${verdictOf(first)}${answerSection(first, catalogue)}`;
  return html`${frontierSection(capacities)}
${capacities.map(
  (capacity) => html`<details><summary>${capacity.request.fixed}: ${capacityVerdict(capacity)}</summary>
${answerSection(capacity, catalogue)}</details>\n`,
)}`;
}

function verdictOf(capacity: Capacity): Markup {
  const { ending } = capacity.first.search;
  const isGood = ending !== 'holds nowhere' && ending !== 'not monotone' && ending !== 'stopped';
  return html`<p class="verdict ${isGood ? 'good' : 'bad'}">${capacityVerdict(capacity)}</p>\n`;
}

function answerSection(capacity: Capacity, catalogue: ParameterCatalogue): Markup {
  const { request, first, lifted } = capacity;
  const own = describeOwn(capacity);
  const lift = describeLift(capacity, catalogue);
  const { monotonicity } = first.search;
  const facts: (readonly [string, string] | undefined)[] = [
    ['limit', describeFinding(first, request.probability)],
    own === undefined ? undefined : ['now', own],
    first.givesWay && ['gives way', describeCriterion(first.givesWay)],
    first.givesWay && ['bottleneck', describePlace(first.givesWay)],
    lift === undefined ? undefined : ['lifted', lift],
    lifted && ['then', describeFinding(lifted.finding, request.probability)],
    lifted?.finding.givesWay && ['gives way next', describeCriterion(lifted.finding.givesWay)],
    lifted?.finding.givesWay && ['next bottleneck', describePlace(lifted.finding.givesWay)],
    monotonicity && [
      'monotone',
      `${monotonicity.isMonotone ? 'yes' : 'NO'}: ${describeMonotonicity(first.axis, monotonicity)}`,
    ],
    ['probes', describeProbes(capacity)],
  ];
  const told = facts.filter((fact) => fact !== undefined);
  return html`<dl>${told.map(([name, what]) => html`<dt>${name}</dt><dd>${what}</dd>`)}</dl>
<h2>How likely everything holds</h2>
<p class="soft">Each ring is a replication in which every objective and barrier held, each cross one in which something failed. The line is the fitted probability that
everything holds, with its 95 % band; the shaded column is the interval of the limit. The verdict is read where the line passes ${formatPercent(request.probability)}.</p>
<div class="charts">${plotFigure(responsePlot(first, 'As it is', request.own))}
${lifted === undefined ? '' : plotFigure(responsePlot(lifted.finding, `With ${lifted.server} lifted`, request.own))}</div>
${probeTable('Outcomes by value', first)}
${lifted === undefined ? '' : probeTable(`Outcomes with ${lifted.server} lifted`, lifted.finding)}`;
}

/** Space between the marks of replications at one value. */
const MARK_STEP = 0.035;

/** The curve with every probe: those that held from the top down, those that failed from the bottom up. */
function responsePlot({ axis, search, response, probes }: Finding, title: string, own: number | undefined): Plot {
  const stacks = new Map<string, number>();
  const points = probes.map((probe) => {
    const key = `${probe.value} ${probe.holds}`;
    const level = stacks.get(key) ?? 0;
    stacks.set(key, level + 1);
    const y = probe.holds ? 1 - level * MARK_STEP : level * MARK_STEP;
    return { x: probe.value, y, good: probe.holds, title: probeTitle(axis, probe) };
  });
  const { ending, low, high, limit } = search;
  const known = ending === 'precise' || ending === 'probes used up';
  const unit = axis.unit === '' ? '' : ` [${axis.unit.replace(/^\//, 'per ')}]`;
  const spans = known ? [{ low, high, at: limit, label: `limit ${describeValue(axis, limit)}` }] : [];
  const inRange = own !== undefined && own >= axis.low && own <= axis.high;
  const here = inRange
    ? [{ low: own, high: own, at: own, label: `the scenario's own value ${describeValue(axis, own)}` }]
    : [];
  return {
    title,
    description: `Probability that everything holds over ${axis.path}: ${search.outcomes
      .map(({ value, held, failed }) => `${describeValue(axis, value)} held in ${held} of ${held + failed}`)
      .join(', ')}`,
    x: {
      label: `${axis.path}${unit}`,
      isLogarithmic: axis.isLogarithmic,
      format: formatNumber,
      range: [axis.low, axis.high],
    },
    y: { label: 'probability that all holds', isLogarithmic: false, format: formatPercent, range: [0, 1] },
    lines: [
      {
        label: 'fitted',
        points: response.map(({ value, probability, low: from, high: to }) => ({
          x: value,
          y: probability,
          low: from,
          high: to,
        })),
      },
    ],
    points,
    spans: [...spans, ...here],
  };
}

function probeTitle(axis: Finding['axis'], { value, replication, holds, failed }: ProbeOutcome): string {
  return `${describeValue(axis, value)}, replication ${replication}: ${holds ? 'held' : `failed: ${failed.join(', ')}`}`;
}

function probeTable(caption: string, { axis, search, probes }: Finding): Markup {
  const rows = search.outcomes.map(({ value, held, failed }) => {
    const what = new Map<string, number>();
    for (const probe of probes)
      if (probe.value === value) for (const name of probe.failed) what.set(name, (what.get(name) ?? 0) + 1);
    const failures = [...what].map(([name, count]) => `${numbered(name)}${failed > 1 ? ` (${count})` : ''}`).join(', ');
    return [describeValue(axis, value), held, failed, failures];
  });
  return html`<details><summary>${caption}</summary>${table(caption, [axis.path, 'held', 'failed', 'what failed'], rows, 99)}</details>\n`;
}

/** "objective 0" as people count: from 1, as the table of points does. */
function numbered(name: string): string {
  return name.replace(/\d+$/, (digits) => String(Number(digits) + 1));
}

/** The limit over what is listed. */
function frontierSection(capacities: readonly Capacity[]): Markup {
  const rows = capacities.map((capacity) => [
    capacity.request.fixed,
    limitCell(capacity),
    capacity.first.givesWay === undefined ? '-' : describeCriterion(capacity.first.givesWay),
    capacity.first.givesWay?.server ?? '-',
  ]);
  const path = capacities[0]?.first.axis.path ?? '';
  return html`<h2>Frontier</h2>
${table(`Limit of ${path}`, ['with', 'limit', 'gives way', 'bottleneck'], rows, 99)}
${frontierPlot(capacities)}`;
}

/** Drawn where one path with numbers is listed. */
function frontierPlot(capacities: readonly Capacity[]): Markup {
  const points = capacities.flatMap(({ request, first }) => {
    const listed = /^[^;]*=([\d.]+)[^;=]*$/.exec(request.fixed)?.[1];
    const { ending, limit, low, high } = first.search;
    if (listed === undefined || (ending !== 'precise' && ending !== 'probes used up')) return [];
    return [{ x: Number(listed), y: limit, low, high }];
  });
  const axis = capacities[0]?.first.axis;
  if (points.length < 2 || axis === undefined) return raw('');
  const path = (capacities[0]?.request.fixed ?? '').split('=')[0] ?? '';
  return plotFigure({
    title: `Limit of ${axis.path} over ${path}`,
    description: points
      .map(
        ({ x, y, low, high }) =>
          `${formatNumber(x)}: ${formatNumber(y)}, ${formatNumber(low)} to ${formatNumber(high)}`,
      )
      .join('; '),
    x: { label: path, isLogarithmic: points.every(({ x }) => x > 0), format: formatNumber },
    y: {
      label: `limit of ${axis.path}${axis.unit === '' ? '' : ` [${axis.unit}]`}`,
      isLogarithmic: axis.isLogarithmic,
      format: formatNumber,
      range: [axis.low, axis.high],
    },
    lines: [{ label: axis.path, points, marked: true }],
  });
}
