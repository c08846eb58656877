import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kinds, NO_VERSION, type ObjectKey } from '../../../src/cluster/index.ts';
import { StatusCode, Verb } from '../../../src/components/api-machinery/index.ts';
import { SharedInformer } from '../../../src/components/client-go/index.ts';
import { NS_PER_SECOND, seconds } from '../../../src/units/index.ts';
import { InformerWorld, stepsArbitrary } from './informer-world.ts';

const short = { etcd: { members: 1 } };

/** Revisions by key in the order in which they were told. */
function revisionsOf(told: readonly { key: number; revision: number }[], key: number): number[] {
  return told.filter((change) => change.key === key && change.revision > 0).map(({ revision }) => revision);
}

describe('an informer', () => {
  it('is told of every change exactly once, in the order of the store', () => {
    fc.assert(
      fc.property(stepsArbitrary, (steps) => {
        const world = new InformerWorld(short);
        world.informer.start();
        world.runFor(1);
        world.playSteps(steps);
        world.runFor(5);
        expect(world.told).toEqual(world.committed);
        expect(world.cached()).toEqual(world.stored());
      }),
      { numRuns: 60 },
    );
  });

  it('finds what was there when it starts, once each, and then every change', () => {
    fc.assert(
      fc.property(stepsArbitrary, stepsArbitrary, (before, after) => {
        const world = new InformerWorld(short);
        world.playSteps(before);
        world.runFor(5);
        const there = world.stored();
        world.committed.length = 0;
        world.informer.start();
        world.runFor(1);
        expect(world.told).toEqual(there.map(([key, revision]) => ({ what: 'add', key, revision })));
        expect(world.informer.hasSynced).toBe(true);
        world.told.length = 0;
        world.playSteps(after);
        world.runFor(5);
        expect(world.told).toEqual(world.committed);
      }),
      { numRuns: 30 },
    );
  });

  it('tells of every object again at each resync, until its process ends', () => {
    const world = new InformerWorld(short);
    world.playSteps([
      { pause: 0, key: 0, what: 'write' },
      { pause: 0, key: 1, what: 'write' },
      { pause: 0, key: 2, what: 'write' },
      { pause: 400, key: 1, what: 'delete' },
    ]);
    world.runFor(5);
    world.informer.start();
    world.informer.resyncEvery(seconds(20));
    world.runFor(10);
    const there = world.stored();
    expect(there).toHaveLength(2);
    world.told.length = 0;
    world.runFor(15);
    const resync = there.map(([key, revision]) => ({ what: 'update', key, revision }));
    expect(world.told).toEqual(resync);
    world.runFor(20);
    expect(world.told).toEqual([...resync, ...resync]);
    world.informer.stop();
    world.runFor(60);
    expect(world.told).toHaveLength(4);
  });

  it('misses nothing and sees nothing twice when its watch is opened again and again', () => {
    fc.assert(
      fc.property(stepsArbitrary, fc.boolean(), (steps, watchList) => {
        const watchTimeoutMinimum = 0.05 * NS_PER_SECOND;
        const world = new InformerWorld({ ...short, clientGo: { watchTimeoutMinimum, watchList } });
        world.recordAnswers();
        world.informer.start();
        world.runFor(1);
        world.playSteps(steps);
        world.runFor(5);
        expect(world.told).toEqual(world.committed);
        expect(world.codesOf(Verb.List)).toEqual(watchList ? [] : [StatusCode.Ok]);
        expect(world.codesOf(Verb.Watch).length).toBeGreaterThan(10);
      }),
      { numRuns: 30 },
    );
  });

  it('ends with what the store has after API servers have ended, and is never told of an older version', () => {
    fc.assert(
      fc.property(stepsArbitrary, fc.array(fc.nat(39), { maxLength: 3 }), (steps, crashes) => {
        const restart = 0.2 * NS_PER_SECOND;
        const world = new InformerWorld({ ...short, kubeApiserver: { replicas: 2, restart } });
        world.informer.start();
        world.runFor(1);
        world.playSteps(steps, (index) => {
          if (crashes.includes(index)) world.servers[index % 2]?.crash();
        });
        world.runFor(60);
        expect(world.cached()).toEqual(world.stored());
        for (let key = 0; key < 5; key++) {
          const revisions = revisionsOf(world.told, key);
          expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['lists', false],
    ['opens a watch with what there is', true],
  ])('%s again when its revision has left the history (410), and is told of what it missed', (_, watchList) => {
    const world = new InformerWorld({
      ...short,
      kubeApiserver: { watchCacheMinimum: 4, watchCacheMaximum: 4 },
      clientGo: { watchTimeoutMinimum: NS_PER_SECOND, watchList },
    });
    world.recordAnswers();
    for (let key = 0; key < 5; key++) world.configMap(`c${key}`);
    for (const key of [0, 1, 2]) world.change({ pause: 0, key, what: 'write' });
    world.runFor(1);
    world.informer.start();
    world.runFor(0.5);
    // No connection while its watch runs out; meanwhile more happens than the ring holds.
    world.watching.isCut = true;
    world.runFor(2);
    const before = world.told.length;
    world.change({ pause: 0, key: 0, what: 'delete' });
    for (let i = 0; i < 10; i++) {
      world.change({ pause: 0, key: 1, what: 'write' });
      world.runFor(0.05);
    }
    world.change({ pause: 0, key: 3, what: 'write' });
    world.runFor(1);
    world.watching.isCut = false;
    world.runFor(30);
    expect(world.codesOf(Verb.Watch)).toContain(StatusCode.Gone);
    const lists = world.codesOf(Verb.List).filter((code) => code === StatusCode.Ok).length;
    if (watchList) expect(lists).toBe(0);
    else expect(lists).toBeGreaterThanOrEqual(2);
    expect(world.cached()).toEqual(world.stored());
    // What there is tells of the last version of each object only.
    const told = world.told.slice(before).map(({ what, key }) => `${what} ${key}`);
    expect(told.sort()).toEqual(['add 3', 'delete 0', 'update 1']);
  });

  it('is never told of an older version by a list that takes long while much is written', () => {
    const world = new InformerWorld({
      etcd: { members: 1, rangeServicePerKey: 0.1 * NS_PER_SECOND },
      kubeApiserver: { watchCacheMinimum: 32, watchCacheMaximum: 32, consistentListFromCache: false },
      clientGo: { watchTimeoutMinimum: NS_PER_SECOND, watchList: false },
    });
    world.recordAnswers();
    for (let key = 0; key < 5; key++) world.configMap(`c${key}`);
    for (const key of [0, 1, 2]) world.change({ pause: 0, key, what: 'write' });
    world.runFor(1);
    world.informer.start();
    world.runFor(0.5);
    world.watching.isCut = true;
    world.runFor(2);
    const write = (times: number) => {
      for (let i = 0; i < times; i++) {
        world.change({ pause: 0, key: i % 3, what: 'write' });
        world.runFor(0.02);
      }
    };
    write(50);
    world.watching.isCut = false;
    write(400);
    world.runFor(5);
    expect(world.codesOf(Verb.Watch)).toContain(StatusCode.Gone);
    expect(world.cached()).toEqual(world.stored());
    for (const key of [0, 1, 2]) {
      const revisions = revisionsOf(world.told, key);
      expect(revisions).toEqual([...new Set(revisions)].sort((one, other) => one - other));
    }
  });

  it('watches again from where it was when an API server has restarted', () => {
    const world = new InformerWorld({ ...short, kubeApiserver: { restart: NS_PER_SECOND } });
    world.recordAnswers();
    world.informer.start();
    world.runFor(1);
    world.playSteps([{ pause: 0, key: 0, what: 'write' }]);
    world.runFor(1);
    world.servers[0]?.crash();
    world.runFor(20);
    world.playSteps([{ pause: 0, key: 1, what: 'write' }]);
    world.runFor(5);
    expect(world.told).toEqual(world.committed);
    expect(world.codesOf(Verb.Watch).filter((code) => code === StatusCode.Ok)).toHaveLength(2);
  });

  it('backs off while no API server answers: 0.8 s and up to twice that, doubled each time', () => {
    const world = new InformerWorld({
      ...short,
      kubeApiserver: { restart: 3600 * NS_PER_SECOND },
      clientGo: { connectRetry: 1000 },
    });
    const tries: number[] = [];
    world.clientGo.observe({
      onAnswered: (_, client) => {
        if (client === world.watching) tries.push(world.simulation.now / NS_PER_SECOND);
      },
    });
    world.servers[0]?.crash();
    world.informer.start();
    world.runFor(300);
    const pauses = tries.slice(1).map((instant, i) => instant - (tries[i] ?? 0));
    for (const [i, pause] of pauses.entries()) {
      const base = Math.min(0.8 * 2 ** i, 30);
      expect(pause).toBeGreaterThanOrEqual(base - 0.001);
      expect(pause).toBeLessThanOrEqual(2 * base + 0.001);
    }
    expect(pauses.length).toBeGreaterThan(6);
  });

  it('keeps its indexes in step with its store', () => {
    fc.assert(
      fc.property(stepsArbitrary, (steps) => {
        const world = new InformerWorld(short);
        const { configmaps } = world.tables;
        const informer = new SharedInformer(
          world.clientGo,
          world.client(),
          kinds.configmaps,
          world.clientGo.reflectorReplies,
        );
        const index = informer.addIndex((version) => configmaps.bytes.get(version) % 3);
        informer.start();
        world.runFor(1);
        world.playSteps(steps);
        world.runFor(5);
        for (let value = 0; value < 3; value++) {
          const expected: number[] = [];
          informer.forEach((key, version) => {
            if (configmaps.bytes.get(version) % 3 === value) expected.push(key);
          });
          expect([...index.keys(value)].sort((a, b) => a - b)).toEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('holds no version any more once it has stopped', () => {
    const world = new InformerWorld(short);
    world.informer.start();
    world.runFor(1);
    world.playSteps([0, 1, 2].map((key) => ({ pause: 5, key, what: 'write' as const })));
    world.runFor(5);
    expect(world.cached()).toHaveLength(3);
    const before = world.tables.configmaps.live;
    world.informer.stop();
    world.runFor(1);
    expect(world.informer.get(0 as ObjectKey)).toBe(NO_VERSION);
    // Each version is still in the store, the cache and the log, so that only holds were given back, no rows.
    expect(world.tables.configmaps.live).toBe(before);
    world.servers[0]?.cache(kinds.configmaps).log.clear(1e9);
    expect(world.tables.configmaps.live).toBeLessThanOrEqual(before);
  });
});
