/** Puts into etcd: over value sizes and clients, on a slow disk, on tmpfs, on three members. */
import { parameterRegistry } from '../../components/parameters.ts';
import type { DistributionSpec } from '../../engine/index.ts';
import { csvRows, numberIn } from '../../manifests/csv-rows.ts';
import type { ParameterValues } from '../case-parameters.ts';
import { closedLoop } from '../closed-loop.ts';
import { openLoop } from '../open-loop.ts';
import { type Conditions, numberOf, type Prediction, type ReferencePoint, validationCase } from '../validation-case.ts';
import { measuredWorld, referencesOf } from './measured-etcd.ts';

const OPS = ['ops', '1/s', 'ops_med', 'ops_min', 'ops_max'] as const;
const CPU = ['server CPU', 'us', 'server_cpu_us_per_op'] as const;

/** A file system in memory: what is left of a sync is the system call (put_grid.csv, tmpfs: fsync_mean_ms 0.001) [ns]. */
const TMPFS: ParameterValues = {
  'etcd.walSync': { distribution: 'constant', value: 1200 },
  'etcd.walSyncPerByte': 0,
  'etcd.walStallShare': 0,
};

function putPoints(text: string): ReferencePoint[] {
  return csvRows(text).map((row) => ({
    name: `${row.store} size=${row.size} conc=${row.conc}`,
    conditions: { store: row.store as string, size: numberIn(row, 'size'), conc: numberIn(row, 'conc') },
    references: referencesOf(row, [
      OPS,
      ['p50', 'ms', 'p50_ms_med', 'p50_min', 'p50_max'],
      ['p99', 'ms', 'p99_ms_med', 'p99_min', 'p99_max'],
      ['batch', '1', 'ops_per_fsync'],
      CPU,
    ]),
  }));
}

function predictPuts(conditions: Conditions, overrides: ParameterValues, values: ParameterValues): Prediction {
  const clients = numberOf(conditions, 'conc');
  const size = 'size' in conditions ? numberOf(conditions, 'size') : SLOW_DISK_SIZE;
  const world = measuredWorld(clients, size, overrides, { values });
  const { samples, serverCpu, statistic } = closedLoop(world, clients, () => world.put(size));
  return {
    ops: samples.rate,
    p50: samples.quantile(0.5),
    p99: samples.quantile(0.99),
    batch: samples.count / statistic('etcd_disk_wal_fsync_duration_seconds', 'count'),
    'server CPU': serverCpu,
  };
}

/** Value size of put_slow_fsync.csv [B]. */
const SLOW_DISK_SIZE = 1024;

export const etcdPutGrid = validationCase({
  component: 'etcd',
  measured: 'puts in a closed loop over value sizes and clients, one member, disk and tmpfs',
  driven:
    'the same clients on the same two cores, each with 34 us of CPU a call; keys that no two clients write at once',
  data: 'measured/etcd/put_grid.csv',
  points: putPoints,
  predict: (conditions, overrides) => predictPuts(conditions, overrides, conditions.store === 'tmpfs' ? TMPFS : {}),
});

/** The disk of the other cases, with a delay in front of every sync [ms]. */
function delayed(milliseconds: number, overrides: ParameterValues): ParameterValues {
  const delay = milliseconds * 1e6;
  const usual = (overrides['etcd.walSync'] ?? parameterRegistry.etcd.walSync.default) as DistributionSpec;
  if (usual.distribution !== 'lognormal') throw new RangeError('etcd.walSync is no lognormal distribution');
  return { 'etcd.walSync': { ...usual, p50: usual.p50 + delay, p99: usual.p99 + delay } };
}

export const etcdPutSlowFsync = validationCase({
  component: 'etcd',
  measured: 'puts of 1 KiB in a closed loop while every fsync of etcd is delayed by 2, 5 or 20 ms',
  driven: 'as put_grid, with the delay added to etcd.walSync, by which the commits of the backend sync too',
  data: 'measured/etcd/put_slow_fsync.csv',
  points: (text) =>
    csvRows(text).map((row) => ({
      name: `inject=${row.inject_ms}ms conc=${row.conc}`,
      conditions: { inject_ms: numberIn(row, 'inject_ms'), conc: numberIn(row, 'conc') },
      references: referencesOf(row, [
        OPS,
        ['p50', 'ms', 'p50_ms_med', 'p50_min', 'p50_max'],
        ['p99', 'ms', 'p99_ms_med'],
        ['batch', '1', 'ops_per_fsync'],
        CPU,
      ]),
    })),
  predict: (conditions, overrides) =>
    predictPuts(conditions, overrides, delayed(numberOf(conditions, 'inject_ms'), overrides)),
});

export const etcdClusterPut = validationCase({
  component: 'etcd',
  measured: 'puts of 1 KiB through the leader of three members that share a machine and its disk',
  driven:
    'three members on the same two cores, the leader asked; each has a disk of its own in the model, so that their syncs do not hold each other up',
  data: 'measured/etcd/cluster_put.csv',
  points: (text) =>
    csvRows(text).map((row) => ({
      name: `conc=${row.conc}`,
      conditions: { size: numberIn(row, 'size'), conc: numberIn(row, 'conc') },
      references: referencesOf(row, [
        OPS,
        ['p50', 'ms', 'p50_ms', 'p50_min', 'p50_max'],
        ['p99', 'ms', 'p99_ms'],
        ['server CPU', 'us', 'all_members_cpu_us_per_op_approx'],
      ]),
    })),
  predict: (conditions, overrides) => predictPuts(conditions, overrides, { 'etcd.members': 3 }),
});

/** Window of the slow rates, so that there are enough operations [s]. */
const OPEN_LOOP_S = 4;

export const etcdOpenLoop = validationCase({
  component: 'etcd',
  measured: 'Poisson arrivals: conflict-free transactions of 400 B (`cas`), puts of 1 KiB',
  driven: 'the same arrivals; both are transactions on the revision of a key that nobody else writes',
  data: 'measured/etcd/open_loop.csv',
  points: (text) =>
    csvRows(text).map((row) => ({
      name: `${row.op} rate=${row.rate}`,
      conditions: { op: row.op as string, rate: numberIn(row, 'rate') },
      references: referencesOf(row, [
        ['mean', 'ms', 'mean_ms', 'mean_min', 'mean_max'],
        ['p50', 'ms', 'p50_ms', 'p50_min', 'p50_max'],
        ['p99', 'ms', 'p99_ms', 'p99_min', 'p99_max'],
        CPU,
      ]),
    })),
  predict: (conditions, overrides) => {
    const size = conditions.op === 'cas' ? 400 : 1024;
    const world = measuredWorld(MOST_OPEN_CONNECTIONS, size, overrides);
    const rate = numberOf(conditions, 'rate');
    const { samples, serverCpu } = openLoop(world, rate, () => world.put(size), OPEN_LOOP_S);
    return { mean: samples.mean, p50: samples.quantile(0.5), p99: samples.quantile(0.99), 'server CPU': serverCpu };
  },
});

/** Connections of the open loop. */
const MOST_OPEN_CONNECTIONS = 8;
