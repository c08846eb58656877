/** How large the database becomes. */
import type { ObjectKey } from '../../cluster/index.ts';
import { snapshotRestoreTime, snapshotSaveTime } from '../../components/etcd/mvcc/index.ts';
import type { Process } from '../../engine/index.ts';
import { csvRows, numberIn } from '../../manifests/csv-rows.ts';
import { nanoseconds } from '../../units/index.ts';
import { openLoop } from '../open-loop.ts';
import type { StoreWorld } from '../store-world.ts';
import {
  type Conditions,
  numberOf,
  type Prediction,
  type Reference,
  type ReferencePoint,
  validationCase,
} from '../validation-case.ts';
import { measuredWorld } from './measured-etcd.ts';

/** Live keys of the scenario `revs`; in `live` every put makes a new one. */
const LIVE_KEYS = 1000;
/** Clients that fill it. */
const FILLERS = 64;

function pointsOf(text: string): ReferencePoint[] {
  const groups = new Map<string, { name: string; conditions: Conditions; references: Reference[] }>();
  for (const row of csvRows(text)) {
    const name = `${row.scenario} size=${row.value_size}`;
    const conditions = { scenario: row.scenario as string, size: numberIn(row, 'value_size') };
    const point: { name: string; conditions: Conditions; references: Reference[] } = groups.get(name) ?? {
      name,
      conditions,
      references: [],
    };
    groups.set(name, point);
    const at = `${row.phase} ${row.revisions}`;
    point.references.push({ metric: `db ${at}`, family: 'db size', unit: 'B', value: numberIn(row, 'db_bytes') });
    point.references.push({
      metric: `in use ${at}`,
      family: 'size in use',
      unit: 'B',
      value: numberIn(row, 'in_use_bytes'),
    });
  }
  return [...groups.values()].map((point) => ({
    ...point,
    // What is to be filled, for the prediction.
    conditions: { ...point.conditions, phases: point.references.map(({ metric }) => metric).join(';') },
  }));
}

/** Puts, key after key, until the store has taken revisions `from` to `to`. */
function fill(world: StoreWorld, size: number, from: number, to: number): void {
  let next = from;
  const filler = function* (): Process {
    while (next < to) {
      const key = world.keys[next % world.keys.length];
      next++;
      yield* world.put(size, key);
    }
  };
  for (let i = 0; i < FILLERS; i++) world.spawn(filler());
  const target = world.store.revision + to - from;
  while (world.store.revision < target) world.pass(0.5);
  // A commit of the backend follows within its interval.
  world.pass(0.5);
}

/** Size of the file, and of what is in use in it [B]. */
function sizesOf(world: StoreWorld): readonly [total: number, inUse: number] {
  const { series } = world.recorder.result();
  const of = (metric: string) => series.find((one) => one.metric === metric)?.statistics.final ?? Number.NaN;
  return [of('etcd_mvcc_db_total_size_in_bytes'), of('etcd_mvcc_db_total_size_in_use_in_bytes')];
}

function predict(conditions: Conditions, overrides: Parameters<typeof measuredWorld>[2]): Prediction {
  const size = numberOf(conditions, 'size');
  const phases = [
    ...new Set(
      String(conditions.phases)
        .split(';')
        .map((phase) => phase.replace(/^(db|in use) /, '')),
    ),
  ];
  const isLive = conditions.scenario === 'live';
  const most = Math.max(...phases.map((phase) => Number(phase.split(' ')[1])));
  const world = measuredWorld(FILLERS, 0, overrides, { keys: isLive ? most : LIVE_KEYS, preload: false });
  const predicted: Record<string, number> = {};
  let filled = 0;
  for (const phase of phases) {
    const [name, revisions] = phase.split(' ') as [string, string];
    fill(world, size, filled, Number(revisions));
    filled = Number(revisions);
    if (name === 'after_compact') {
      world.store.compact(world.store.revision);
      world.pass(COMPACTION_S);
    }
    if (name === 'after_defrag') {
      world.store.maintenance.defragmentAll();
      world.pass(DEFRAGMENTATION_S);
    }
    const [total, inUse] = sizesOf(world);
    predicted[`db ${phase}`] = total;
    predicted[`in use ${phase}`] = inUse;
  }
  return predicted;
}

/** Time for a defragmentation [s]. */
const DEFRAGMENTATION_S = 5;
/** Time for a compaction and the commits after it [s]. */
const COMPACTION_S = 5;

export const etcdDbSizes = validationCase({
  component: 'etcd',
  measured:
    'size of the database and of what is in use by revisions of 1,000 keys (`revs`) or of new keys (`live`), and after compaction',
  driven: 'the same puts, compaction and defragmentation',
  data: 'measured/etcd/db_sizes.csv',
  points: pointsOf,
  predict,
});

/** Puts a second behind every step of a lifecycle, and how long they are watched [s]. */
const BACKGROUND_RATE = 200;
const BACKGROUND_S = 2;
/** When the compaction begins after the puts behind it: after their warm-up [ns]. */
const COMPACTION_BEGINS = 0.35e9;
/** Keys in a lifecycle with few of them: as many as its file says are live. */
const LIFECYCLE_FILLERS = 64;

export const etcdDbLifecycle = validationCase({
  component: 'etcd',
  measured:
    'a database filled with revisions of 1,000 keys or with new keys: its size, snapshot, restore, restart, compaction and defragmentation, with 200 puts a second behind',
  driven:
    'the same filling, compaction and defragmentation, with the same puts behind the compaction; the member is killed for the restart',
  data: 'measured/etcd/db_lifecycle.csv',
  points: (text) =>
    csvRows(text).map((row) => {
      const reference = (metric: string, unit: string, column: string): Reference => ({
        metric,
        unit,
        value: numberIn(row, column),
      });
      return {
        name: `${row.scenario} revisions=${row.n_revs} keys=${row.live_keys} (${row.rep})`,
        conditions: {
          revisions: numberIn(row, 'n_revs'),
          keys: numberIn(row, 'live_keys'),
          size: numberIn(row, 'size'),
        },
        references: [
          reference('db filled', 'B', 'db_filled'),
          reference('in use after compaction', 'B', 'in_use_after_compact'),
          reference('put p50 during compaction', 'ms', 'put_p50_during_compact'),
          reference('compaction', 's', 'compact_s'),
          reference('snapshot save', 's', 'snapshot_save_s'),
          reference('restore', 's', 'restore_s'),
          reference('restart', 's', 'restart_to_healthy_s'),
          reference('defragmentation', 's', 'defrag_s'),
        ],
      };
    }),
  predict: (conditions, overrides) => {
    const size = numberOf(conditions, 'size');
    const revisions = numberOf(conditions, 'revisions');
    const world = measuredWorld(LIFECYCLE_FILLERS, 0, overrides, {
      keys: numberOf(conditions, 'keys'),
      preload: false,
    });
    fill(world, size, 0, revisions);
    const [filled] = sizesOf(world);
    const { etcd } = world.parameters;
    const saved = {
      'snapshot save': snapshotSaveTime(etcd, filled) / 1e9,
      restore: snapshotRestoreTime(etcd, filled) / 1e9,
    };
    // It begins within the window, so that all of it is counted.
    world.spawn(
      (function* (): Process {
        yield COMPACTION_BEGINS;
        world.store.compact(world.store.revision);
      })(),
    );
    const { samples } = openLoop(world, BACKGROUND_RATE, () => world.put(size), BACKGROUND_S);
    const [, inUse] = sizesOf(world);
    world.pass(COMPACTION_S);
    const compacted = world.recorder
      .result()
      .series.find(({ metric }) => metric === 'plimsoll_etcd_compaction_duration_seconds');
    const defragmentation = stall(world, () => world.store.maintenance.defragmentAll());
    const restart = stall(world, () => world.store.killLeader(nanoseconds(1)));
    return {
      ...saved,
      'db filled': filled,
      'in use after compaction': inUse,
      'put p50 during compaction': samples.quantile(0.5),
      compaction: compacted?.statistics.max ?? Number.NaN,
      defragmentation,
      restart,
    };
  },
});

/** Longest that a step may take [s]. */
const STALL_S = 30;
/** Pause of a client that was refused [ns]. */
const REFUSED = 1e6;

/** Time from a step until a get that is asked for right after it is answered [s]. */
function stall(world: StoreWorld, step: () => void): number {
  const began = world.simulation.now;
  let ended = Number.NaN;
  step();
  world.spawn(
    (function* (): Process {
      while ((yield* world.get(world.keys[0] as ObjectKey, false)) === 0) yield REFUSED;
      ended = world.simulation.now;
    })(),
  );
  world.pass(STALL_S);
  return (ended - began) / 1e9;
}
