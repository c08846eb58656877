/** `report.html`: one self-contained page without network: verdict first, then the bottleneck, charts, tables, and what it all rests on. */
import {
  type AggregateRow,
  aggregate,
  type Bottleneck,
  ranToItsEnd,
  type ScenarioRun,
  type Verdict,
} from '../experiment/index.ts';
import { findMetric, type StatisticName } from '../metrics/index.ts';
import type { ParameterOverride } from '../scenario/resolved-scenario.ts';
import { NS_PER_SECOND } from '../units/index.ts';
import { type Chart, chartsOf } from './charts.ts';
import { comparisonSections, distributionCharts, type PresentedComparison } from './comparison-page.ts';
import {
  describeBarrier,
  describeBottleneck,
  describeBound,
  describeEnding,
  describeHolds,
  describeMargin,
  describeMeasured,
  describeObjective,
  describePoint,
  describeReason,
  describeStartup,
  formatNumber,
  formatPercent,
  formatValue,
} from './format-value.ts';
import { growthSection } from './growth-section.ts';
import { embeddedJson, html, type Markup, raw, table } from './html.ts';
import type { Manifest } from './manifest.ts';
import { pagePrelude, pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';
import { formatParameter, type ParameterCatalogue } from './parameters-in-play.ts';
import { recoverySection } from './recovery-table.ts';
import { verdictLine } from './verdict-table.ts';

/** The chart library, as text, to put into the page. */
export interface PageAssets {
  readonly uplotScript: string;
  readonly uplotStyle: string;
}

/** A run with its verdict. */
export interface JudgedRun {
  readonly run: ScenarioRun;
  readonly verdict: Verdict;
}

/** The page of a run (one element), of a sweep (one per point) or of a comparison (one per variant). */
export function htmlReport(
  judged: readonly JudgedRun[],
  manifest: Manifest,
  catalogue: ParameterCatalogue,
  assets: PageAssets,
  compared?: PresentedComparison,
  leading: Markup = raw(''),
): string {
  const first = judged[0]?.run;
  const name = first?.scenario.name ?? '';
  const overTime = judged.length === 1 ? chartsOfRun(first) : [];
  const charts = compared === undefined ? overTime : distributionCharts(compared);
  const marks = faultsOf(first);
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}: Plimsoll</title>
<style>${raw(assets.uplotStyle)}${raw(pageStyle)}</style></head>
<body><main>
<h1>${name}</h1>
<p class="soft">${first?.scenario.question ?? ''}</p>
${leading}
${compared === undefined ? '' : comparisonSections(compared)}
${compared === undefined ? '' : distributionSection(charts)}
${growthSection(judged.map(({ run }) => run))}
${judged.length === 1 ? judged.map(runSections) : pointSections(judged, compared === undefined ? 'point' : 'variant')}
${compared === undefined ? chartSection(charts, marks) : ''}
${judged.length === 1 ? judged.map(({ run }) => statisticsSection(run)) : []}
${settingsSection(judged, manifest, catalogue)}
</main>
<script type="application/json" id="chart-data">${embeddedJson({ charts, marks })}</script>
<script>${raw(pagePrelude)}</script>
<script>${raw(assets.uplotScript)}</script>
<script>${raw(pageScript)}</script>
</body></html>
`;
  return page.markup;
}

function chartsOfRun(run: ScenarioRun | undefined): Chart[] {
  const replication = run?.replications[0];
  return replication === undefined ? [] : chartsOf(replication.metrics);
}

/** Verdict, objectives, barriers, bottleneck and endings of one run. */
function runSections({ run, verdict }: JudgedRun): Markup {
  const objectives = verdict.objectives.map((outcome) => [
    describeObjective(outcome),
    describeBound(outcome),
    describeMeasured(outcome),
    describeMargin(outcome),
    html`<span class="${outcome.holds ? 'good' : 'bad'}">${describeHolds(outcome)}</span>`,
  ]);
  const barriers = verdict.barriers.map((barrier) => [
    barrier.description,
    html`<span class="${barrier.holds ? 'good' : 'bad'}">${describeBarrier(barrier)}</span>`,
  ]);
  return html`<p class="verdict ${verdict.holds ? 'good' : 'bad'}">${verdictLine(run, verdict)}</p>
${objectives.length === 0 ? '' : table('Objectives', ['objective', 'bound', 'measured', 'margin', 'holds'], objectives, 99)}
${barriers.length === 0 ? '' : table('Barriers', ['barrier', 'outcome'], barriers, 99)}
<p>Ended: ${verdict.endings.map((ending) => describeEnding(ending, run.replications.length)).join('; ')}.</p>
${verdict.notes.map((note) => html`<p>${note}</p>`)}
${recoverySection(run)}
${timelineSection(run)}
${bottleneckSection(run, verdict)}
${paceSection(verdict)}
${verdict.startup.length === 0 ? '' : html`<p>Waiting or not, from its creation until it was seen Running ${describeStartup(verdict.startup)}.</p>`}`;
}

/** Most rows of the table of what happened; timeline.csv has all. */
const MOST_HAPPENINGS = 200;
/** The subject of a fault in the timeline. */
const FAULT = 'fault';

/** Instants of the faults of the first replication [s], to be marked in the charts. */
function faultsOf(run: ScenarioRun | undefined): number[] {
  const faults = (run?.replications[0]?.timeline ?? []).filter(({ subject }) => subject === FAULT);
  return faults.slice(0, MOST_HAPPENINGS).map(({ at }) => at / NS_PER_SECOND);
}

/** What happened in the first replication beside its load. */
function timelineSection({ replications }: ScenarioRun): Markup {
  const timeline = replications[0]?.timeline ?? [];
  if (timeline.length === 0) return raw('');
  let fault: number | undefined;
  const rows = timeline.slice(0, MOST_HAPPENINGS).map(({ at, subject, what }) => {
    const seconds = formatValue(at / NS_PER_SECOND, 's');
    if (subject === FAULT) {
      fault = at;
      return [seconds, '', subject, html`<strong>${what}</strong>`];
    }
    return [seconds, fault === undefined ? '' : `+${formatValue((at - fault) / NS_PER_SECOND, 's')}`, subject, what];
  });
  const more = timeline.length > MOST_HAPPENINGS ? ` (the first ${MOST_HAPPENINGS} of ${timeline.length})` : '';
  return html`<h2>What happened</h2><p class="soft">Replication 1${more}; timeline.csv has all of them.</p>
${table('What happened', ['at', 'after the fault', 'who', 'what'], rows, 99)}`;
}

/** What gave way first; nothing makes requests in a scheduling cell. */
function bottleneckSection({ scenario }: ScenarioRun, { bottleneck }: Verdict): Markup {
  if (scenario.model === 'schedulingCell') return raw('');
  return html`<h2>Bottleneck</h2>
<p>${describeBottleneck(bottleneck)}. <span class="soft">Chosen by: ${describeReason(bottleneck)}.</span></p>
${waitingTable(bottleneck)}`;
}

/** What sets the pace of pods, where that is not the bottleneck that was named already. */
function paceSection({ bottleneck, pace }: Verdict): Markup {
  if (pace === undefined || pace.places[0]?.server === bottleneck.places[0]?.server) return raw('');
  return html`<p>Pace at which pods become Ready: ${describeBottleneck(pace)}.</p>
${waitingTable(pace)}`;
}

/** Places where the flow waited. */
function waitingTable(bottleneck: Bottleneck): Markup {
  if (bottleneck.places.length === 0) return raw('');
  const rows = bottleneck.places
    .slice(0, 12)
    .map(({ server, kind, share, waitSeconds, waits }) => [
      server,
      kind,
      html`<span class="bar" style="width:${(share * 8).toFixed(2)}rem"></span>`,
      formatPercent(share),
      formatValue(waitSeconds, 's'),
      formatNumber(waits),
    ]);
  const caption = `Where ${bottleneck.flow === 'all' ? 'all requests' : bottleneck.flow} waited`;
  return table(caption, ['server or limiter', 'kind', '', 'share', 'waiting time', 'waits'], rows, 3);
}

/** The points of a sweep, or the variants of a comparison: one row each, and the verdict of each folded below. */
function pointSections(judged: readonly JudgedRun[], what: 'point' | 'variant'): Markup {
  const objectives = judged[0]?.verdict.objectives ?? [];
  const head = ['variant', ...objectives.map((_, i) => `(${i + 1})`), 'bottleneck', 'holds'];
  const rows = judged.map(({ run, verdict }) => [
    run.variant,
    ...verdict.objectives.map((o) => html`<span class="${o.holds ? 'good' : 'bad'}">${describeMeasured(o)}</span>`),
    verdict.bottleneck.places[0]?.server ?? '-',
    html`<span class="${verdict.holds ? 'good' : 'bad'}">${describePoint(verdict)}</span>`,
  ]);
  const held = judged.filter(({ verdict }) => verdict.holds).length;
  const stopped = judged.filter(({ verdict }) => !verdict.complete).length;
  return html`<p class="verdict">${held} of ${judged.length} ${what}s hold${stopped === 0 ? '' : `, ${stopped} not complete`}</p>
<p>${objectives.map((o, i) => html`(${i + 1}) ${describeObjective(o)} ${describeBound(o)}<br>`)}</p>
${table(`Verdict of each ${what}`, head, rows, 99)}
${judged.map((point) => html`<details><summary>${point.run.variant}</summary>${runSections(point)}${statisticsSection(point.run)}</details>`)}`;
}

function chartSection(charts: readonly Chart[], marks: readonly number[]): Markup {
  if (charts.length === 0) return raw('');
  return html`<h2>Over virtual time</h2><p class="soft">Replication 1; timeseries.csv has all of them and every series.${marks.length === 0 ? '' : ' Upright dashed lines are faults.'}</p>
<div class="charts">${charts.map(figure)}</div>`;
}

/** The distributions of a comparison. */
function distributionSection(charts: readonly Chart[]): Markup {
  if (charts.length === 0) return raw('');
  return html`<h2>Distributions</h2><p class="soft">The value at or below which a share of all observations lies, over all replications of each variant.</p>
<div class="charts">${charts.map(figure)}</div>`;
}

function figure({ title, unit, over, lines }: Chart, i: number): Markup {
  const peaks = lines.map(({ label, values }) => `${label} up to ${formatNumber(peakOf(values))}`).join(', ');
  return html`<figure><figcaption>${title} <span class="soft">${unit === '' ? '' : `[${unit}]`}</span></figcaption>
<div id="chart-${i}" role="img" aria-label="${title} over ${over ?? 'virtual time'}: ${peaks}"></div></figure>\n`;
}

function peakOf(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

const HISTOGRAM_COLUMNS = ['count', 'mean', 'p50', 'p90', 'p99', 'max'] as const satisfies readonly StatisticName[];
const COUNTER_COLUMNS = ['final', 'rate'] as const satisfies readonly StatisticName[];
const GAUGE_COLUMNS = ['mean', 'min', 'max', 'final'] as const satisfies readonly StatisticName[];

/** Statistics of all series, means over the replications, folded by metric. */
function statisticsSection({ replications }: ScenarioRun): Markup {
  const rows = aggregate(replications.filter(({ endReason }) => ranToItsEnd(endReason)));
  const metrics = [...new Set(rows.map(({ metric }) => metric))];
  const folded = metrics.map((metric) =>
    metricDetails(
      metric,
      rows.filter((row) => row.metric === metric),
    ),
  );
  return html`<h2>Statistics</h2><p class="soft">Means over the replications; summary.csv has each, aggregate.csv the intervals.</p>
${folded}`;
}

function metricDetails(metric: string, rows: readonly AggregateRow[]): Markup {
  const definition = findMetric(metric);
  const columns = { histogram: HISTOGRAM_COLUMNS, counter: COUNTER_COLUMNS, gauge: GAUGE_COLUMNS }[
    definition?.kind ?? 'gauge'
  ];
  const series = [...new Set(rows.map(({ labels }) => labels))].map((labels) => {
    const own = rows.filter((row) => row.labels === labels);
    return [labels, ...columns.map((statistic) => cellOf(own.find((row) => row.statistic === statistic)))];
  });
  return html`<details><summary><code>${metric}</code> <span class="soft">${definition?.help ?? ''}</span></summary>
${table(metric, ['labels', ...columns], series, 1)}</details>\n`;
}

function cellOf(row: AggregateRow | undefined): string {
  return row === undefined ? '' : formatValue(row.mean, row.unit);
}

/** Parameters that differ from their default in the same way at every point. */
function sharedOverrides(judged: readonly JudgedRun[]): readonly ParameterOverride[] {
  const [first, ...others] = judged.map(({ run }) => run.scenario.overrides);
  const isEverywhere = ({ path, value }: ParameterOverride): boolean =>
    others.every((overrides) =>
      overrides.some((other) => other.path === path && JSON.stringify(other.value) === JSON.stringify(value)),
    );
  return (first ?? []).filter(isEverywhere);
}

/** What differs from the defaults, what was accepted without effect, and the assumptions. */
function settingsSection(judged: readonly JudgedRun[], manifest: Manifest, catalogue: ParameterCatalogue): Markup {
  const overrides = sharedOverrides(judged).map(({ path, value, default: usual, origin }) => {
    return [path, formatParameter(path, value, catalogue), formatParameter(path, usual, catalogue), origin];
  });
  const accepted = [...new Set(judged.flatMap(({ verdict }) => verdict.acceptedWithoutEffect))];
  const assumptions = manifest.assumptions.map(({ path, help, reason }) => [path, help, reason]);
  const profiles = judged[0]?.run.scenario.profiles.join(', ') ?? '';
  return html`<h2>What it rests on</h2>
<dl><dt>seed</dt><dd>${manifest.seed}</dd><dt>profiles</dt><dd>${profiles === '' ? 'none' : profiles}</dd>
<dt>events</dt><dd>${formatNumber(manifest.events)}, ${formatNumber(manifest.eventsPerSecond)} per second</dd>
<dt>program</dt><dd>Plimsoll ${manifest.program.version}${manifest.program.gitCommit === null ? '' : ` (${manifest.program.gitCommit.slice(0, 12)})`}, Node ${manifest.nodeVersion}</dd>
<dt>fingerprints</dt><dd><code>${manifest.runs.flatMap(({ replications }) => replications.map(({ fingerprint }) => fingerprint)).join(' ')}</code></dd></dl>
${overrides.length === 0 ? html`<p>Every parameter${judged.length > 1 ? ' that is not varied' : ''} has its default.</p>` : table('Parameters that differ from their default', ['parameter', 'value', 'default', 'set by'], overrides, 99)}
${accepted.length === 0 ? '' : html`<h3>Accepted, no effect modelled</h3><ul>${accepted.map((what) => html`<li>${what}</li>`)}</ul>`}
<details><summary>${assumptions.length} assumptions in play</summary>${table('Assumptions', ['parameter', 'what it is', 'why this value'], assumptions, 99)}</details>`;
}
