/** Gets, ranges and lease keep-alives: what needs no entry in the log. */

import { csvRows, numberIn } from '../../manifests/csv-rows.ts';
import { closedLoop } from '../closed-loop.ts';
import { numberOf, validationCase } from '../validation-case.ts';
import { measuredWorld, referencesOf } from './measured-etcd.ts';

const COLUMNS = [
  ['ops', '1/s', 'ops_med', 'ops_min', 'ops_max'],
  ['p50', 'ms', 'p50_ms', 'p50_min', 'p50_max'],
  ['p99', 'ms', 'p99_ms'],
  ['server CPU', 'us', 'server_cpu_us_per_op'],
] as const;

export const etcdGetGrid = validationCase({
  component: 'etcd',
  measured: 'gets in a closed loop over value sizes and clients, linearizable and serializable, one member',
  driven: 'the same clients on the same two cores, each with 34 us of CPU a call',
  data: 'measured/etcd/get_grid.csv',
  points: (text) =>
    csvRows(text).map((row) => ({
      name: `${row.kind} size=${row.size} conc=${row.conc}`,
      conditions: { kind: row.kind as string, size: numberIn(row, 'size'), conc: numberIn(row, 'conc') },
      references: referencesOf(row, COLUMNS),
    })),
  predict: (conditions, overrides) => {
    const clients = numberOf(conditions, 'conc');
    const world = measuredWorld(clients, numberOf(conditions, 'size'), overrides);
    const serializable = conditions.kind === 'serializable';
    const { samples, serverCpu } = closedLoop(world, clients, function* () {
      return (yield* world.get(world.anyKey(), serializable)) > 0;
    });
    return { ops: samples.rate, p50: samples.quantile(0.5), p99: samples.quantile(0.99), 'server CPU': serverCpu };
  },
});

/** Window of the ranges: the longest take 45 ms [s]. */
const RANGE_WINDOW_S = 3;
/** Size of the values [B]. */
const RANGE_SIZE = 1024;

export const etcdRangeGrid = validationCase({
  component: 'etcd',
  measured: 'linearizable ranges of `limit` keys out of 10,000 of 1 KiB, one member',
  driven: 'the same ranges',
  data: 'measured/etcd/range_grid.csv',
  points: (text) =>
    csvRows(text).map((row) => ({
      name: `limit=${row.limit} conc=${row.conc}`,
      conditions: { limit: numberIn(row, 'limit'), conc: numberIn(row, 'conc') },
      references: referencesOf(row, COLUMNS),
    })),
  predict: (conditions, overrides) => {
    const clients = numberOf(conditions, 'conc');
    const world = measuredWorld(clients, RANGE_SIZE, overrides);
    const limit = numberOf(conditions, 'limit');
    const range = function* () {
      yield* world.range(limit);
      return true;
    };
    const { samples, serverCpu } = closedLoop(world, clients, range, RANGE_WINDOW_S);
    return { ops: samples.rate, p50: samples.quantile(0.5), p99: samples.quantile(0.99), 'server CPU': serverCpu };
  },
});

/** Leases of the keep-alives. */
const LEASES = 1000;

export const etcdLeaseKeepalive = validationCase({
  component: 'etcd',
  measured: 'keep-alives of leases in a closed loop, one member',
  driven: 'the same keep-alives of 1,000 leases',
  data: 'measured/etcd/lease_keepalive.csv',
  points: (text) =>
    csvRows(text).map((row) => ({
      name: `conc=${row.conc}`,
      conditions: { conc: numberIn(row, 'conc') },
      references: referencesOf(row, COLUMNS),
    })),
  predict: (conditions, overrides) => {
    const clients = numberOf(conditions, 'conc');
    const world = measuredWorld(clients, 0, overrides);
    world.grantLeases(LEASES);
    // Until they are there.
    world.pass(1);
    const { samples, serverCpu } = closedLoop(world, clients, () => world.keepAlive());
    return { ops: samples.rate, p50: samples.quantile(0.5), p99: samples.quantile(0.99), 'server CPU': serverCpu };
  },
});
