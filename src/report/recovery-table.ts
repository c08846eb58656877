/** Recovery from faults, as lines for the terminal and as a table for the page. Of the first replication: another seed has other instants. */
import { type FaultRecovery, type Recovery, recoveryMetrics, type ScenarioRun } from '../experiment/index.ts';
import { formatDuration, NS_PER_SECOND, nanoseconds } from '../units/index.ts';
import { formatNumber } from './format-value.ts';
import { html, type Markup, raw, table } from './html.ts';

/** Instants are told to a tenth of a second: they come from samples. */
const TICK = NS_PER_SECOND / 10;

/** One line for each fault of the first replication: "etcdLeaderLoss at 1m: no write succeeded for 1.5s; …". */
export function recoveryLines({ replications }: ScenarioRun): string[] {
  return (replications[0]?.recoveries ?? []).map(({ fault, at, recoveries }) => {
    const what = recoveries.map(describe).join('; ');
    return `${fault} at ${span(at)}: ${what === '' ? NOTHING : what}`;
  });
}

/** The table of the page; nothing if there was no fault. */
export function recoverySection({ replications }: ScenarioRun): Markup {
  const faults = replications[0]?.recoveries ?? [];
  if (faults.length === 0) return raw('');
  const head = ['fault', 'at', 'what suffered', 'before', 'at worst', 'for', 'well again after the fault', 'judged by'];
  return html`<h2>Recovery</h2><p class="soft">Replication 1, to a tenth of a second. What begins before the next fault counts as this one's.</p>
${table('Recovery from faults', head, faults.flatMap(rowsOf), 99)}`;
}

/** Said where no measure shows anything of a fault. */
const NOTHING = 'no pause of writes, no failed write, no watch and no Ready pod lost';

function rowsOf({ fault, at, recoveries }: FaultRecovery): (string | Markup)[][] {
  if (recoveries.length === 0) return [[fault, span(at), NOTHING, '', '', '', '', '']];
  return recoveries.map((recovery, i) => {
    const { measure, until, from } = recovery;
    return [
      i === 0 ? fault : '',
      i === 0 ? span(at) : '',
      measure,
      measure === 'writes' || measure === 'failed writes' ? rate(recovery.before) : formatNumber(recovery.before),
      measure === 'failed writes' ? `${formatNumber(recovery.worst)} in all` : formatNumber(recovery.worst),
      until === null ? html`<span class="bad">to the end</span>` : span(until - from),
      until === null ? html`<span class="bad">not by the end</span>` : span(until - at),
      recoveryMetrics[measure],
    ];
  });
}

function describe({ measure, at, before, worst, from, until }: Recovery): string {
  const again = until === null ? 'not by the end' : `after ${span(until - at)}`;
  switch (measure) {
    case 'writes':
      return until === null
        ? `no write succeeded from ${span(from)} on`
        : `no write succeeded for ${span(until - from)}`;
    case 'failed writes':
      return `${formatNumber(worst)} writes failed, ${until === null ? 'to the end' : `the last ${again}`}`;
    case 'watches':
    case 'pods Ready':
      return `${formatNumber(before - worst)} of ${formatNumber(before)} ${measure} lost, back ${again}`;
  }
}

function rate(perSecond: number): string {
  return `${formatNumber(Math.round(perSecond))}/s`;
}

function span(value: number): string {
  const rounded = Math.round(value / TICK) * TICK;
  return rounded === 0 ? '0s' : formatDuration(nanoseconds(rounded));
}
