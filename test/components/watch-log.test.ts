import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kinds, NO_VERSION, type ObjectKey, type VersionHandle, VersionTable } from '../../src/cluster/index.ts';
import {
  ChangeType,
  EVERYTHING,
  GONE,
  NOTHING_DELIVERED,
  WatchLog,
} from '../../src/components/kube-apiserver/index.ts';
import { createDistribution, Simulation } from '../../src/engine/index.ts';
import { milliseconds, nanoseconds, type SimTime, seconds, simTime } from '../../src/units/index.ts';

/** A table with one number by which versions fall into buckets. */
class BucketTable extends VersionTable {
  readonly bucket = this.number(EVERYTHING);
}

const distribution = createDistribution({ distribution: 'lognormal', p50: 1_000_000, p99: 20_000_000 });
const MINIMUM = nanoseconds(20_000);

function makeLog(simulation: Simulation, table: BucketTable, maximum = 100_000): WatchLog {
  return new WatchLog(
    {
      name: 'test',
      simulation,
      table,
      bucketOf: (version) => table.bucket.get(version),
      minimum: 4,
      maximum,
      fresh: seconds(75),
      delay: { distribution, minimum: MINIMUM, keyed: simulation.streams.keyed('watchDelay') },
    },
    0,
  );
}

/** Something that happens in a random world. */
interface Step {
  /** Pause before it [ns]. */
  readonly pause: number;
  readonly key: number;
  readonly bucket: number;
  readonly isDelete: boolean;
  readonly spread: number;
}

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  pause: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000_000 }), fc.integer({ min: 0, max: 200_000_000 })),
  key: fc.integer({ min: 0, max: 5 }),
  bucket: fc.integer({ min: 0, max: 2 }),
  isDelete: fc.boolean(),
  spread: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5_000_000 })),
});

/** One delivery to one watcher. */
type Delivery = readonly [watcher: number, revision: number, type: number, at: number];

/** Plays the steps into a log and hands every change to `appended`. */
function play(
  steps: readonly Step[],
  appended: (change: {
    revision: number;
    version: VersionHandle;
    previous: VersionHandle;
    dispatch: SimTime;
    spread: number;
  }) => void,
  simulation: Simulation,
  table: BucketTable,
): void {
  const current = new Map<number, VersionHandle>();
  let revision = 0;
  let at = 1;
  const change = simulation.on('change', (index) => {
    const step = steps[index] as Step;
    const previous = current.get(step.key) ?? NO_VERSION;
    if (step.isDelete && previous === NO_VERSION) return;
    revision++;
    let version: VersionHandle = NO_VERSION;
    if (step.isDelete) current.delete(step.key);
    else {
      version = table.allocate(step.key as ObjectKey);
      // Like a pod's node: once in a bucket, an object stays there.
      table.bucket.set(version, previous === NO_VERSION ? step.bucket : table.bucket.get(previous));
      current.set(step.key, version);
    }
    appended({ revision, version, previous, dispatch: simTime(simulation.now + 20_000), spread: step.spread });
  });
  steps.forEach((step, index) => {
    at += step.pause;
    simulation.at(simTime(at), change, index);
  });
}

const selections = [EVERYTHING, EVERYTHING, 0, 1, 2, 2];

/** What the log with cursors delivers: each watcher reads when it is woken, some of them late. */
function fast(steps: readonly Step[], lateness: readonly number[]): Delivery[] {
  const simulation = new Simulation({ seed: 'twin' });
  const table = new BucketTable(kinds.pods);
  const log = makeLog(simulation, table);
  const seen: Delivery[] = [];
  const watchers: number[] = [];
  const read = simulation.on('read', (index) => {
    const watcher = watchers[index] as number;
    for (;;) {
      const sequence = log.next(watcher);
      if (sequence === NOTHING_DELIVERED) break;
      if (sequence === GONE) throw new Error('overtaken');
      seen.push([index, log.revisionAt(sequence), log.typeFor(watcher, sequence), log.seenAt(watcher)]);
    }
    log.rest(watcher);
  });
  selections.forEach((select, index) => {
    const late = milliseconds(lateness[index] ?? 0);
    watchers.push(log.openWatch(select, 0, { onDelivered: () => simulation.after(late, read, index) }));
  });
  play(
    steps,
    ({ revision, version, previous, dispatch, spread }) => log.append(revision, version, previous, dispatch, spread),
    simulation,
    table,
  );
  simulation.run(simTime(seconds(3600)));
  return seen;
}

/** The obviously right twin: one event for each watcher and change that it selects. */
function slow(steps: readonly Step[]): Delivery[] {
  const simulation = new Simulation({ seed: 'twin' });
  const table = new BucketTable(kinds.pods);
  const keyed = simulation.streams.keyed('watchDelay');
  const seen: Delivery[] = [];
  const last = selections.map(() => 0);
  const payloads: Delivery[] = [];
  const deliver = simulation.on('deliver', (payload) => seen.push(payloads[payload] as Delivery));
  play(
    steps,
    ({ revision, version, previous, dispatch, spread }) => {
      selections.forEach((select, watcher) => {
        const inside = (handle: VersionHandle) =>
          handle !== NO_VERSION && (select === EVERYTHING || table.bucket.get(handle) === select);
        if (!inside(version) && !inside(previous)) return;
        let delay: number = Math.max(distribution.keyedSample(keyed, watcher, revision), MINIMUM);
        if (spread > 0) delay += Math.round(keyed.uniform(-1 - watcher, revision) * spread);
        const at = Math.max(last[watcher] as number, dispatch + delay);
        last[watcher] = at;
        let type: number = ChangeType.Deleted;
        if (inside(version)) type = inside(previous) ? ChangeType.Modified : ChangeType.Added;
        payloads.push([watcher, revision, type, at]);
        simulation.at(simTime(at), deliver, payloads.length - 1);
      });
    },
    simulation,
    table,
  );
  simulation.run(simTime(seconds(3600)));
  return seen;
}

/** By watcher, in the order in which each saw them. */
function byWatcher(deliveries: readonly Delivery[]): Delivery[][] {
  return selections.map((_, watcher) => deliveries.filter((delivery) => delivery[0] === watcher));
}

describe('the watch log with cursors', () => {
  it('delivers the same (watcher, revision, type, time) list as one event per delivery, whenever watchers look', () => {
    fc.assert(
      fc.property(
        fc.array(stepArbitrary, { minLength: 1, maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 6, maxLength: 6 }),
        (steps, lateness) => {
          expect(byWatcher(fast(steps, lateness))).toEqual(byWatcher(slow(steps)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('answers GONE to a watch from before its history and to a watcher that the ring has overtaken', () => {
    const simulation = new Simulation({ seed: 'gone' });
    const table = new BucketTable(kinds.pods);
    const log = makeLog(simulation, table, 4);
    const sleeper = log.openWatch(EVERYTHING, 0, { onDelivered: () => {} });
    for (let revision = 1; revision <= 10; revision++) {
      log.append(revision, table.allocate(1 as ObjectKey), NO_VERSION, simTime(revision * 1e9), 0);
      simulation.run(simTime(revision * 1e9));
    }
    expect(log.next(sleeper)).toBe(GONE);
    expect(log.openWatch(EVERYTHING, 2, null)).toBe(GONE);
    expect(log.openWatch(EVERYTHING, 6, null)).not.toBe(GONE);
  });

  it('wakes an idle watcher once for many changes and not at all while it is awake', () => {
    const simulation = new Simulation({ seed: 'wake' });
    const table = new BucketTable(kinds.pods);
    const log = makeLog(simulation, table);
    let wakes = 0;
    log.openWatch(EVERYTHING, 0, { onDelivered: () => wakes++ });
    for (let revision = 1; revision <= 50; revision++) {
      log.append(revision, table.allocate(1 as ObjectKey), NO_VERSION, simulation.now, 0);
      simulation.run(simTime(revision * 1e8));
    }
    expect(wakes).toBe(1);
  });

  it('gives back every version that leaves the ring', () => {
    const simulation = new Simulation({ seed: 'ring' });
    const table = new BucketTable(kinds.pods);
    const log = makeLog(simulation, table, 8);
    for (let revision = 1; revision <= 100; revision++) {
      const version = table.allocate(1 as ObjectKey);
      log.append(revision, version, NO_VERSION, simulation.now, 0);
      table.release(version);
    }
    expect(table.live).toBe(8);
    log.clear(100);
    expect(table.live).toBe(0);
  });
});
