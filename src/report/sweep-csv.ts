/** `sweep.csv`: what the objectives measured at every point, with a column of its own for each value that varies. */
import { stringify } from 'csv-stringify/sync';
import { judgeObjective, type ScenarioRun, valuesOfVariant } from '../experiment/index.ts';
import { formatLabels } from '../metrics/index.ts';
import { csvFiles } from './columns.ts';

/** The table; a row for each objective in each replication. */
export function sweepCsv(runs: readonly ScenarioRun[]): string {
  const paths = variedPaths(runs);
  const [first, ...others] = csvFiles.sweep.columns.map(({ name }) => name);
  const rows = runs.flatMap(({ scenario, variant, replications }) => {
    const values = valuesOfVariant(variant);
    return replications.flatMap((result) =>
      scenario.objectives.map((objective) => {
        const { metric, labels, statistic } = objective;
        const { perReplication, unit, holds } = judgeObjective(objective, [result]);
        const place = [scenario.name, ...paths.map((path) => values[path])];
        const what = [result.replication, metric, formatLabels(labels), statistic, perReplication[0], unit];
        return [...place, ...what, holds ? 1 : 0];
      }),
    );
  });
  return stringify([[first, ...paths, ...others], ...rows]);
}

/** The paths that vary over the points, sorted. */
export function variedPaths(runs: readonly ScenarioRun[]): string[] {
  return [...new Set(runs.flatMap(({ variant }) => Object.keys(valuesOfVariant(variant))))].sort();
}
