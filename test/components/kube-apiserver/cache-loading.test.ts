/** Watch caches that are filled from etcd: after a restart, and when etcd has cancelled their watches. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { StatusCode, Verb } from '../../../src/components/api-machinery/index.ts';
import { EVERYTHING } from '../../../src/components/kube-apiserver/index.ts';
import { NS_PER_SECOND } from '../../../src/units/index.ts';
import { InformerWorld, stepsArbitrary } from '../client-go/informer-world.ts';

/** Lists take long: a second for each object. */
const SLOW_LISTS = { members: 1, rangeServicePerKey: NS_PER_SECOND };

/** Five ConfigMaps, an informer of them, and an API server that ends, after a change that it has told nobody of, and is back a second later. */
function restarted(overrides: {
  readonly resilientCacheInitialization?: boolean;
  readonly maxRetries: number;
}): InformerWorld {
  const { resilientCacheInitialization = true, maxRetries } = overrides;
  const world = new InformerWorld({
    etcd: SLOW_LISTS,
    kubeApiserver: { restart: NS_PER_SECOND, resilientCacheInitialization, watchProcessService: 0.05 * NS_PER_SECOND },
    clientGo: { maxRetries },
  });
  for (let key = 0; key < 5; key++) world.configMap(`c${key}`);
  for (const key of [0, 1, 2, 3, 4]) world.change({ pause: 0, key, what: 'write' });
  world.runFor(1);
  world.recordAnswers();
  world.informer.start();
  world.runFor(5);
  world.change({ pause: 0, key: 0, what: 'delete' });
  world.runFor(0.02);
  world.servers[0]?.crash();
  return world;
}

/** How often the caches of ConfigMaps were filled. */
function fillings(world: InformerWorld): number {
  return world.recorder.counter('apiserver_watch_cache_initializations_total', { resource: 'configmaps' }).value;
}

describe('a watch cache after a restart', () => {
  it('is filled with what etcd has, and its watchers begin anew', () => {
    const world = restarted({ maxRetries: 10 });
    expect(world.cached()).toHaveLength(5);
    world.runFor(60);
    expect(fillings(world)).toBe(1);
    expect(world.cached()).toEqual(world.stored());
    expect(world.cached()).toHaveLength(4);
    expect(world.codesOf(Verb.Watch)).toContain(StatusCode.Gone);
    expect(world.servers[0]?.cache(kinds.configmaps).objects).toBe(4);
  });

  it('refuses watches with 429 while it is filled', () => {
    const world = restarted({ maxRetries: 0 });
    world.runFor(60);
    expect(world.codesOf(Verb.Watch)).toContain(StatusCode.TooManyRequests);
    expect(world.cached()).toEqual(world.stored());
  });

  it('lets them wait instead on older servers', () => {
    const world = restarted({ maxRetries: 0, resilientCacheInitialization: false });
    world.runFor(60);
    expect(world.codesOf(Verb.Watch)).not.toContain(StatusCode.TooManyRequests);
    expect(world.cached()).toEqual(world.stored());
  });

  it('misses nothing that is written while it is filled', () => {
    const world = restarted({ maxRetries: 10 });
    for (let i = 0; i < 40; i++) {
      world.runFor(0.05);
      world.change({ pause: 0, key: i % 5, what: i % 7 === 0 ? 'delete' : 'write' });
    }
    world.runFor(60);
    expect(world.cached()).toEqual(world.stored());
    expect(world.servers[0]?.cache(kinds.configmaps).objects).toBe(world.stored().length);
  });

  it('begins its list again when etcd fails, or has compacted the revision of its pages', () => {
    const world = new InformerWorld({
      etcd: { members: 3, rangeServicePerKey: 0.2 * NS_PER_SECOND },
      kubeApiserver: { restart: NS_PER_SECOND, watchCacheListPage: 1, compactionInterval: NS_PER_SECOND },
    });
    for (let key = 0; key < 5; key++) world.configMap(`c${key}`);
    for (const key of [0, 1, 2, 3, 4]) world.change({ pause: 0, key, what: 'write' });
    world.runFor(1);
    world.informer.start();
    world.runFor(1);
    world.servers[0]?.crash();
    world.runFor(1.3);
    world.store.killLeader();
    for (let i = 0; i < 15; i++) {
      world.runFor(0.5);
      world.change({ pause: 0, key: i % 5, what: 'write' });
    }
    world.runFor(60);
    expect(fillings(world)).toBe(1);
    expect(world.cached()).toEqual(world.stored());
  });
});

describe('watches that lack what etcd has compacted', () => {
  it('end for all watchers of the server, whose informers have the state of the store in the end and are told nothing twice', () => {
    fc.assert(
      fc.property(
        stepsArbitrary,
        fc.array(fc.record({ step: fc.nat(39), isCrash: fc.boolean() }), { maxLength: 4 }),
        fc.boolean(),
        (steps, incidents, watchList) => {
          const restart = 0.2 * NS_PER_SECOND;
          const world = new InformerWorld({
            etcd: { members: 1 },
            kubeApiserver: { replicas: 2, restart, compactionInterval: NS_PER_SECOND, watchCacheMinimum: 4 },
            clientGo: { watchList },
          });
          world.informer.start();
          world.runFor(1);
          world.playSteps(steps, (index) => {
            for (const { step, isCrash } of incidents) {
              const server = world.servers[index % 2];
              if (step !== index || server === undefined) continue;
              if (isCrash) server.crash();
              else world.simulation.after(0 as never, server.watchesCancelled, server.index, 1);
            }
          });
          world.runFor(90);
          expect(world.cached()).toEqual(world.stored());
          for (let key = 0; key < 5; key++) {
            const told = world.told.filter((change) => change.key === key && change.revision > 0);
            const revisions = told.map(({ revision }) => revision);
            expect(revisions).toEqual([...new Set(revisions)].sort((one, other) => one - other));
          }
          for (const { revision, objects } of world.servers.map((server) => server.cache(kinds.configmaps))) {
            expect(objects).toBe(world.stored().length);
            expect(revision).toBeLessThanOrEqual(world.store.revision);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('watchers that fall behind', () => {
  it('are closed by a server without CPU to spare, watch again, and are told of every change once', () => {
    const world = new InformerWorld({
      etcd: { members: 1 },
      host: { controlPlaneCores: 1 },
      kubeApiserver: {
        watchEventCpu: 0.02 * NS_PER_SECOND,
        watchChannelMinimum: 2,
        watchChannelUnindexed: 2,
        watchDispatchBudgetMaximum: 0.01 * NS_PER_SECOND,
        cacheConsistencyCheck: false,
      },
    });
    world.recordAnswers();
    world.informer.start();
    world.runFor(1);
    const log = world.servers[0]?.cache(kinds.configmaps).log;
    for (let i = 0; i < 20; i++) log?.openWatch(EVERYTHING, world.store.revision, null);
    world.playSteps(Array.from({ length: 60 }, (_, i) => ({ pause: 2, key: i % 5, what: 'write' as const })));
    world.runFor(120);
    const opened = world.codesOf(Verb.Watch).filter((code) => code === StatusCode.Ok).length;
    expect(opened).toBeGreaterThan(1);
    expect(world.told).toEqual(world.committed);
  });
});
