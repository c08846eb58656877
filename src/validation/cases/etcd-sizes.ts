/** How large the database becomes. */
import type { Process } from '../../engine/index.ts';
import { csvRows, numberIn } from '../csv-rows.ts';
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
  const sizes = (): readonly [total: number, inUse: number] => {
    const of = (metric: string) =>
      world.recorder.result().series.find((one) => one.metric === metric)?.statistics.final ?? Number.NaN;
    return [of('etcd_mvcc_db_total_size_in_bytes'), of('etcd_mvcc_db_total_size_in_use_in_bytes')];
  };
  const predicted: Record<string, number> = {};
  let filled = 0;
  for (const phase of phases) {
    const [name, revisions] = phase.split(' ') as [string, string];
    if (name === 'after_defrag') continue;
    fill(world, size, filled, Number(revisions));
    filled = Number(revisions);
    if (name === 'after_compact') {
      world.store.compact(world.store.revision);
      world.pass(COMPACTION_S);
    }
    const [total, inUse] = sizes();
    predicted[`db ${phase}`] = total;
    predicted[`in use ${phase}`] = inUse;
  }
  return predicted;
}

/** Time for a compaction and the commits after it [s]. */
const COMPACTION_S = 5;

export const etcdDbSizes = validationCase({
  component: 'etcd',
  measured:
    'size of the database and of what is in use by revisions of 1,000 keys (`revs`) or of new keys (`live`), and after compaction',
  driven: 'the same puts and compaction; defragmentation is predicted once the model has it',
  data: 'measured/etcd/db_sizes.csv',
  points: pointsOf,
  predict,
});
