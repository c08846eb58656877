/**
 * A comparison: variants of one scenario over the same seeds, each row a measure, each cell a variant's mean with its paired difference to
 * the baseline. Only replications that ran to their end count, so that a comparison that was stopped tells of what finished.
 */
import { Tally } from '../../engine/index.ts';
import { findMetric, isAmount, type MetricUnit } from '../../metrics/index.ts';
import { unitOfStatistic } from '../aggregate.ts';
import { measure as measuredValue } from '../objectives.ts';
import type { ReplicationResult } from '../replication-result.ts';
import { ranToItsEnd } from '../run-control.ts';
import type { ScenarioRun } from '../run-scenario.ts';
import { type GridPoint, variantName } from '../sweep.ts';
import { expandMeasures } from './expand-measures.ts';
import { holm } from './holm.ts';
import { type Measure, type MeasureRequest, measureOfObjective } from './measures.ts';
import { CONFIDENCE, type PairedDifference, pairedDifference } from './paired-difference.ts';

/** What a variant is on one row. */
export interface VariantOutcome {
  readonly variant: string;
  /** Replications that have a value. */
  readonly n: number;
  readonly mean: number | undefined;
  /** By replication, from the first; undefined = it has none, or did not run to its end. */
  readonly values: readonly (number | undefined)[];
  /** To the baseline; undefined for the baseline itself, and where no pair is complete. */
  readonly difference: CorrectedDifference | undefined;
}

/** A paired difference with what remains of it among many. */
export interface CorrectedDifference extends PairedDifference {
  /** Its probability after Holm's correction over all differences of the comparison; undefined for a single pair. */
  readonly pHolm: number | undefined;
  /** Whether it remains at 5 % after the correction. */
  readonly remains: boolean;
}

/** One row. */
export interface ComparisonRow {
  readonly measure: Measure;
  readonly unit: MetricUnit;
  /** In the order of the variants; the baseline is among them. */
  readonly outcomes: readonly VariantOutcome[];
}

/** Variants beside each other. */
export interface Comparison {
  readonly baseline: string;
  readonly variants: readonly string[];
  /** What each variant changes in the scenario, as "PATH=VALUE;…" sorted by PATH, by its name; "" = nothing. */
  readonly changes: Readonly<Record<string, string>>;
  readonly rows: readonly ComparisonRow[];
  /** Differences with an interval: over so many Holm's correction went. */
  readonly tested: number;
}

/** What to compare. */
export interface ComparisonRequest {
  /** Name of the variant to which the others are compared. */
  readonly baseline: string;
  readonly measures: readonly MeasureRequest[];
  /** What each variant changes: PATH to value, by its name. */
  readonly changes: Readonly<Record<string, GridPoint>>;
}

/** Compares runs of the same scenario with the same seed, one for each variant. */
export function compareRuns(
  runs: readonly ScenarioRun[],
  { baseline, measures, changes }: ComparisonRequest,
): Comparison {
  const finished = runs.map(({ variant, replications }) => ({
    variant,
    replications: replications.filter(({ endReason }) => ranToItsEnd(endReason)),
  }));
  const replications = Math.max(0, ...runs.map(({ planned }) => planned));
  const requests = [...(runs[0]?.scenario.objectives ?? []).map(measureOfObjective), ...measures];
  const all = finished.flatMap((run) => run.replications);
  const rows = expandMeasures(requests, all, valueIn).map((measure) => {
    const valuesOf = new Map(
      finished.map((run) => [run.variant, byNumber(run.replications, replications, measure)] as const),
    );
    return { measure, valuesOf, base: valuesOf.get(baseline) ?? [] };
  });
  const differences = rows.flatMap(({ valuesOf, base }) =>
    runs.map(({ variant }) => (variant === baseline ? undefined : pairedDifference(valuesOf.get(variant) ?? [], base))),
  );
  const { corrected, tested } = correct(differences);
  return {
    baseline,
    variants: runs.map(({ variant }) => variant),
    changes: Object.fromEntries(runs.map(({ variant }) => [variant, variantName(changes[variant] ?? {})])),
    tested,
    rows: rows.map(({ measure, valuesOf }, row) => ({
      measure,
      unit: unitOfStatistic(measure.statistic, findMetric(measure.metric)?.unit ?? '1'),
      outcomes: runs.map(({ variant }, i) => {
        const values = valuesOf.get(variant) ?? [];
        return { variant, values, ...meanOf(values), difference: corrected[row * runs.length + i] };
      }),
    })),
  };
}

/** The value of a measure in one replication; undefined if nothing was observed of which it could be told. */
function valueIn({ metric, labels, statistic }: Measure, { metrics }: ReplicationResult): number | undefined {
  return measuredValue({ metric, labels, statistic }, metrics) ?? (isAmount(metric, statistic) ? 0 : undefined);
}

/** Values by the number of the replication, which is what pairs them. */
function byNumber(
  replications: readonly ReplicationResult[],
  planned: number,
  measure: Measure,
): (number | undefined)[] {
  const values = new Array<number | undefined>(planned).fill(undefined);
  for (const result of replications) values[result.replication - 1] = valueIn(measure, result);
  return values;
}

function meanOf(values: readonly (number | undefined)[]): { n: number; mean: number | undefined } {
  const tally = new Tally();
  for (const value of values) if (value !== undefined) tally.record(value);
  return { n: tally.count, mean: tally.count === 0 ? undefined : Number(tally.mean.toPrecision(12)) };
}

/** Holm's correction over all differences that have a probability. */
function correct(differences: readonly (PairedDifference | undefined)[]): {
  corrected: readonly (CorrectedDifference | undefined)[];
  tested: number;
} {
  const probabilities = differences.flatMap((difference) => difference?.p ?? []);
  const adjusted = holm(probabilities);
  let next = 0;
  const corrected = differences.map((difference) => {
    if (difference === undefined) return undefined;
    const pHolm = difference.p === undefined ? undefined : (adjusted[next++] as number);
    return { ...difference, pHolm, remains: pHolm !== undefined && pHolm < 1 - CONFIDENCE };
  });
  return { corrected, tested: probabilities.length };
}
