/** Figures of `plimsoll bench` for people. */
import Table from 'cli-table3';
import type { BenchmarkResult } from '../experiment/index.ts';
import { formatNumber } from './format-value.ts';

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
