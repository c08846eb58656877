/** The verdict as the terminal shows it. */
import { ranToItsEnd, type ScenarioRun, type Verdict } from '../experiment/index.ts';
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
  formatBytes,
  formatNumber,
} from './format-value.ts';
import type { RunFacts } from './manifest.ts';
import { plainTable } from './plain-table.ts';
import { recoveryLines } from './recovery-table.ts';

/** What the terminal's verdict needs beside the run. */
export interface VerdictContext {
  readonly facts: RunFacts;
  /** Assumptions that the result rests on. */
  readonly assumptions: number;
  /** Where the files are; undefined if none were written. */
  readonly directory: string | undefined;
  /** ANSI colours, for a terminal that shows them. */
  readonly colour: boolean;
}

/** Longest list of accepted kinds and fields on the terminal; the page has all. */
const ACCEPTED_SHOWN = 8;

/** The verdict of one run, ending with a line break. */
export function verdictTable(run: ScenarioRun, verdict: Verdict, context: VerdictContext): string {
  const { scenario, seed, planned } = run;
  const title = `${scenario.name}: seed ${seed}, ${planned} replication${planned === 1 ? '' : 's'}`;
  return [
    title,
    ...(scenario.question === '' ? [] : [scenario.question]),
    '',
    ...(verdict.objectives.length === 0 ? [] : [objectivesTable(verdict, context.colour)]),
    ...verdict.barriers.map((barrier) => `barrier     ${barrier.description}: ${describeBarrier(barrier)}`),
    ...bottleneckLines(run, verdict),
    ...paceLines(verdict),
    ...(verdict.startup.length === 0 ? [] : [`startup     ${describeStartup(verdict.startup)}`]),
    ...verdict.endings.map((ending) => `ended       ${describeEnding(ending, run.replications.length)}`),
    ...verdict.notes.map((note) => `note        ${note}`),
    ...recoveryLines(run).map((line) => `recovery    ${line}`),
    ...acceptedLines(verdict),
    `rests on    ${context.assumptions} assumption${context.assumptions === 1 ? '' : 's'} (report.html lists them)`,
    `speed       ${speedOf(run, context.facts)}`,
    ...(context.directory === undefined ? [] : [`written     ${context.directory}`]),
    `verdict     ${paint(verdictLine(run, verdict), verdict.holds, context.colour)}`,
    '',
  ].join('\n');
}

/** What gave way first. In a scheduling cell nothing makes requests: what waits there are jobs, which the objectives and metrics tell. */
function bottleneckLines({ scenario }: ScenarioRun, { bottleneck }: Verdict): string[] {
  if (scenario.model === 'schedulingCell') return [];
  return [`bottleneck  ${describeBottleneck(bottleneck)}`, `            chosen by: ${describeReason(bottleneck)}`];
}

/** What sets the pace of pods, where that is not the bottleneck that was named already. */
function paceLines({ bottleneck, pace }: Verdict): string[] {
  if (pace === undefined || pace.places[0]?.server === bottleneck.places[0]?.server) return [];
  return [`pace        ${describeBottleneck(pace)}`];
}

/** The verdict in a few words. */
export function verdictLine({ replications, planned }: ScenarioRun, verdict: Verdict): string {
  const failedObjectives = verdict.objectives.filter(({ holds }) => !holds).length;
  const failedBarriers = verdict.barriers.filter(({ holds }) => !holds).length;
  if (!verdict.complete) {
    const finished = replications.filter(({ endReason }) => ranToItsEnd(endReason)).length;
    return `NOT COMPLETE: ${finished} of ${planned} replications ran to their end`;
  }
  if (verdict.objectives.length + verdict.barriers.length === 0) return 'nothing to hold: no objective and no barrier';
  if (verdict.holds) return 'HOLDS: every objective and barrier';
  const parts = [];
  if (failedObjectives > 0) parts.push(`${failedObjectives} of ${verdict.objectives.length} objectives`);
  if (failedBarriers > 0) parts.push(`${failedBarriers} of ${verdict.barriers.length} barriers`);
  return `FAILS: ${parts.join(' and ')}`;
}

/** One line per point of a sweep, with what each objective measured; the objectives are numbered and named above the table. */
export function sweepTable(results: readonly { run: ScenarioRun; verdict: Verdict }[], colour: boolean): string {
  const [first] = results;
  if (first === undefined) return '';
  const { objectives } = first.verdict;
  const legend = objectives.map((outcome, i) => `(${i + 1}) ${describeObjective(outcome)} ${describeBound(outcome)}\n`);
  const table = plainTable([
    'variant',
    ...objectives.map((_, i) => `(${i + 1})`),
    'barriers met',
    'bottleneck',
    'holds',
  ]);
  for (const { run, verdict } of results) {
    const met = verdict.barriers.filter(({ holds }) => holds).length;
    table.push([
      run.variant,
      ...verdict.objectives.map((outcome) => paint(describeMeasured(outcome), outcome.holds, colour)),
      `${met} of ${verdict.barriers.length}`,
      verdict.bottleneck.places[0]?.server ?? '-',
      paint(describePoint(verdict), verdict.holds, colour),
    ]);
  }
  return `${legend.join('')}${table.toString()}\n`;
}

function objectivesTable({ objectives }: Verdict, colour: boolean): string {
  const table = plainTable(['objective', 'bound', 'measured', 'margin', 'holds']);
  for (const outcome of objectives) {
    table.push([
      describeObjective(outcome),
      describeBound(outcome),
      describeMeasured(outcome),
      describeMargin(outcome),
      paint(describeHolds(outcome), outcome.holds, colour),
    ]);
  }
  return table.toString();
}

function acceptedLines({ acceptedWithoutEffect: accepted }: Verdict): string[] {
  if (accepted.length === 0) return [];
  const more = accepted.length - ACCEPTED_SHOWN;
  return [
    'accepted, no effect modelled:',
    ...accepted.slice(0, ACCEPTED_SHOWN).map((what) => `            ${what}`),
    ...(more > 0 ? [`            and ${more} more (report.html lists them)`] : []),
  ];
}

function speedOf({ replications }: ScenarioRun, { wallSeconds, peakMemoryBytes }: RunFacts): string {
  const events = replications.reduce((sum, replication) => sum + replication.events, 0);
  const rate = formatNumber(Math.round(events / Math.max(wallSeconds, 1e-3)));
  return `${formatNumber(events)} events in ${wallSeconds.toFixed(2)} s, ${rate} events/s, peak ${formatBytes(peakMemoryBytes)}`;
}

function paint(text: string, good: boolean, colour: boolean): string {
  return colour ? `\u001b[${good ? 32 : 31}m${text}\u001b[39m` : text;
}
