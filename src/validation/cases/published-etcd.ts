/** Figures of etcd that others have published. */
import { caseParameters } from '../case-parameters.ts';
import { closedLoop } from '../closed-loop.ts';
import { StoreWorld } from '../store-world.ts';
import { numberOf, validationCase } from '../validation-case.ts';
import { PUBLISHED, publishedPoints } from './published-points.ts';

/** Keys of the benchmarks where nothing is said. */
const KEYS = 10_000;
/** CPU of a client for a call, on a machine of its own: as in the measurements [ns]. */
const CLIENT_CPU = 34_000;

export const publishedEtcd = validationCase({
  component: 'etcd',
  measured:
    'throughput and latency that the documentation of etcd and others have published, of one and three members on cloud machines',
  driven:
    'the same clients on a machine of their own; disks and networks by our profiles, since the publications name products',
  data: PUBLISHED,
  points: (text) =>
    publishedPoints(
      text,
      'ET-',
      ({ op, members, clients, cores, disk, network }) =>
        `${op}: ${members} x ${cores} cores, ${clients} clients, ${disk}, ${network}`,
    ),
  predict: (conditions, overrides) => {
    const clients = numberOf(conditions, 'clients');
    const size = numberOf(conditions, 'size');
    const keys = conditions.keys === undefined ? KEYS : numberOf(conditions, 'keys');
    // What a fit tries for the disk of the measured machine says nothing about these.
    const { 'etcd.walSync': _sync, ...ofMachine } = overrides;
    const world = new StoreWorld({
      parameters: caseParameters([String(conditions.disk), String(conditions.network)], ofMachine, {
        'etcd.members': numberOf(conditions, 'members'),
      }),
      cores: numberOf(conditions, 'cores'),
      shared: false,
      keys,
      preload: true,
      size,
      connections: numberOf(conditions, 'connections'),
      clientCpu: CLIENT_CPU,
    });
    const { samples } = closedLoop(world, clients, operationOf(world, String(conditions.op), size, keys));
    return { ops: samples.rate, mean: samples.mean, p50: samples.quantile(0.5), p99: samples.quantile(0.99) };
  },
});

function operationOf(world: StoreWorld, operation: string, size: number, keys: number) {
  switch (operation) {
    case 'put':
      return () => world.put(size);
    case 'range':
      return function* () {
        yield* world.range(keys);
        return true;
      };
    default:
      return function* () {
        return (yield* world.get(world.anyKey(), operation.startsWith('serializable'))) > 0;
      };
  }
}
