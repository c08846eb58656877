/** Optimistic concurrency at etcd itself: k clients on m hot keys. */
import type { ObjectKey } from '../../cluster/index.ts';
import { pauseAfter, retryPolicies } from '../../components/load-generator/index.ts';
import { csvRows, numberIn } from '../../manifests/csv-rows.ts';
import { closedLoop } from '../closed-loop.ts';
import type { StoreWorld } from '../store-world.ts';
import { numberOf, validationCase } from '../validation-case.ts';
import { measuredWorld, referencesOf } from './measured-etcd.ts';

/** Size of the values [B]. */
const SIZE = 400;

/** What the clients counted. */
interface Counts {
  attempts: number;
  conflicts: number;
  operations: number;
  exhausted: number;
}

/** Get once, and then transactions on the revision that the last one returned, until one goes through. */
function* retryAtOnce(world: StoreWorld, key: ObjectKey, counts: Counts): Generator<number, boolean, number> {
  let revision = yield* world.get(key, false);
  for (;;) {
    counts.attempts++;
    const answer = yield* world.transaction(key, revision, SIZE);
    if (answer.isStored) return true;
    counts.conflicts++;
    revision = answer.revision;
  }
}

/** client-go's DefaultRetry around Get and transaction. */
function* retryWithPauses(world: StoreWorld, key: ObjectKey, counts: Counts): Generator<number, boolean, number> {
  const policy = retryPolicies.default;
  for (let attempt = 1; attempt <= policy.steps; attempt++) {
    const revision = yield* world.get(key, false);
    counts.attempts++;
    const { isStored } = yield* world.transaction(key, revision, SIZE);
    if (isStored) return true;
    counts.conflicts++;
    if (attempt < policy.steps) yield pauseAfter(policy, attempt, world.random);
  }
  counts.exhausted++;
  return false;
}

export const etcdCasGrid = validationCase({
  component: 'etcd',
  measured: 'k clients on m hot keys: Txn(mod_revision = …) Put else Get, retried at once or with DefaultRetry',
  driven: 'the same clients; no parameter of the model says anything about conflicts',
  data: 'measured/etcd/cas_grid.csv',
  points: (text) =>
    csvRows(text).map((row) => ({
      name: `${row.retry} k=${row.k} m=${row.m}`,
      conditions: { retry: row.retry as string, k: numberIn(row, 'k'), m: numberIn(row, 'm') },
      references: referencesOf(row, [
        ['conflict share', '1', 'conflict_rate_med', 'conf_min', 'conf_max'],
        ['goodput', '1/s', 'goodput_med', 'good_min', 'good_max'],
        ['attempts', '1', 'attempts_per_op'],
        ['p50', 'ms', 'ok_p50_ms'],
        ['p99', 'ms', 'ok_p99_ms'],
      ]),
    })),
  predict: (conditions, overrides) => {
    const clients = numberOf(conditions, 'k');
    const hot = numberOf(conditions, 'm');
    const world = measuredWorld(clients, SIZE, overrides);
    const counts: Counts = { attempts: 0, conflicts: 0, operations: 0, exhausted: 0 };
    const policy = conditions.retry === 'immediate' ? retryAtOnce : retryWithPauses;
    const { samples } = closedLoop(world, clients, function* () {
      const isStored = yield* policy(world, world.anyKey(hot), counts);
      counts.operations++;
      return isStored;
    });
    return {
      'conflict share': counts.conflicts / counts.attempts,
      goodput: samples.rate,
      attempts: counts.attempts / counts.operations,
      p50: samples.quantile(0.5),
      p99: samples.quantile(0.99),
    };
  },
});
