/** LIST: from the watch cache as it is, consistent, in pages, from etcd; and what becomes of it when a revision is not to be had. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey, type VersionHandle } from '../../../src/cluster/index.ts';
import { ReadNumber, StatusCode, Verb, writes } from '../../../src/components/api-machinery/index.ts';
import type { ApiClient } from '../../../src/components/client-go/index.ts';
import { EVERYTHING } from '../../../src/components/kube-apiserver/index.ts';
import { milliseconds, NS_PER_SECOND, seconds } from '../../../src/units/index.ts';
import { ApiWorld, type Overrides } from '../api-world.ts';

const short = { etcd: { members: 1 } };

/** What a list asks for beyond all ConfigMaps. */
interface Asked {
  readonly limit?: number;
  readonly position?: number;
  readonly revision?: number;
  readonly minimum?: number;
  readonly share?: number;
  readonly fromCache?: boolean;
}

/** An answer: keys with the revisions of their objects, and where the next page begins. */
interface Answer {
  readonly code: number;
  readonly objects: readonly (readonly [key: number, revision: number])[];
  readonly revision: number;
  readonly position: number;
  readonly next: number;
  readonly took: number;
}

class ListWorld extends ApiWorld {
  readonly tester: ApiClient;

  constructor(overrides: Overrides) {
    super(overrides, 'lists');
    this.tester = this.client();
  }

  *list(asked: Asked = {}): Generator<number, Answer, number> {
    const { requests, simulation, tables } = this;
    const request = this.tester.list(kinds.configmaps, EVERYTHING, asked.fromCache ?? false);
    requests.setNumber(request, ReadNumber.Limit, asked.limit ?? 0);
    requests.setNumber(request, ReadNumber.Position, asked.position ?? 0);
    requests.setNumber(request, ReadNumber.Revision, asked.revision ?? 0);
    requests.setNumber(request, ReadNumber.SelectedShare, asked.share ?? 0);
    requests.expectedRevision[request] = asked.minimum ?? 0;
    const since = simulation.now;
    const reply = yield* this.tester.call(request);
    const { key, revision } = tables.configmaps;
    const listed = (requests.object[reply] as readonly VersionHandle[] | null) ?? [];
    return {
      code: requests.code[reply] as number,
      objects: listed.map((version) => [key.get(version), revision.get(version)] as const),
      revision: requests.resultRevision[reply] as number,
      position: requests.number(reply, ReadNumber.Position),
      next: requests.number(reply, ReadNumber.Revision),
      took: (simulation.now - since) / NS_PER_SECOND,
    };
  }

  *deleteConfigMap(name: string): Generator<number, void, number> {
    yield* this.tester.call(this.tester.deletion(kinds.configmaps, this.configMap(name)));
  }

  /** A secret is none of the ConfigMaps' business: it only moves the store. */
  *createSecret(name: string): Generator<number, void, number> {
    const key = this.tables.keysOf(kinds.secrets).intern('default', name);
    const request = this.tester.write(writes.secretCreate, key);
    this.requests.setNumber(request, 0, 500);
    yield* this.tester.call(request);
  }

  stored(): [number, number][] {
    const found: [number, number][] = [];
    this.store.forEachCurrent(kinds.configmaps, (key, version) => {
      found.push([key, this.tables.configmaps.revision.get(version)]);
    });
    return found;
  }
}

describe('a list without resourceVersion', () => {
  it('shows what its client has just written, from the watch cache', () => {
    const world = new ListWorld(short);
    world.play(
      (function* () {
        for (let i = 0; i < 20; i++) {
          yield* world.createConfigMap(world.tester, `c${i}`);
          const answer = yield* world.list();
          expect(answer.objects).toEqual(world.stored());
          expect(answer.took).toBeLessThan(0.15);
        }
      })(),
    );
    expect(world.recorder.counter('apiserver_watch_cache_consistent_read_total', consistent(true)).value).toBe(20);
  });

  it('waits for progress while its resource is idle and others change: at once at first, then every 100 ms', () => {
    const world = new ListWorld(short);
    world.play(
      (function* () {
        yield* world.createConfigMap(world.tester, 'c0');
        const took: number[] = [];
        for (let i = 0; i < 20; i++) {
          yield* world.createSecret(`s${i}`);
          took.push((yield* world.list()).took);
        }
        expect(Math.min(...took)).toBeLessThan(0.02);
        expect(Math.max(...took)).toBeGreaterThan(0.08);
        expect(Math.max(...took)).toBeLessThan(0.12);
      })(),
    );
  });

  it('goes to etcd when the cache is not new enough within three seconds', () => {
    const world = new ListWorld({ ...short, kubeApiserver: { progressRequestPeriod: 60 * NS_PER_SECOND } });
    world.play(
      (function* () {
        yield* world.createConfigMap(world.tester, 'c0');
        yield* world.createSecret('s0');
        yield* world.list();
        yield* world.createSecret('s1');
        const answer = yield* world.list();
        expect(answer.objects).toEqual(world.stored());
        expect(answer.took).toBeGreaterThan(3);
        expect(answer.took).toBeLessThan(3.1);
      })(),
    );
    expect(world.recorder.counter('apiserver_watch_cache_consistent_read_total', consistent(false)).value).toBe(1);
  });

  it('always goes to etcd where the cache may not answer it (before 1.31)', () => {
    const world = new ListWorld({ ...short, kubeApiserver: { consistentListFromCache: false } });
    world.play(
      (function* () {
        yield* world.createConfigMap(world.tester, 'c0');
        yield* world.createSecret('s0');
        const answer = yield* world.list();
        expect(answer.objects).toEqual(world.stored());
        expect(answer.took).toBeLessThan(0.05);
      })(),
    );
    expect(world.recorder.counter('apiserver_watch_cache_consistent_read_total', consistent(true)).value).toBe(0);
  });
});

function consistent(success: boolean) {
  return { resource: 'configmaps', success: String(success), fallback: String(!success) };
}

it('a list that demands a revision which is not there is answered 504 after three seconds, and comes again a second later', () => {
  const world = new ListWorld({ ...short, clientGo: { maxRetries: 1 } });
  world.play(
    (function* () {
      const answer = yield* world.list({ minimum: 1e6 });
      expect(answer.code).toBe(StatusCode.GatewayTimeout);
      expect(answer.took).toBeGreaterThan(7);
      expect(answer.took).toBeLessThan(7.1);
      yield* world.createConfigMap(world.tester, 'c0');
      const now = world.store.revision;
      expect((yield* world.list({ minimum: now })).code).toBe(StatusCode.Ok);
    })(),
  );
});

it('a watch that begins with what there is waits no longer than a list for a cache that is behind: 504', () => {
  const world = new ListWorld({
    ...short,
    kubeApiserver: { progressRequestPeriod: 60 * NS_PER_SECOND },
    clientGo: { maxRetries: 0 },
  });
  const { requests, simulation, tester } = world;
  world.play(
    (function* () {
      yield* world.createConfigMap(tester, 'c0');
      yield* world.createSecret('s0');
      yield* world.list();
      yield* world.createSecret('s1');
      const since = simulation.now;
      const request = requests.allocate(Verb.Watch, kinds.configmaps, -1 as ObjectKey);
      requests.setNumber(request, ReadNumber.Bucket, EVERYTHING);
      requests.setNumber(request, ReadNumber.InitialEvents, 1);
      const reply = yield* tester.call(request);
      expect(requests.code[reply]).toBe(StatusCode.GatewayTimeout);
      expect((simulation.now - since) / NS_PER_SECOND).toBeCloseTo(3, 1);
    })(),
  );
});

describe('a list in pages', () => {
  const stepArbitrary = fc.record({ key: fc.nat(11), isDelete: fc.boolean() });

  it.each([
    ['the watch cache', { listFromCacheSnapshot: true }],
    ['etcd', { listFromCacheSnapshot: false }],
    ['etcd, for the ring does not reach back', { watchCacheMinimum: 1, watchCacheMaximum: 1 }],
  ])(
    'from %s shows what there was when the first page was asked for, once each, whatever changes meanwhile',
    (_, of) => {
      fc.assert(
        fc.property(
          fc.array(stepArbitrary, { minLength: 1, maxLength: 25 }),
          fc.integer({ min: 1, max: 5 }),
          fc.constantFrom(0, 0.5),
          fc.integer({ min: 0, max: 3 }),
          (steps, limit, share, between) => {
            const world = new ListWorld({ ...short, kubeApiserver: of });
            const act = function* ({ key, isDelete }: { key: number; isDelete: boolean }) {
              const exists = world.stored().some(([stored]) => stored === world.configMap(`c${key}`));
              if (isDelete && exists) yield* world.deleteConfigMap(`c${key}`);
              else if (!exists) yield* world.createConfigMap(world.tester, `c${key}`);
            };
            world.play(
              (function* () {
                for (const step of steps) yield* act(step);
                const all = (yield* world.list({ share })).objects;
                const seen: (readonly [number, number])[] = [];
                let position = 0;
                let revision = 0;
                for (let page = 0; ; page++) {
                  const answer = yield* world.list({ limit, share, position, revision });
                  expect(answer.code).toBe(StatusCode.Ok);
                  expect(answer.objects.length).toBeLessThanOrEqual(limit);
                  seen.push(...answer.objects);
                  if (answer.position === 0) break;
                  expect(answer.objects).toHaveLength(limit);
                  position = answer.position;
                  revision = answer.next;
                  for (let i = 0; i < between; i++) yield* act(steps[(page + i) % steps.length] as never);
                }
                expect(seen).toEqual(all);
              })(),
            );
            world.clientGo.checkInvariants();
          },
        ),
        { numRuns: 25 },
      );
    },
  );

  it('asks etcd for more and more while a selector leaves little', () => {
    const world = new ListWorld({ ...short, kubeApiserver: { listFromCacheSnapshot: false, watchCacheListPage: 40 } });
    const ranges = world.recorder.histogram('etcd_request_duration_seconds', { operation: 'list', type: 'configmaps' });
    world.play(
      (function* () {
        for (let i = 0; i < 100; i++) yield* world.createConfigMap(world.tester, `c${i}`);
        const answer = yield* world.list({ limit: 10, share: 0.01 });
        // Of 10, 20, 40 and 30 objects.
        expect(ranges.count).toBe(4);
        expect(answer.position).toBe(0);
        expect(answer.objects.length).toBeLessThan(10);
      })(),
    );
  });

  it('begins where it began when it is sent again, because the server ended while it asked etcd for more', () => {
    const world = new ListWorld({
      etcd: { members: 1 },
      kubeApiserver: { listFromCacheSnapshot: false, watchCacheListPage: 40, restart: 0.5 * NS_PER_SECOND },
    });
    world.play(
      (function* () {
        for (let i = 0; i < 400; i++) yield* world.createConfigMap(world.tester, `c${i}`);
        const all = (yield* world.list({ share: 0.2 })).objects;
        const ranges = world.recorder.histogram('etcd_request_duration_seconds', {
          operation: 'list',
          type: 'configmaps',
        });
        const before = ranges.count;
        const crash = world.simulation.on('test: crash', () => {
          if (ranges.count < before + 3) world.simulation.after(milliseconds(0.1), crash);
          else world.servers[0]?.crash();
        });
        world.simulation.after(milliseconds(0.1), crash);
        const answer = yield* world.list({ limit: 200, share: 0.2 });
        expect(answer.took).toBeGreaterThan(1);
        expect(answer.objects).toEqual(all);
      })(),
    );
  });

  it('has expired (410) once etcd has compacted its revision and the ring has forgotten it', () => {
    const world = new ListWorld({
      ...short,
      kubeApiserver: { watchCacheMinimum: 1, watchCacheMaximum: 1, compactionInterval: 10 * NS_PER_SECOND },
    });
    world.play(
      (function* () {
        for (let i = 0; i < 10; i++) yield* world.createConfigMap(world.tester, `c${i}`);
        const first = yield* world.list({ limit: 4 });
        expect(first.objects).toHaveLength(4);
        for (let i = 10; i < 20; i++) {
          yield* world.createConfigMap(world.tester, `c${i}`);
          yield seconds(3);
        }
        const { position, next: revision } = first;
        expect((yield* world.list({ limit: 4, position, revision })).code).toBe(StatusCode.Gone);
        expect((yield* world.list({ limit: 4 })).code).toBe(StatusCode.Ok);
      })(),
    );
  });
});

it('a list of the pods of a node looks at those alone', () => {
  const world = new ListWorld(short);
  const { pods } = world.tables;
  for (let i = 0; i < 100; i++) {
    const version = pods.allocate(world.tables.keysOf(kinds.pods).intern('default', `p${i}`));
    pods.node.set(version, i % 20);
    const change = world.store.preload(kinds.pods, version);
    for (const server of world.servers) server.preload(kinds.pods, change.key, version, change.revision);
  }
  world.play(
    (function* () {
      const request = world.tester.list(kinds.pods, 7, true);
      const reply = yield* world.tester.call(request);
      const keys = (world.requests.object[reply] as VersionHandle[]).map((version) => pods.key.get(version));
      expect(keys).toEqual([7, 27, 47, 67, 87] as ObjectKey[]);
      expect(world.requests.scanned[reply]).toBe(5);
    })(),
  );
});
