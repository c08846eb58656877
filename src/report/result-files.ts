/** All files of a results directory, as text: whoever calls writes them. */
import type { ScenarioRun } from '../experiment/index.ts';
import type { PresentedComparison } from './comparison-page.ts';
import { aggregateCsv, comparisonCsv, histogramsCsv, summaryCsv, timelineCsv, timeseriesCsv } from './csv.ts';
import { explanationText } from './explanation-text.ts';
import { type Markup, raw } from './html.ts';
import { htmlReport, type JudgedRun, type PageAssets } from './html-report.ts';
import type { Manifest } from './manifest.ts';
import type { ParameterCatalogue } from './parameters-in-play.ts';

/** A file to write, its text in pieces. */
export interface ResultFile {
  readonly name: string;
  readonly pieces: Iterable<string>;
}

/** What a kind of experiment adds to the usual files. */
export interface FurtherResults {
  readonly files: readonly ResultFile[];
  /** Put before everything else of the page. */
  readonly sections: Markup;
}

const NOTHING_FURTHER: FurtherResults = { files: [], sections: raw('') };

/** The files of a run (one element), a sweep (one per point) or a comparison (one per variant), made one after the other, as they may be long. */
export function* resultFiles(
  judged: readonly JudgedRun[],
  manifest: Manifest,
  catalogue: ParameterCatalogue,
  assets: PageAssets,
  compared?: PresentedComparison,
  further: FurtherResults = NOTHING_FURTHER,
): Generator<ResultFile> {
  const runs: readonly ScenarioRun[] = judged.map(({ run }) => run);
  yield { name: 'summary.csv', pieces: [summaryCsv(runs)] };
  yield { name: 'timeseries.csv', pieces: timeseriesCsv(runs) };
  yield { name: 'histograms.csv', pieces: [histogramsCsv(runs)] };
  yield { name: 'timeline.csv', pieces: [timelineCsv(runs)] };
  yield { name: 'aggregate.csv', pieces: [aggregateCsv(runs)] };
  if (compared !== undefined)
    yield { name: 'comparison.csv', pieces: [comparisonCsv(runs[0]?.scenario.name ?? '', compared.comparison)] };
  yield* further.files;
  yield { name: 'report.html', pieces: [htmlReport(judged, manifest, catalogue, assets, compared, further.sections)] };
  const explained = runs.map(explanationText).join('');
  if (explained !== '') yield { name: 'explanation.txt', pieces: [explained] };
  // Last: whoever finds a manifest finds everything else too.
  yield { name: 'manifest.json', pieces: [`${JSON.stringify(manifest, null, 2)}\n`] };
}
