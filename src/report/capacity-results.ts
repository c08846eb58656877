/** What a capacity leaves behind: its probes as CSV, as runs for the usual files, and as one JSON document. */
import { stringify } from 'csv-stringify/sync';
import { type Capacity, type Finding, judge, replicationSeed, type ScenarioRun } from '../experiment/index.ts';
import { capacityVerdict, describeCriterion, describePlace } from './capacity-words.ts';
import { csvFiles } from './columns.ts';
import type { JudgedRun } from './html-report.ts';
import type { Manifest } from './manifest.ts';

/** One search of a capacity with its name: "" for the first, "lift=SERVER" for the second. */
function searchesOf({ first, lifted }: Capacity): { name: string; finding: Finding }[] {
  const second = lifted === undefined ? [] : [{ name: `lift=${lifted.server}`, finding: lifted.finding }];
  return [{ name: '', finding: first }, ...second];
}

/** The probes as runs, one for each value of each search, for the usual files. */
export function runsOfCapacities(capacities: readonly Capacity[]): JudgedRun[] {
  return capacities.flatMap((capacity) =>
    searchesOf(capacity).flatMap(({ name, finding }) =>
      finding.search.outcomes.map(({ value }) => {
        const probes = finding.probes.filter((probe) => probe.value === value);
        const { fixed, seed } = capacity.request;
        const parts = [...(fixed === '' ? [] : fixed.split(';')), ...(name === '' ? [] : [name])];
        const variant = [...parts, `${finding.axis.path}=${value}${finding.axis.unit}`].sort().join(';');
        const { scenario } = probes[0] as NonNullable<(typeof probes)[0]>;
        const run: ScenarioRun = {
          scenario,
          variant,
          seed,
          planned: probes.length,
          replications: probes.map(({ result }) => result),
        };
        return { run, verdict: judge(run) };
      }),
    ),
  );
}

/** `capacity.csv`: every probe. */
export function capacityCsv(scenario: string, capacities: readonly Capacity[]): string {
  const rows = capacities.flatMap((capacity) =>
    searchesOf(capacity).flatMap(({ name, finding }) => {
      const { seed, fixed } = capacity.request;
      return finding.probes.map(({ value, replication, holds, failed, result }) => [
        scenario,
        fixed,
        name,
        finding.axis.path,
        value,
        finding.axis.unit,
        replication,
        replicationSeed(seed, replication),
        holds ? 1 : 0,
        failed.join(';'),
        result.fingerprint,
      ]);
    }),
  );
  return stringify([csvFiles.capacity.columns.map((column) => column.name), ...rows]);
}

/** The one JSON document of `--format json`. */
export function capacityJson(capacities: readonly Capacity[], manifest: Manifest): string {
  const document = { capacities: capacities.map(capacityDocument), manifest };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function capacityDocument(capacity: Capacity): object {
  const { request, first, lifted, notLifted, margin } = capacity;
  const { axis, probability, precision, own, fixed } = request;
  return {
    verdict: capacityVerdict(capacity),
    vary: { path: axis.path, low: axis.low, high: axis.high, unit: axis.unit },
    with: fixed,
    probability,
    precision,
    own: own ?? null,
    margin: margin ?? null,
    first: findingDocument(first),
    lifted:
      lifted === undefined
        ? null
        : {
            server: lifted.server,
            means: lifted.means,
            parameters: lifted.parameters,
            ...findingDocument(lifted.finding),
          },
    notLifted: notLifted ?? null,
  };
}

function findingDocument({ search, response, probes, givesWay }: Finding): object {
  const { monotonicity, ...rest } = search;
  return {
    ...rest,
    monotonicity: monotonicity ?? null,
    givesWay:
      givesWay === undefined
        ? null
        : {
            criterion: describeCriterion(givesWay),
            server: givesWay.server ?? null,
            bottleneck: describePlace(givesWay),
            places: givesWay.bottleneck.places,
          },
    response,
    probes: probes.map(({ value, replication, holds, failed, result }) => {
      return { value, replication, holds, failed, fingerprint: result.fingerprint };
    }),
  };
}
