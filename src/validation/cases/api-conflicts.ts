/** The 409 experiment: k clients on one object. */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import { writes } from '../../components/api-machinery/index.ts';
import {
  GetModifyPut,
  type LoadPattern,
  Population,
  retryPolicies,
  SingleRequest,
} from '../../components/load-generator/index.ts';
import { constantDistribution } from '../../engine/index.ts';
import { type CsvRow, csvRows, numberIn } from '../../manifests/csv-rows.ts';
import { runApiLoad } from '../api-load.ts';
import type { ApiWorld } from '../api-world.ts';
import { type Conditions, numberOf, type Prediction, type ReferencePoint, validationCase } from '../validation-case.ts';
import { CLIENT_CPU, CONFIG_MAP_BYTES, measuredApiServer } from './measured-api-server.ts';

/** Window in which there are enough successes of the slowest clients [s]. */
const WINDOW_S = 5;

/** In the first file the row of a single client is starved by its own load generator: data/measured/README.md. */
function isSound(row: CsvRow, file: 1 | 2): boolean {
  return !(file === 1 && row.mode === 'getput' && row.k === '1');
}

function pointsOf(text: string, file: 1 | 2): ReferencePoint[] {
  return csvRows(text)
    .filter((row) => isSound(row, file))
    .map((row) => {
      const isOptimistic = row.mode === 'getput' || row.mode === 'backoff';
      const k = numberIn(row, 'k');
      return {
        name: `${row.mode} k=${row.k} think=${row.think_ms}ms`,
        conditions: { mode: row.mode as string, k, think_ms: numberIn(row, 'think_ms') },
        references: [
          { metric: 'goodput', unit: '1/s', value: numberIn(row, 'goodput') },
          { metric: 'p50', unit: 'ms', value: numberIn(row, 'op_p50') },
          ...(isOptimistic && k > 1
            ? [{ metric: 'conflict share', unit: '1', value: numberIn(row, 'conflict_frac') }]
            : []),
        ],
      };
    });
}

function patternOf(world: ApiWorld, mode: string, think: number): LoadPattern {
  const [key] = world.preloadConfigMaps(1, CONFIG_MAP_BYTES) as [ObjectKey];
  if (mode === 'getput' || mode === 'backoff') {
    return new GetModifyPut({
      population: new Population(kinds.configmaps, [key]),
      size: CONFIG_MAP_BYTES,
      retry: mode === 'getput' ? retryPolicies.immediate : retryPolicies.default,
      modify: constantDistribution(think + CLIENT_CPU),
    });
  }
  return new SingleRequest((client) => {
    const request = client.write(mode === 'patch' ? writes.objectPatch : writes.objectUpdate, key, kinds.configmaps);
    world.requests.setNumber(request, 0, CONFIG_MAP_BYTES);
    return request;
  });
}

function predict(conditions: Conditions, overrides: Parameters<typeof measuredApiServer>[0]): Prediction {
  const world = measuredApiServer(overrides);
  const result = runApiLoad(world, {
    pattern: patternOf(world, String(conditions.mode), numberOf(conditions, 'think_ms') * 1e6),
    clients: numberOf(conditions, 'k'),
    clientCpu: CLIENT_CPU,
    window: WINDOW_S,
  });
  const conflicts = result.answers('conflict');
  // Answers that are ok are reads and writes; each write had one read.
  const writesTried = (result.answers('ok') - conflicts) / 2 + conflicts;
  return {
    goodput: result.rate,
    p50: result.milliseconds('p50'),
    'conflict share': writesTried > 0 ? conflicts / writesTried : 0,
  };
}

const shared = {
  component: 'kube-apiserver',
  measured:
    'k clients on one ConfigMap: GET, think, PUT with resourceVersion, again at once (getput) or with DefaultRetry (backoff); PUT without (blindput) and PATCH, retried inside the server',
  driven:
    'the same clients with 0.2 ms of their own before each read and each write; no parameter of the model says anything about conflicts',
  predict,
} as const;

export const apiConflicts = validationCase({
  ...shared,
  data: 'measured/kubernetes/conflicts.csv',
  points: (text) => pointsOf(text, 1),
});

export const apiConflictsRep2 = validationCase({
  ...shared,
  data: 'measured/kubernetes/conflicts_rep2.csv',
  points: (text) => pointsOf(text, 2),
});
