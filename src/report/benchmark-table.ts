/** Figures of `plimsoll bench` for people. */
import Table from 'cli-table3';
import type { BenchmarkResult, SpeedCheck, SpeedRow } from '../experiment/index.ts';
import { formatNumber, formatPercent } from './format-value.ts';

/** Speeds beside their baseline, and the verdict. */
export function speedTable({ rows, holds, tolerance, measurements }: SpeedCheck): string {
  const table = new Table({
    head: ['speed, in iterations of the reference loop', 'baseline', 'now', 'change', ''],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'left'],
  });
  for (const row of rows) {
    const { name, baseline, now, isSlower } = row;
    table.push([name, multipleOf(baseline), multipleOf(now), changeOf(row), isSlower ? 'SLOWER' : '']);
  }
  const slower = rows.filter(({ isSlower }) => isSlower).length;
  const allowed = `by more than ${formatPercent(tolerance)}`;
  const verdict = holds
    ? `HOLDS: nothing is slower ${allowed}`
    : `FAILS: ${slower} of ${rows.length} slower ${allowed}`;
  return `${table.toString()}\nmeasured    ${measurements} time${measurements === 1 ? '' : 's'}, the best counts\nverdict     ${verdict}\n`;
}

function multipleOf(multiple: number | undefined): string {
  return multiple === undefined ? 'none' : formatNumber(multiple);
}

function changeOf({ ratio }: SpeedRow): string {
  if (ratio === undefined) return '-';
  return `${ratio > 1 ? '+' : ''}${formatPercent(ratio - 1)}`;
}

/** Two tables: operations of the engine, whole scenarios. */
export function benchmarkTable({ referenceNanoseconds, operations, scenarios }: BenchmarkResult): string {
  const style = { head: [], border: [] };
  const engine = new Table({ head: ['operation', 'ns', 'x reference'], style, colAligns: ['left', 'right', 'right'] });
  engine.push(['reference loop', referenceNanoseconds.toFixed(2), '1.00']);
  for (const { name, nanoseconds, multiple } of operations)
    engine.push([name, nanoseconds.toFixed(1), multiple.toFixed(2)]);
  const whole = new Table({
    head: ['scenario', 'events', 'wall', 'events/s', 'ns per event', 'x reference'],
    style,
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { name, events, wallSeconds, eventsPerSecond, multiple } of scenarios) {
    const perEvent = (multiple * referenceNanoseconds).toFixed(0);
    whole.push([
      name,
      formatNumber(events),
      `${wallSeconds.toFixed(2)} s`,
      formatNumber(eventsPerSecond),
      perEvent,
      multiple.toFixed(1),
    ]);
  }
  return `${engine.toString()}\n${whole.toString()}\n`;
}
