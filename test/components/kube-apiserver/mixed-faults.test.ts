/** Requests of all kinds while API servers end and start, webhooks hang and etcd loses its leader: nothing is lost, answered twice, or kept for ever. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Kind, kinds, NO_VERSION, type ObjectKey, type VersionHandle } from '../../../src/cluster/index.ts';
import { ReadNumber, type RequestId, writes } from '../../../src/components/api-machinery/index.ts';
import { type ApiClient, SharedInformer } from '../../../src/components/client-go/index.ts';
import { EVERYTHING, type WebhookConfiguration } from '../../../src/components/kube-apiserver/index.ts';
import { constantDistribution } from '../../../src/engine/index.ts';
import { milliseconds, NS_PER_SECOND, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';

/** Config maps that everybody works on. */
const KEYS = 12;
/** Virtual time after which everything that was asked for has its end: retries, outages and a compaction of all history [s]. */
const REST = 150;
/** Far more events than an attempt of a request causes, and attempts of one request at most. */
const EVENTS_PER_REQUEST = 100;
/** Events of a world at rest in that time: progress, bookmarks, ticks of raft and background work of three members and two servers. */
const EVENTS_AT_REST = 25_000;

const webhook: WebhookConfiguration = {
  name: 'policy',
  type: 'validating',
  resources: ['configmaps'],
  verbs: ['CREATE', 'UPDATE'],
  latency: constantDistribution(milliseconds(2)),
  timeout: seconds(1),
  failurePolicy: 'Fail',
  replicas: 1,
  concurrency: 4,
};

const stepArbitrary = fc.record({
  /** Pause before it [ms]. */
  pause: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 400 })),
  what: fc.oneof(
    {
      weight: 12,
      arbitrary: fc.constantFrom('get', 'list', 'page', 'selected', 'selected', 'create', 'patch', 'delete'),
    },
    { weight: 1, arbitrary: fc.constantFrom('deleteAll') },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'crash',
        'crash',
        'crash',
        'drain',
        'hang',
        'webhookDown',
        'killLeader',
        'pauseLeader',
      ),
    },
  ),
  key: fc.nat(KEYS - 1),
  /** Requests at once, on this key and those behind it. */
  burst: fc.oneof(fc.constant(1), fc.integer({ min: KEYS, max: 40 })),
});
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** What the run's world is like. */
const settingsArbitrary = fc.record({
  seats: fc.integer({ min: 1, max: 4 }),
  priorityAndFairness: fc.boolean(),
  resilientCacheInitialization: fc.boolean(),
  watchList: fc.boolean(),
  listFromCacheSnapshot: fc.boolean(),
  timeout: fc.constantFrom(0, 0.004, 0.3),
});

class MixedWorld extends ApiWorld {
  readonly tester: ApiClient;
  readonly informers: SharedInformer[];
  /** Answers by request that was issued. */
  readonly answers: number[] = [];
  private readonly note: number;

  constructor(settings: typeof settingsArbitrary extends fc.Arbitrary<infer T> ? T : never) {
    const { seats, priorityAndFairness, resilientCacheInitialization, watchList, listFromCacheSnapshot } = settings;
    super(
      {
        etcd: { members: 3, compactionBatch: 10 },
        host: { controlPlaneCores: 1 },
        kubeApiserver: {
          replicas: 2,
          restart: 0.2 * NS_PER_SECOND,
          requestTimeout: 2 * NS_PER_SECOND,
          maxRequestsInflight: priorityAndFairness ? seats * 4 : seats,
          maxMutatingRequestsInflight: seats,
          priorityAndFairness,
          resilientCacheInitialization,
          listFromCacheSnapshot,
          retryAfterMaximum: 4 * NS_PER_SECOND,
          // Slow, so that requests are met by faults in every stage.
          getCpu: milliseconds(2),
          createCpu: milliseconds(3),
          listBaseCpu: milliseconds(4),
          watchCacheMinimum: 4,
          watchCacheMaximum: 4,
          watchCacheListPage: 3,
          compactionInterval: 20 * NS_PER_SECOND,
        },
        clientGo: { watchList, maxRetries: 3 },
      },
      'mixed faults',
      { webhooks: [webhook] },
    );
    const timeout = settings.timeout === 0 ? {} : { timeout: seconds(settings.timeout) };
    const options = { name: 'tester', user: 'tester', groups: [], qps: 0, burst: 1, onNode: true, ...timeout };
    this.tester = this.clientGo.newClient(options);
    this.note = this.clientGo.onReplyDo((_, number) => {
      this.answers[number] = (this.answers[number] as number) + 1;
    });
    for (let key = 0; key < KEYS; key++) this.configMap(`c${key}`);
    this.informers = [0, 1].map(
      () => new SharedInformer(this.clientGo, this.client(), kinds.configmaps, this.clientGo.reflectorReplies),
    );
    for (const informer of this.informers) informer.start();
  }

  act({ what, key, burst }: Step): void {
    const server = this.servers[key % 2];
    if (what === 'crash') server?.crash();
    else if (what === 'drain') server?.restartGracefully();
    else if (what === 'hang') this.webhooks[0]?.fail('hang', seconds(0.5), 1);
    else if (what === 'webhookDown') this.webhooks[0]?.fail('down', seconds(0.5), 1);
    else if (what === 'killLeader') this.store.killLeader(seconds(1));
    else if (what === 'pauseLeader') this.store.faults.pause('leader', seconds(2));
    else for (let i = 0; i < burst; i++) this.send(this.make(what, ((key + i) % KEYS) as ObjectKey));
  }

  private make(what: Step['what'], key: ObjectKey): RequestId {
    const { tester, requests } = this;
    if (what === 'get') return tester.read(kinds.configmaps, key);
    if (what === 'delete') return tester.deletion(kinds.configmaps, key);
    if (what === 'deleteAll') return tester.collectionDeletion(kinds.configmaps, { namespace: 'default' });
    if (what === 'create' || what === 'patch') {
      const request = tester.write(what === 'patch' ? writes.configMapPatch : writes.configMapCreate, key);
      requests.setNumber(request, 0, 900);
      return request;
    }
    const request = tester.list(kinds.configmaps, EVERYTHING, what === 'list' && key % 2 === 0);
    if (what !== 'list') requests.setNumber(request, ReadNumber.Limit, 5);
    if (what === 'selected') requests.setNumber(request, ReadNumber.SelectedShare, 0.5);
    return request;
  }

  private send(request: RequestId): void {
    this.tester.send(request, this.note, this.answers.push(0) - 1);
  }

  runFor(span: number): void {
    this.simulation.run(simTime(this.simulation.now + seconds(span)));
  }

  /** Every version of config maps that somebody may hold: the store, caches and rings of the servers, informers. */
  held(): Set<VersionHandle> {
    const held = new Set<VersionHandle>();
    const add = (version: VersionHandle) => {
      if (version !== NO_VERSION) held.add(version);
    };
    const see = (_: ObjectKey, version: VersionHandle) => add(version);
    this.store.forEachCurrent(kinds.configmaps, see);
    for (const informer of this.informers) informer.forEach(see);
    for (const server of this.servers) {
      const cache = server.cache(kinds.configmaps as Kind);
      cache.forEach(see);
      const ring = cache.log.history;
      for (let sequence = ring.oldest; sequence < ring.end; sequence++) {
        add(ring.versionAt(sequence));
        add(ring.previousAt(sequence));
      }
    }
    return held;
  }

  /** Key and revision of every object, as somebody has them. */
  contents(forEach: (visit: (key: ObjectKey, version: VersionHandle) => void) => void): [number, number][] {
    const found: [number, number][] = [];
    forEach((key, version) => found.push([key, this.tables.configmaps.revision.get(version)]));
    return found;
  }

  /** Seats taken, and requests that wait, over all levels. */
  pending(): number {
    this.recorder.sample();
    let sum = 0;
    for (const { metric, statistics } of this.recorder.result().series) {
      if (!/current_(executing_seats|inqueue_requests|executing_requests)$/.test(metric)) continue;
      sum += (statistics as { readonly final: number }).final;
    }
    return sum;
  }
}

it('every request is answered once, and nothing is kept of it, whatever mix of faults it meets', () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { minLength: 10, maxLength: 40 }), settingsArbitrary, (steps, settings) => {
      const world = new MixedWorld(settings);
      for (const step of steps) {
        world.runFor(step.pause / 1000);
        world.act(step);
      }
      world.runFor(REST);
      expect(world.simulation.eventsProcessed).toBeLessThan(EVENTS_AT_REST + EVENTS_PER_REQUEST * world.answers.length);
      expect(world.answers).toEqual(world.answers.map(() => 1));
      expect([world.requests.inUse, world.requests.ownInUse]).toEqual([0, 0]);
      expect(world.pending()).toBe(0);
      const stored = world.contents((visit) => world.store.forEachCurrent(kinds.configmaps, visit));
      for (const informer of world.informers)
        expect(world.contents((visit) => informer.forEach(visit))).toEqual(stored);
      for (const server of world.servers)
        expect(world.contents((visit) => server.cache(kinds.configmaps).forEach(visit))).toEqual(stored);
      // What is held of versions shows once they are old: every object goes, twice over, so that the rings forget them too.
      for (const what of ['deleteAll', 'create', 'deleteAll'] as const) {
        world.act({ pause: 0, what, key: 0, burst: KEYS });
        world.runFor(REST);
      }
      expect(world.tables.configmaps.live).toBe(world.held().size);
      world.simulation.checkInvariants();
    }),
    { numRuns: 10, seed: 3, endOnFailure: true },
  );
});
