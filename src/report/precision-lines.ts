/** How precisely the objectives of a run with --precision are known. */
import { objectiveIntervals, type ScenarioRun, type Verdict } from '../experiment/index.ts';
import { describeObjective, formatPercent, formatValue } from './format-value.ts';

/** One line for each objective. */
export function precisionLines(run: ScenarioRun, { objectives }: Verdict, precision: number): string {
  const lines = objectiveIntervals(run).map(({ mean, n, low, high }, i) => {
    const outcome = objectives[i];
    if (outcome === undefined || n === 0) return 'no data';
    const name = describeObjective(outcome);
    const shown = formatValue(Number(mean.toPrecision(4)), outcome.unit);
    if (low === undefined || high === undefined) return `${name}: ${shown}, one replication with data`;
    const half = (high - low) / 2;
    const share = mean === 0 ? 0 : half / Math.abs(mean);
    const reached = share <= precision || half === 0 ? '' : `: not within ${formatPercent(precision)}`;
    return `${name}: mean ${shown} ± ${formatPercent(share)} over ${n} replications${reached}`;
  });
  return lines.map((line) => `precision   ${line}\n`).join('');
}
