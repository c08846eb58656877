/** The text of results/README.md: what lies in a results directory, and the meaning of every column. */
import { statisticsOfKind } from '../metrics/index.ts';
import { type CsvFile, csvFiles } from './columns.ts';

/** The column dictionary as Markdown. */
export function resultsReadme(): string {
  return [
    '# Results',
    '',
    'Each run writes a directory `<scenario>/<UTC time>-<seed>` here; `<scenario>/latest` names the newest. This page is generated from the',
    'program (`src/report/results-readme.ts`).',
    '',
    '| file | content |',
    '|---|---|',
    '| `manifest.json` | program version, resolved scenario, seeds, wall and CPU time, events, end reason, fingerprint of every replication, values that differ from their defaults, assumptions in play |',
    ...Object.values(csvFiles).map(({ file, row }) => `| \`${file}\` | a row is ${row} |`),
    '| `report.html` | one self-contained page: verdict, bottleneck, charts, tables |',
    '',
    ...Object.values(csvFiles).flatMap(section),
    '## Statistics',
    '',
    '| statistic | of | meaning |',
    '|---|---|---|',
    ...statisticMeanings.map(([name, meaning]) => `| \`${name}\` | ${kindsWith(name)} | ${meaning} |`),
    '',
    'Quantiles come from a fine histogram (within 0.4 %), not from the Prometheus buckets. Statistics begin after the warm-up.',
    'Files are UTF-8 with a header, commas and `\\n`; DuckDB, pandas, R and spreadsheets read them as they are.',
    '',
  ].join('\n');
}

const statisticMeanings = [
  ['count', 'observations'],
  ['sum', 'sum of the observations'],
  ['mean', 'mean of the observations; of a gauge, over time'],
  ['min', 'least observation or value'],
  ['max', 'greatest observation or value'],
  ['p50', 'median'],
  ['p90', '90th percentile (nearest rank)'],
  ['p95', '95th percentile'],
  ['p99', '99th percentile'],
  ['p999', '99.9th percentile'],
  ['rate', 'observations or increase per second of the time over which statistics were kept'],
  ['final', 'value at the end of the run; of a counter, its increase since statistics began'],
] as const;

function kindsWith(statistic: (typeof statisticMeanings)[number][0]): string {
  return Object.entries(statisticsOfKind)
    .filter(([, statistics]) => statistics.includes(statistic))
    .map(([kind]) => `${kind}s`)
    .join(', ');
}

function section({ file, row, columns }: CsvFile): string[] {
  return [
    `## ${file}`,
    '',
    `A row is ${row}.`,
    '',
    '| column | meaning |',
    '|---|---|',
    ...columns.map(({ name, meaning }) => `| \`${name}\` | ${meaning} |`),
    '',
  ];
}
