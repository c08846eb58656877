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
import type { ChannelBounds } from '../../src/components/kube-apiserver/watch-channels.ts';
import { createDistribution, Simulation } from '../../src/engine/index.ts';
import { milliseconds, nanoseconds, type SimTime, seconds, simTime } from '../../src/units/index.ts';

/** A table with one number by which versions fall into buckets. */
class BucketTable extends VersionTable {
  readonly bucket = this.number(EVERYTHING);
}

const distribution = createDistribution({ distribution: 'lognormal', p50: 1_000_000, p99: 20_000_000 });
const MINIMUM = nanoseconds(20_000);

/** Channels that are never full. */
const AMPLE: ChannelBounds = {
  minimum: 100_000,
  maximumOfBucket: 100_000,
  maximumOfEverything: 100_000,
  budgetRate: 0.05,
  budgetMaximum: milliseconds(100),
};
/** Channels that are full at once, and a budget that is soon spent. */
const NARROW: ChannelBounds = { ...AMPLE, minimum: 2, maximumOfBucket: 2, budgetMaximum: milliseconds(3) };

function makeLog(simulation: Simulation, table: BucketTable, maximum = 100_000, channels = AMPLE): WatchLog {
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
      channels,
      bookmarkPeriod: seconds(60),
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

/** One delivery to one watcher; the end of its watch is one of type END. */
type Delivery = readonly [watcher: number, revision: number, type: number, at: number];
const END = -1;

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
function fast(steps: readonly Step[], lateness: readonly number[], channels: ChannelBounds): Delivery[] {
  const simulation = new Simulation({ seed: 'twin' });
  const table = new BucketTable(kinds.pods);
  const log = makeLog(simulation, table, 100_000, channels);
  const seen: Delivery[] = [];
  const watchers: number[] = [];
  const readAll = (index: number) => {
    const watcher = watchers[index] as number;
    for (;;) {
      const sequence = log.next(watcher);
      if (sequence === NOTHING_DELIVERED) break;
      if (sequence === GONE) throw new Error('overtaken');
      seen.push([index, log.revisionAt(sequence), log.typeFor(watcher, sequence), log.seenAt(watcher)]);
    }
  };
  const read = simulation.on('read', (index) => {
    readAll(index);
    log.rest(watchers[index] as number);
  });
  selections.forEach((select, index) => {
    const late = milliseconds(lateness[index] ?? 0);
    const onDelivered = () => simulation.after(late, read, index);
    const onEnded = () => {
      readAll(index);
      seen.push([index, 0, END, simulation.now]);
    };
    watchers.push(log.openWatch(select, 0, { onDelivered, onEnded }));
  });
  play(
    steps,
    ({ revision, version, previous, dispatch, spread }) => log.append(revision, version, previous, dispatch, spread),
    simulation,
    table,
  );
  simulation.run(simTime(seconds(3600)));
  expect(log.watchers).toBe(selections.length - seen.filter(([, , type]) => type === END).length);
  return seen;
}

/** A watcher of the slow twin: when its goroutine has written each change of its channel, and when the server closed it. */
interface SlowWatcher {
  readonly written: number[];
  lastDelivery: number;
  closedAt: number;
}

/** The obviously right twin: a channel for each watcher, one event for each change that it selects. */
function slow(steps: readonly Step[], channels: ChannelBounds): Delivery[] {
  const simulation = new Simulation({ seed: 'twin' });
  const table = new BucketTable(kinds.pods);
  const keyed = simulation.streams.keyed('watchDelay');
  const seen: Delivery[] = [];
  const watchers = selections.map((): SlowWatcher => ({ written: [], lastDelivery: 0, closedAt: Infinity }));
  const payloads: { delivery: Delivery; written: number }[] = [];
  const deliver = simulation.on('deliver', (payload) => {
    const { delivery, written } = payloads[payload] as (typeof payloads)[number];
    if (written <= (watchers[delivery[0]] as SlowWatcher).closedAt) seen.push(delivery);
  });
  const ends = simulation.on('end', (watcher) => seen.push([watcher, 0, END, simulation.now]));
  let dispatcherFree = 0;
  let budget = 0;
  let budgetSince = 0;
  /** Changes in a channel that are not written at an instant. */
  const held = ({ written }: SlowWatcher, at: number) => written.filter((instant) => instant > at).length;
  const delayOf = (watcher: number, revision: number) =>
    Math.max(distribution.keyedSample(keyed, watcher, revision), MINIMUM);
  const close = (index: number, at: number) => {
    const watcher = watchers[index] as SlowWatcher;
    watcher.closedAt = at;
    const arrivals = payloads.filter(({ delivery, written }) => delivery[0] === index && written <= at);
    const last = Math.max(0, ...arrivals.map(({ delivery }) => delivery[3]));
    simulation.at(simTime(Math.max(last, at + delayOf(index, 0), simulation.now + MINIMUM)), ends, index);
  };
  play(
    steps,
    ({ revision, version, previous, dispatch: processed, spread }) => {
      const dispatch = Math.max(processed, dispatcherFree);
      const interested = selections.flatMap((select, index) => {
        const inside = (handle: VersionHandle) =>
          handle !== NO_VERSION && (select === EVERYTHING || table.bucket.get(handle) === select);
        if ((watchers[index] as SlowWatcher).closedAt < Infinity || !(inside(version) || inside(previous))) return [];
        let type: number = ChangeType.Deleted;
        if (inside(version)) type = inside(previous) ? ChangeType.Modified : ChangeType.Added;
        return [{ index, watcher: watchers[index] as SlowWatcher, type }];
      });
      const isFull = interested.some(({ watcher }) => held(watcher, dispatch) >= channels.minimum);
      if (isFull) {
        budget = Math.min(channels.budgetMaximum, budget + (dispatch - budgetSince) * channels.budgetRate);
        budget = Math.round(budget);
        budgetSince = dispatch;
      }
      const deadline = dispatch + budget;
      let time = dispatch;
      const served = interested.filter(({ index, watcher }) => {
        if (held(watcher, time) < channels.minimum) return true;
        const room = watcher.written.find(
          (instant) => instant <= deadline && held(watcher, instant) < channels.minimum,
        );
        time = Math.max(time, room ?? deadline);
        if (room === undefined) close(index, deadline);
        return room !== undefined;
      });
      budget -= time - dispatch;
      dispatcherFree = time;
      for (const { index, watcher, type } of served) {
        const place = spread > 0 ? Math.round(keyed.uniform(-1 - index, revision) * spread) : 0;
        const written = Math.max(watcher.written.at(-1) ?? 0, dispatch + place);
        watcher.written.push(written);
        watcher.lastDelivery = Math.max(watcher.lastDelivery, dispatch + place + delayOf(index, revision));
        payloads.push({ delivery: [index, revision, type, watcher.lastDelivery], written });
        simulation.at(simTime(watcher.lastDelivery), deliver, payloads.length - 1);
      }
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
          expect(byWatcher(fast(steps, lateness, AMPLE))).toEqual(byWatcher(slow(steps, AMPLE)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('waits for the same full channels and closes the same watchers at the same instants', () => {
    let closures = 0;
    fc.assert(
      fc.property(
        fc.array(stepArbitrary, { minLength: 1, maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 6, maxLength: 6 }),
        (slowSteps, lateness) => {
          const steps = slowSteps.map((step) => ({ ...step, pause: Math.floor(step.pause / 20) }));
          const expected = slow(steps, NARROW);
          closures += expected.filter(([, , type]) => type === END).length;
          expect(byWatcher(fast(steps, lateness, NARROW))).toEqual(byWatcher(expected));
        },
      ),
      { numRuns: 300 },
    );
    expect(closures).toBeGreaterThan(50);
  });

  it('tells who takes all at once the same revision as who reads change by change, whenever they look', () => {
    /** What each watcher has seen at each instant at which all look. */
    const seenBy = (
      steps: readonly Step[],
      looks: readonly number[],
      take: (log: WatchLog, watcher: number) => void,
    ) => {
      const simulation = new Simulation({ seed: 'takes' });
      const table = new BucketTable(kinds.pods);
      const log = makeLog(simulation, table, 100_000);
      const idle = { onDelivered: () => {}, onEnded: () => {} };
      const watchers = selections.map((select) => log.openWatch(select, 0, idle));
      const seen: number[] = [];
      const look = simulation.on('look', () => {
        for (const watcher of watchers) {
          take(log, watcher);
          seen.push(log.seenRevision(watcher));
          log.rest(watcher);
        }
      });
      for (const at of looks) simulation.at(simTime(at), look);
      const append = log.append.bind(log);
      play(
        steps,
        ({ revision, version, previous, dispatch, spread }) => append(revision, version, previous, dispatch, spread),
        simulation,
        table,
      );
      simulation.run(simTime(seconds(3600)));
      return seen;
    };
    const looksArbitrary = fc.array(fc.integer({ min: 0, max: 600_000_000 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 40 }), looksArbitrary, (steps, looks) => {
        const oneByOne = seenBy(steps, looks, (log, watcher) => {
          while (log.next(watcher) >= 0);
        });
        for (const isPunctual of [true, false])
          expect(seenBy(steps, looks, (log, watcher) => log.takeAll(watcher, isPunctual))).toEqual(oneByOne);
      }),
      { numRuns: 200 },
    );
  });

  it('answers GONE to a watch from before its history and to a watcher that the ring has overtaken', () => {
    const simulation = new Simulation({ seed: 'gone' });
    const table = new BucketTable(kinds.pods);
    const log = makeLog(simulation, table, 4);
    const sleeper = log.openWatch(EVERYTHING, 0, { onDelivered: () => {}, onEnded: () => {} });
    for (let revision = 1; revision <= 10; revision++) {
      log.append(revision, table.allocate(1 as ObjectKey), NO_VERSION, simTime(revision * 1e9), 0);
      simulation.run(simTime(revision * 1e9));
    }
    expect(log.takeAll(sleeper, true)).toBe(GONE);
    expect(log.next(sleeper)).toBe(GONE);
    expect(log.openWatch(EVERYTHING, 2, null)).toBe(GONE);
    expect(log.openWatch(EVERYTHING, 6, null)).not.toBe(GONE);
  });

  it('wakes an idle watcher once for many changes and not at all while it is awake', () => {
    const simulation = new Simulation({ seed: 'wake' });
    const table = new BucketTable(kinds.pods);
    const log = makeLog(simulation, table);
    let wakes = 0;
    log.openWatch(EVERYTHING, 0, { onDelivered: () => wakes++, onEnded: () => {} });
    for (let revision = 1; revision <= 50; revision++) {
      log.append(revision, table.allocate(1 as ObjectKey), NO_VERSION, simulation.now, 0);
      simulation.run(simTime(revision * 1e8));
    }
    expect(wakes).toBe(1);
  });

  it('closes a silent watcher that did not read what its watch began with, and has nothing of that to give at the end', () => {
    const simulation = new Simulation({ seed: 'silent' });
    const table = new BucketTable(kinds.pods);
    const log = makeLog(simulation, table, 100_000, NARROW);
    let revision = 0;
    const append = (count: number) => {
      for (let i = 0; i < count; i++) {
        log.append(++revision, table.allocate(1 as ObjectKey), NO_VERSION, simulation.now, milliseconds(1));
      }
    };
    append(5);
    const read: number[] = [];
    let seenAtEnd = 0;
    const watcher = log.openWatch(EVERYTHING, 0, {
      isSilent: true,
      onDelivered: () => {},
      onEnded: () => {
        for (let next = log.next(watcher); next >= 0; next = log.next(watcher)) read.push(log.revisionAt(next));
        seenAtEnd = log.seenRevision(watcher);
      },
    });
    const burst = simulation.on('burst', () => append(200));
    simulation.at(simTime(seconds(1)), burst);
    simulation.run(simTime(seconds(10)));
    expect(log.takeTerminated()).toBe(1);
    expect(read).toEqual([]);
    expect(seenAtEnd).toBeGreaterThanOrEqual(5);
    expect(seenAtEnd).toBeLessThan(205);
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
