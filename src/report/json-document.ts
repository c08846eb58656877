/** The one JSON document of `--format json`: manifest, verdict and statistics of every point. */
import type { SeriesResult } from '../metrics/index.ts';
import type { PresentedComparison } from './comparison-page.ts';
import { describeMeasure } from './comparison-words.ts';
import { describeBound, describeObjective, describeReason } from './format-value.ts';
import type { JudgedRun } from './html-report.ts';
import type { Manifest } from './manifest.ts';

/** The document, ending with a line break. */
export function jsonDocument(
  judged: readonly JudgedRun[],
  manifest: Manifest,
  compared?: Pick<PresentedComparison, 'comparison' | 'knobs'>,
): string {
  const document = {
    holds: judged.every(({ verdict }) => verdict.holds),
    ...(compared === undefined ? {} : { comparison: comparisonOf(compared) }),
    points: judged.map(pointOf),
    manifest,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function comparisonOf({ comparison, knobs }: Pick<PresentedComparison, 'comparison' | 'knobs'>): object {
  return {
    ...comparison,
    rows: comparison.rows.map(({ measure, unit, outcomes }) => ({
      ...measure,
      better: measure.better ?? null,
      description: describeMeasure(measure),
      unit,
      outcomes: outcomes.map(({ values, ...outcome }) => ({
        ...outcome,
        // As above: a replication without data is null.
        values: values.map((value) => value ?? null),
      })),
    })),
    knobs,
  };
}

function pointOf({ run, verdict }: JudgedRun): object {
  const { objectives, bottleneck, pace, ...rest } = verdict;
  return {
    variant: run.variant,
    verdict: {
      ...rest,
      objectives: objectives.map((outcome) => ({
        ...outcome,
        description: describeObjective(outcome),
        bound: describeBound(outcome),
        // JSON has no undefined inside lists: a replication without data is null.
        measured: outcome.measured ?? null,
        perReplication: outcome.perReplication.map((value) => value ?? null),
      })),
      bottleneck: {
        flow: bottleneck.flow,
        chosenBy: describeReason(bottleneck),
        places: bottleneck.places,
        shareOfMeasured: bottleneck.shareOfMeasured ?? null,
      },
      pace: pace === undefined ? null : { flow: pace.flow, places: pace.places },
    },
    replications: run.replications.map(({ replication, seed, fingerprint, recoveries, metrics }) => ({
      replication,
      seed,
      fingerprint,
      recoveries,
      statistics: metrics.series.map(statisticsOf),
    })),
  };
}

function statisticsOf({ metric, labels, unit, statistics }: SeriesResult): object {
  return { metric, labels, unit, ...statistics };
}
