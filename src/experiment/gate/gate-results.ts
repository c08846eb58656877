/**
 * Results as a gate reads them: from the manifest.json and summary.csv of a results directory, or from a baseline file that was made of them.
 * A baseline file holds the same statistics in a form that is small enough to be kept under version control.
 */
import { PlimsollError } from '../../errors/index.ts';
import { csvRows, isMap, numberIn } from '../../manifests/index.ts';
import type { MetricUnit, StatisticName } from '../../metrics/index.ts';

/** `apiVersion` and `kind` of a baseline file. */
export const BASELINE_API_VERSION = 'plimsoll.dev/v1';
export const BASELINE_KIND = 'Baseline';

/** One replication: what makes it the same as another one. */
export interface GateReplication {
  readonly replication: number;
  readonly seed: string;
  /** Of every event in its order; equal fingerprints mean equal results. */
  readonly fingerprint: string;
}

/** One statistic of one series, over the replications. */
export interface GateStatistic {
  readonly metric: string;
  /** As the CSVs have them: "k=v;k=v". */
  readonly labels: string;
  readonly statistic: StatisticName;
  readonly unit: MetricUnit;
  /** By the number of the replication; absent = it has none. */
  readonly values: ReadonlyMap<number, number>;
}

/** A run, a point of a sweep or a variant. */
export interface GatePoint {
  readonly variant: string;
  /** Whether all objectives and barriers held. */
  readonly holds: boolean;
  readonly replications: readonly GateReplication[];
  /** By {@link statisticKey}, in the order of summary.csv. */
  readonly statistics: ReadonlyMap<string, GateStatistic>;
}

/** Results to be compared. */
export interface GateResults {
  /** Where they were read, as the user named it. */
  readonly source: string;
  readonly scenario: string;
  /** Version of the program that made them. */
  readonly program: string;
  /** Major version of Node: the same seed promises the same bytes within one. */
  readonly nodeMajor: number;
  readonly points: readonly GatePoint[];
}

/** One statistic in a baseline file; values in the order of the replications, null = it has none there. */
type StoredStatistic = readonly [
  metric: string,
  labels: string,
  statistic: StatisticName,
  unit: MetricUnit,
  values: readonly (number | null)[],
];

/** A baseline file as JSON. */
interface BaselineDocument {
  readonly apiVersion: typeof BASELINE_API_VERSION;
  readonly kind: typeof BASELINE_KIND;
  readonly scenario: string;
  readonly program: string;
  readonly nodeMajor: number;
  readonly points: readonly {
    readonly variant: string;
    readonly holds: boolean;
    readonly replications: readonly GateReplication[];
    readonly statistics: readonly StoredStatistic[];
  }[];
}

/** What identifies a statistic within a point. */
export function statisticKey({
  metric,
  labels,
  statistic,
}: Pick<GateStatistic, 'metric' | 'labels' | 'statistic'>): string {
  return `${metric}{${labels}}:${statistic}`;
}

/** Reads a results directory. Throws P401 where the two files are not what a run writes. */
export function resultsOfDirectory(source: string, manifestText: string, summaryText: string): GateResults {
  const manifest = parseJson(`${source}/manifest.json`, manifestText);
  const runs = isMap(manifest) ? manifest.runs : undefined;
  if (!isMap(manifest) || !Array.isArray(runs) || runs.length === 0) throw notResults(`${source}/manifest.json`);
  const { program, nodeVersion } = manifest as unknown as { program: { version: string }; nodeVersion: string };
  const byVariant = statisticsByVariant(summaryText);
  return {
    source,
    scenario: runs[0].scenario?.name ?? '',
    program: program?.version ?? '',
    nodeMajor: majorOf(nodeVersion),
    points: runs.map(({ variant, holds, replications }) => ({
      variant,
      holds,
      replications: replications.map(({ replication, seed, fingerprint }: GateReplication) => ({
        replication,
        seed,
        fingerprint,
      })),
      statistics: byVariant.get(variant) ?? new Map(),
    })),
  };
}

/** Reads a baseline file. Throws P401 where it is none. */
export function resultsOfBaseline(source: string, text: string): GateResults {
  const written = parseJson(source, text);
  if (!isMap(written) || written.kind !== BASELINE_KIND || written.apiVersion !== BASELINE_API_VERSION) {
    throw notResults(source);
  }
  const { scenario, program, nodeMajor, points } = written as unknown as BaselineDocument;
  return {
    source,
    scenario,
    program,
    nodeMajor,
    points: points.map(({ variant, holds, replications, statistics }) => ({
      variant,
      holds,
      replications,
      statistics: new Map(
        statistics.map((stored) => {
          const statistic = statisticOf(stored, replications);
          return [statisticKey(statistic), statistic] as const;
        }),
      ),
    })),
  };
}

/** The baseline file of results, with the statistics that `isKept` keeps: one on a line, so that version control shows what changed. */
export function baselineText(
  { scenario, program, nodeMajor, points }: GateResults,
  isKept: (statistic: GateStatistic) => boolean,
): string {
  const head: Omit<BaselineDocument, 'points'> = {
    apiVersion: BASELINE_API_VERSION,
    kind: BASELINE_KIND,
    scenario,
    program,
    nodeMajor,
  };
  const bodies = points.map(({ variant, holds, replications, statistics }) => {
    const stored = [...statistics.values()].filter(isKept).map((statistic) => storedOf(statistic, replications));
    const lines = (list: readonly unknown[]) => `[\n${list.map((one) => JSON.stringify(one)).join(',\n')}\n]`;
    const named = JSON.stringify({ variant, holds }).slice(0, -1);
    return `${named},\n"replications": ${lines(replications)},\n"statistics": ${lines(stored)}}`;
  });
  return `${JSON.stringify(head).slice(0, -1)},\n"points": [\n${bodies.join(',\n')}\n]}\n`;
}

function storedOf(
  { metric, labels, statistic, unit, values }: GateStatistic,
  replications: readonly GateReplication[],
): StoredStatistic {
  return [metric, labels, statistic, unit, replications.map(({ replication }) => values.get(replication) ?? null)];
}

function statisticOf(
  [metric, labels, statistic, unit, stored]: StoredStatistic,
  replications: readonly GateReplication[],
): GateStatistic {
  const values = new Map<number, number>();
  replications.forEach(({ replication }, i) => {
    const value = stored[i];
    if (typeof value === 'number') values.set(replication, value);
  });
  return { metric, labels, statistic, unit, values };
}

function statisticsByVariant(summaryText: string): Map<string, Map<string, GateStatistic>> {
  const byVariant = new Map<string, Map<string, GateStatistic & { values: Map<number, number> }>>();
  for (const row of csvRows(summaryText)) {
    const { variant = '', metric = '', labels = '' } = row;
    const statistics = byVariant.get(variant) ?? new Map<string, GateStatistic & { values: Map<number, number> }>();
    byVariant.set(variant, statistics);
    const entry = {
      metric,
      labels,
      statistic: row.statistic as StatisticName,
      unit: row.unit as MetricUnit,
      values: new Map<number, number>(),
    };
    const key = statisticKey(entry);
    const known = statistics.get(key) ?? entry;
    statistics.set(key, known);
    known.values.set(numberIn(row, 'replication'), numberIn(row, 'value'));
  }
  return byVariant;
}

/** "v20.19.4" is 20; 0 where there is no version. */
function majorOf(version: string | undefined): number {
  return Number(/^v?(\d+)/.exec(version ?? '')?.[1] ?? 0);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notResults(file);
  }
}

function notResults(file: string): PlimsollError {
  return new PlimsollError('P401', {
    message: `${file} is not what a run or \`plimsoll check --write-baseline\` writes`,
    expected: 'a results directory with manifest.json and summary.csv, or a baseline file',
  });
}
