/** Watch fan-out of the API server. */
import { kinds, NO_VERSION, type ObjectKey } from '../../cluster/index.ts';
import { writes } from '../../components/api-machinery/index.ts';
import { Reflector } from '../../components/client-go/index.ts';
import { EVERYTHING } from '../../components/kube-apiserver/index.ts';
import type { Process } from '../../engine/index.ts';
import { csvRows, numberIn } from '../../manifests/csv-rows.ts';
import type { ParameterValues } from '../case-parameters.ts';
import { Samples } from '../samples.ts';
import { type Conditions, numberOf, type Prediction, type ReferencePoint, validationCase } from '../validation-case.ts';
import { CLIENT_CPU, CONFIG_MAP_BYTES, measuredApiServer } from './measured-api-server.ts';

/** ConfigMaps that are patched, and the patches of a run. */
const OBJECTS = 20;
const PATCHES = 800;
/** Watchers whose deliveries are recorded: the others cost the server the same. */
const OBSERVED = 50;
/** CPU of the client for an event: client_cpu_us_per_write of 1,500 watchers less that of none, by watcher [ns]. */
const CLIENT_CPU_OF_EVENT = 16_000;
/** Time for all watches to open [s]. */
const OPENING_S = 15;

function pointsOf(text: string): ReferencePoint[] {
  return csvRows(text).map((row) => ({
    name: `${row.label} watchers=${row.watchers} rate=${row.target_rate}`,
    conditions: {
      label: row.label as string,
      watchers: numberIn(row, 'watchers'),
      rate: numberIn(row, 'target_rate'),
      writes: numberIn(row, 'writes'),
    },
    references: [
      { metric: 'write mean', unit: 'ms', value: numberIn(row, 'write_mean_ms') },
      ...(row.deliver_p50 === 'NaN'
        ? []
        : [
            { metric: 'delivery mean', unit: 'ms', value: numberIn(row, 'deliver_mean_ms') },
            { metric: 'delivery p50', unit: 'ms', value: numberIn(row, 'deliver_p50') },
            { metric: 'delivery p99', unit: 'ms', value: numberIn(row, 'deliver_p99') },
          ]),
      {
        metric: 'server CPU',
        unit: 'us',
        value: numberIn(row, 'api_cpu_us_per_write') + numberIn(row, 'etcd_cpu_us_per_write'),
      },
    ],
  }));
}

function predict(conditions: Conditions, overrides: ParameterValues): Prediction {
  const world = measuredApiServer(overrides);
  const { simulation, clientGo, tables } = world;
  const keys = world.preloadConfigMaps(OBJECTS, CONFIG_MAP_BYTES);
  const began = new Map<number, number>();
  const deliveries = new Samples();
  const listener = {
    onListed: () => {},
    onChanged: (version: number) => {
      if (version === NO_VERSION) return;
      const start = began.get(tables.configmaps.key.get(version as never)) as number;
      simulation.processes.spawn('event', received(start));
    },
  };
  const watchers = numberOf(conditions, 'watchers');
  const share = Math.ceil(watchers / OBSERVED);
  // All watchers are on the client's one core; those that are not observed take it as those that are.
  const received = function* (start: number): Process {
    yield* world.clientCpu(CLIENT_CPU_OF_EVENT * share);
    deliveries.record(start, simulation.now);
  };
  for (let i = 0; i < watchers; i++) {
    // A selector that passes few: one object by its name.
    const bucket = conditions.label === 'fieldsel' ? (keys[i % OBJECTS] as ObjectKey) : EVERYTHING;
    const observer = i % share === 0 ? listener : undefined;
    new Reflector(clientGo, world.client(), kinds.configmaps, bucket, clientGo.reflectorReplies, observer).start();
  }
  world.pass(OPENING_S);
  const patches = new Samples();
  patches.begin(simulation.now);
  deliveries.begin(simulation.now);
  const busy = world.host.busyCoreNanoseconds();
  const client = world.client();
  const period = Math.round(1e9 / numberOf(conditions, 'rate'));
  const patch = function* (key: ObjectKey): Process {
    const start = simulation.now;
    began.set(key, start);
    yield* world.clientCpu(CLIENT_CPU);
    const request = client.write(writes.objectPatch, key, kinds.configmaps);
    world.requests.setNumber(request, 0, CONFIG_MAP_BYTES);
    yield* client.call(request);
    patches.record(start, simulation.now);
  };
  simulation.processes.spawn(
    'patches',
    (function* (): Process {
      for (let n = 0; n < PATCHES; n++) {
        simulation.processes.spawn('patch', patch(keys[n % OBJECTS] as ObjectKey));
        yield period;
      }
    })(),
  );
  const span = (PATCHES * period) / 1e9;
  world.pass(span);
  const spent = world.host.busyCoreNanoseconds() - busy;
  world.pass(2);
  return {
    'write mean': patches.mean,
    'delivery mean': deliveries.mean,
    'delivery p50': deliveries.quantile(0.5),
    'delivery p99': deliveries.quantile(0.99),
    'server CPU': spent / PATCHES / 1000,
  };
}

const shared = {
  component: 'kube-apiserver',
  measured:
    'N JSON watchers of ConfigMaps while 20 of 0.9 kB are patched at a rate; latency from the start of the patch; fieldsel = each watches one by its name',
  driven:
    'the same watchers and patches; deliveries are recorded at 50 of the watchers, after the CPU of the client that receives',
  predict,
  points: pointsOf,
} as const;

export const apiWatchFanout = validationCase({ ...shared, data: 'measured/kubernetes/watch_fanout.csv' });
export const apiWatchFanoutRep2 = validationCase({ ...shared, data: 'measured/kubernetes/watch_fanout_rep2.csv' });
