/** Nodes that renew their leases. */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import { writes } from '../../components/api-machinery/index.ts';
import type { Process } from '../../engine/index.ts';
import { csvRows, numberIn } from '../../manifests/csv-rows.ts';
import { Samples } from '../samples.ts';
import { numberOf, validationCase } from '../validation-case.ts';
import { CLIENT_CPU, measuredApiServer } from './measured-api-server.ts';

/** Warm-up [s]. */
const WARM_UP_S = 1;

export const apiLeaseRenewals = validationCase({
  component: 'kube-apiserver',
  measured: 'n simulated nodes renew their leases every 10 s, each at a phase of its own',
  driven: 'the same renewals: PUT with the resourceVersion of the last answer',
  data: 'measured/kubernetes/lease_renewals.csv',
  points: (text) =>
    csvRows(text).map((row) => ({
      name: `nodes=${row.nodes}`,
      conditions: { nodes: numberIn(row, 'nodes'), period_s: numberIn(row, 'period_s') },
      references: [
        { metric: 'mean', unit: 'ms', value: numberIn(row, 'mean_ms') },
        { metric: 'p50', unit: 'ms', value: numberIn(row, 'p50') },
        { metric: 'p99', unit: 'ms', value: numberIn(row, 'p99') },
        { metric: 'server CPU', unit: 'us', value: numberIn(row, 'api_cpu_us') + numberIn(row, 'etcd_cpu_us') },
      ],
    })),
  predict: (conditions, overrides) => {
    const world = measuredApiServer(overrides);
    const { simulation, tables, store, server, requests } = world;
    const period = numberOf(conditions, 'period_s') * 1e9;
    const random = simulation.streams.stream('renewals');
    const samples = new Samples();
    const renewals = function* (key: ObjectKey, first: number): Process {
      const client = world.client(undefined, undefined, { process: 'load generator' });
      let revision = first;
      yield Math.round(random.next() * period);
      for (;;) {
        const began = simulation.now;
        yield* world.clientCpu(CLIENT_CPU);
        const request = client.write(writes.leaseRenew, key);
        requests.setNumber(request, 0, simulation.now);
        requests.expectedRevision[request] = revision;
        const reply = yield* client.call(request);
        revision = tables.leases.revision.get(requests.resultOf(reply));
        samples.record(began, simulation.now);
        yield Math.max(0, Math.round(began + period - simulation.now));
      }
    };
    for (let node = 0; node < numberOf(conditions, 'nodes'); node++) {
      const key = tables.keysOf('leases').intern('kube-node-lease', `node-${node}`);
      const version = tables.leases.allocate(key);
      tables.leases.bytes.set(version, world.parameters.objectSize.lease);
      const { revision } = store.preload(kinds.leases, version);
      server.preload(kinds.leases, key, version, revision);
      simulation.processes.spawn('renewals', renewals(key, revision));
    }
    world.pass(WARM_UP_S);
    samples.begin(simulation.now);
    const busy = world.host.busyCoreNanoseconds();
    world.pass(period / 1e9);
    samples.end(simulation.now);
    return {
      mean: samples.mean,
      p50: samples.quantile(0.5),
      p99: samples.quantile(0.99),
      'server CPU': (world.host.busyCoreNanoseconds() - busy) / samples.count / 1000,
    };
  },
});
