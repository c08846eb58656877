import { expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { type RequestId, writes } from '../../../src/components/api-machinery/index.ts';
import type { ApiClient } from '../../../src/components/client-go/index.ts';
import { EVERYTHING } from '../../../src/components/kube-apiserver/index.ts';
import {
  CommitTimes,
  GetModifyPut,
  LoadGenerator,
  type LoadPattern,
  LoadWatches,
  PagedList,
  Population,
  type RetryPolicyName,
  retryPolicies,
  SingleRequest,
} from '../../../src/components/load-generator/index.ts';
import { constantDistribution } from '../../../src/engine/index.ts';
import { seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';

/** Nothing lies between reading and writing, or between two operations. */
const AT_ONCE = constantDistribution(0);

/** A small world on one core with ConfigMaps c0, c1, …. */
function worldWith(objects: number, seed = 'loads'): { world: ApiWorld; population: Population } {
  const world = new ApiWorld(
    {
      host: { controlPlaneCores: 1 },
      etcd: { members: 1 },
      network: { nodeDelay: { distribution: 'constant', value: 60_000 } },
    },
    seed,
  );
  const keys = Array.from({ length: objects }, (_, i) => world.configMap(`c${i}`));
  world.play(
    (function* () {
      const client = world.client();
      for (let i = 0; i < objects; i++) yield* world.createConfigMap(client, `c${i}`);
    })(),
  );
  return { world, population: new Population(kinds.configmaps, keys) };
}

function loadOf(world: ApiWorld, pattern: LoadPattern, connections: readonly ApiClient[], operations = Infinity) {
  return new LoadGenerator({ name: 'test', clientGo: world.clientGo, pattern, connections, operations });
}

/** One statistic of a series of the load. */
function value(world: ApiWorld, metric: string, statistic: string, result?: string): number {
  const labels = result === undefined ? 'load=test' : `load=test;result=${result}`;
  const found = world.recorder.result().series.find((series) => series.metric === metric && series.labels === labels);
  return (found?.statistics as Record<string, number> | undefined)?.[statistic] ?? 0;
}

/** Clients that change the same objects for five seconds. */
function contend(clients: number, objects: number, retry: RetryPolicyName) {
  const { world, population } = worldWith(objects);
  const pattern = new GetModifyPut({
    population,
    size: 900,
    retry: retryPolicies[retry],
    modify: AT_ONCE,
  });
  const load = loadOf(
    world,
    pattern,
    Array.from({ length: clients }, () => world.client()),
  );
  load.closedLoop(clients, AT_ONCE);
  const end = world.simulation.now + seconds(5);
  world.simulation.run(simTime(end));
  load.stop();
  world.simulation.run(simTime(end + seconds(5)));
  const operations = (result: string) => value(world, 'plimsoll_load_operations_total', 'final', result);
  const conflicts = value(world, 'plimsoll_load_requests_total', 'final', 'conflict');
  const [ok, exhausted, failed] = ['ok', 'exhausted', 'failed'].map(operations) as [number, number, number];
  const attempts = value(world, 'plimsoll_load_attempts_per_operation', 'mean');
  return { ok, exhausted, failed, conflicts, share: conflicts / (conflicts + ok), attempts, world };
}

it('one writer never conflicts; every successful PUT is one revision of the store', () => {
  const { ok, conflicts, failed, world } = contend(1, 1, 'immediate');
  expect(ok).toBeGreaterThan(500);
  expect([conflicts, failed]).toEqual([0, 0]);
  // Revision 1 is the empty store, 2 the creation.
  expect(world.store.revision).toBe(2 + ok);
});

it('the more writers of one object, the more conflicts and the less goodput; with more objects both get better', () => {
  const [two, eight, sixteen] = [2, 8, 16].map((clients) => contend(clients, 1, 'immediate'));
  expect(two?.share).toBeGreaterThan(0.2);
  expect(eight?.share).toBeGreaterThan(two?.share as number);
  expect(sixteen?.share).toBeGreaterThan(eight?.share as number);
  expect(sixteen?.ok).toBeLessThan(two?.ok as number);
  const spread = contend(16, 64, 'immediate');
  expect(spread.share).toBeLessThan((sixteen?.share as number) / 3);
  expect(spread.ok).toBeGreaterThan(2 * (sixteen?.ok as number));
});

it('DefaultRetry gives up after five attempts, 10 ms apart; retrying at once never does', () => {
  const { exhausted, attempts, ok } = contend(24, 1, 'default');
  expect(exhausted).toBeGreaterThan(0);
  expect(attempts).toBeLessThanOrEqual(5);
  expect(ok).toBeGreaterThan(100);
  expect(contend(24, 1, 'immediate').exhausted).toBe(0);
  const none = contend(24, 1, 'none');
  expect(none.attempts).toBe(1);
  expect(none.exhausted).toBe(none.conflicts);
});

it('a closed loop of k clients has at most k operations under way, and as many as it was told to do in all', () => {
  const { world, population } = worldWith(10);
  let underWay = 0;
  let most = 0;
  world.clientGo.observe({
    onSent: () => {
      underWay++;
      most = Math.max(most, underWay);
    },
    onAnswered: () => {
      underWay--;
    },
  });
  const read = (client: ApiClient): RequestId => client.read(kinds.configmaps, population.keys[0] as never);
  const load = loadOf(world, new SingleRequest(read), [world.client()], 100);
  load.closedLoop(4, AT_ONCE);
  world.play(load.settled());
  expect(most).toBe(4);
  expect(value(world, 'plimsoll_load_operations_total', 'final', 'ok')).toBe(100);
});

it('an open loop goes on beginning operations however long they take', () => {
  const { world, population } = worldWith(1);
  const slow = new SingleRequest((client) => client.read(kinds.configmaps, population.keys[0] as never));
  const load = loadOf(world, slow, [world.client(10, 1)]);
  const began = world.simulation.now;
  world.play(
    (function* () {
      for (let i = 0; i < 50; i++) {
        load.launch();
        yield seconds(0.01);
      }
      load.stop();
      yield* load.settled();
    })(),
  );
  // Fifty reads through a limiter of 10 a second.
  expect(value(world, 'plimsoll_load_operations_total', 'final', 'ok')).toBe(50);
  expect((world.simulation.now - began) / seconds(1)).toBeGreaterThan(4.8);
  expect(value(world, 'plimsoll_load_operation_duration_seconds', 'max')).toBeGreaterThan(4);
});

it('a missing object is a failed operation, and its request is counted as not found', () => {
  const { world } = worldWith(1);
  const load = loadOf(
    world,
    new SingleRequest((client) => client.read(kinds.configmaps, world.configMap('nothing'))),
    [world.client()],
    3,
  );
  load.closedLoop(1, AT_ONCE);
  world.play(load.settled());
  expect(value(world, 'plimsoll_load_operations_total', 'final', 'failed')).toBe(3);
  expect(value(world, 'plimsoll_load_requests_total', 'final', 'not_found')).toBe(3);
});

it('watchers receive every change; those that are observed tell how long it took', () => {
  const { world, population } = worldWith(1);
  const watches = new LoadWatches({
    name: 'test',
    clientGo: world.clientGo,
    commits: new CommitTimes(world.store, world.clientGo),
    connections: [world.client()],
    kind: kinds.configmaps,
    bucket: () => EVERYTHING,
    count: 10,
    observed: 3,
  });
  for (let watcher = 0; watcher < 10; watcher++) watches.open(watcher);
  world.simulation.run(simTime(world.simulation.now + seconds(1)));
  expect(world.servers[0]?.cache(kinds.configmaps).log.watchers).toBe(10);
  const load = loadOf(
    world,
    new SingleRequest((client) => {
      const request = client.write(writes.configMapPatch, population.keys[0] as never);
      world.requests.setNumber(request, 0, 900);
      return request;
    }),
    [world.client()],
    20,
  );
  load.closedLoop(1, AT_ONCE);
  world.play(load.settled());
  world.simulation.run(simTime(world.simulation.now + seconds(1)));
  expect(value(world, 'plimsoll_load_watch_delivery_duration_seconds', 'count')).toBe(3 * 20);
  const longest = value(world, 'plimsoll_load_watch_delivery_duration_seconds', 'max');
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(0.5);
  watches.stop();
  expect(world.servers[0]?.cache(kinds.configmaps).log.watchers).toBe(0);
});

it('a list is one operation and shows what is there', () => {
  const { world } = worldWith(30);
  let seen = 0;
  world.clientGo.observe({
    onAnswered: (request) => {
      seen = (world.requests.object[request] as unknown[]).length;
    },
  });
  const pattern = new PagedList({
    kind: kinds.configmaps,
    bucket: () => EVERYTHING,
    fromCache: true,
    limit: 0,
    selectedShare: 0,
  });
  const load = loadOf(world, pattern, [world.client()], 2);
  load.closedLoop(1, AT_ONCE);
  world.play(load.settled());
  expect(seen).toBe(30);
  expect(value(world, 'plimsoll_load_operations_total', 'final', 'ok')).toBe(2);
});
