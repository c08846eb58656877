import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey, type PodTemplate } from '../../src/cluster/index.ts';
import { writes } from '../../src/components/api-machinery/index.ts';
import { readManifests, TemplateRegistry } from '../../src/manifests/index.ts';
import { ApiWorld } from './api-world.ts';

/** A pod template as a user would write it. */
function podTemplate(): PodTemplate {
  const text = 'apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { containers: [{ name: c, image: "i:1" }] }\n';
  const { intents } = readManifests('pod.yaml', text, { templates: new TemplateRegistry() });
  const [intent] = intents;
  if (intent?.kind !== 'Pod') throw new Error('no pod');
  return intent.template;
}

describe('status codes of the API server', () => {
  it('answers 201 to the first create and 409 to the second of the same name', () => {
    const world = new ApiWorld();
    const client = world.client();
    const codes: number[] = [];
    world.play(
      (function* () {
        codes.push(yield* world.createConfigMap(client, 'a'));
        codes.push(yield* world.createConfigMap(client, 'a'));
      })(),
    );
    expect(codes).toEqual([201, 409]);
  });

  it('answers 404 to reads, updates and deletes of what does not exist', () => {
    const world = new ApiWorld();
    const client = world.client();
    const key = world.configMap('missing');
    const codes: number[] = [];
    world.play(
      (function* () {
        for (const request of [
          client.read(kinds.configmaps, key),
          client.write(writes.configMapUpdate, key),
          client.deletion(kinds.configmaps, key),
        ]) {
          codes.push(world.requests.code[yield* client.call(request)] as number);
        }
      })(),
    );
    expect(codes).toEqual([404, 404, 404]);
  });

  it('refuses with 409 a PUT whose resourceVersion is not the stored one, and accepts one without', () => {
    const world = new ApiWorld();
    const client = world.client();
    const codes: number[] = [];
    world.play(
      (function* () {
        yield* world.createConfigMap(client, 'a');
        for (const revision of [1, 0]) {
          const put = client.write(writes.configMapUpdate, world.configMap('a'));
          world.requests.setNumber(put, 0, 1000);
          world.requests.expectedRevision[put] = revision;
          codes.push(world.requests.code[yield* client.call(put)] as number);
        }
      })(),
    );
    expect(codes).toEqual([409, 200]);
  });

  it('refuses with 422 a PUT of a Lease without resourceVersion', () => {
    const world = new ApiWorld();
    const client = world.client();
    const key = world.tables.keysOf('leases').intern('kube-node-lease', 'n');
    const codes: number[] = [];
    world.play(
      (function* () {
        codes.push(world.requests.code[yield* client.call(client.write(writes.leaseCreate, key))] as number);
        codes.push(world.requests.code[yield* client.call(client.write(writes.leaseRenew, key))] as number);
      })(),
    );
    expect(codes).toEqual([201, 422]);
  });

  it('refuses with 409 the second binding of a pod, and a delete with another UID', () => {
    const world = new ApiWorld();
    const client = world.client();
    const template = podTemplate();
    const key = world.tables.keysOf('pods').generate('default', 'p');
    const node = world.tables.keysOf('nodes').intern('', 'n');
    const codes: number[] = [];
    world.play(
      (function* () {
        const create = client.write(writes.podCreate, key);
        world.requests.setNumber(create, 0, -1);
        world.requests.setNumber(create, 1, -1);
        world.requests.object[create] = template;
        codes.push(world.requests.code[yield* client.call(create)] as number);
        for (let i = 0; i < 2; i++) {
          const bind = client.write(writes.podBinding, key);
          world.requests.setNumber(bind, 0, node);
          codes.push(world.requests.code[yield* client.call(bind)] as number);
        }
        codes.push(world.requests.code[yield* client.call(client.deletion(kinds.pods, key, 999, true))] as number);
      })(),
    );
    expect(codes).toEqual([201, 201, 409, 409]);
  });

  it('deletes a bound pod gracefully first and for good with grace 0', () => {
    const world = new ApiWorld();
    const client = world.client();
    const key = world.tables.keysOf('pods').generate('default', 'p');
    const deletedAt: number[] = [];
    world.play(
      (function* () {
        const create = client.write(writes.podCreate, key);
        world.requests.setNumber(create, 0, -1);
        world.requests.setNumber(create, 1, 0);
        world.requests.object[create] = podTemplate();
        yield* client.call(create);
        yield* client.call(client.deletion(kinds.pods, key));
        const graceful = world.requests.resultOf(yield* client.call(client.read(kinds.pods, key)));
        deletedAt.push(world.tables.pods.deletedAt.get(graceful));
        yield* client.call(client.deletion(kinds.pods, key, 0, true));
        deletedAt.push(world.requests.code[yield* client.call(client.read(kinds.pods, key))] as number);
      })(),
    );
    expect(deletedAt[0]).toBeGreaterThan(0);
    expect(deletedAt[1]).toBe(404);
  });

  it('answers 429 beyond the in-flight limit, and clients succeed after Retry-After', () => {
    const world = new ApiWorld({ kubeApiserver: { priorityAndFairness: false, maxMutatingRequestsInflight: 2 } });
    const client = world.client();
    const codes: number[] = [];
    const reply = world.clientGo.onReplyDo((request) => codes.push(world.requests.code[request] as number));
    for (let i = 0; i < 10; i++) {
      const request = client.write(writes.configMapCreate, world.configMap(`c${i}`));
      world.requests.setNumber(request, 0, 900);
      client.send(request, reply);
    }
    world.play(
      (function* () {
        yield 60e9;
      })(),
    );
    expect(codes).toHaveLength(10);
    expect(codes.every((code) => code === 201)).toBe(true);
    const rejected = world.recorder
      .result()
      .series.find((series) => series.metric === 'apiserver_request_total' && series.labels.includes('code=429'));
    expect(rejected?.statistics.final).toBeGreaterThan(0);
  });
});

describe('optimistic concurrency', () => {
  /** Clients that read, think and write one object with its resourceVersion for a while; returns the share of conflicts. */
  function conflictShare(clients: number, think: number): number {
    const world = new ApiWorld({ etcd: { members: 1 } });
    let tries = 0;
    let conflicts = 0;
    const key: ObjectKey = world.configMap('hot');
    world.play(
      (function* () {
        yield* world.createConfigMap(world.client(), 'hot');
      })(),
    );
    for (let i = 0; i < clients; i++) {
      const client = world.client();
      world.simulation.processes.spawn(
        'writer',
        (function* () {
          for (;;) {
            const read = yield* client.call(client.read(kinds.configmaps, key));
            const revision = world.tables.configmaps.revision.get(world.requests.resultOf(read));
            yield think;
            const put = client.write(writes.configMapUpdate, key);
            world.requests.setNumber(put, 0, 900);
            world.requests.expectedRevision[put] = revision;
            const code = world.requests.code[yield* client.call(put)] as number;
            tries++;
            if (code === 409) conflicts++;
          }
        })(),
      );
    }
    world.play(
      (function* () {
        yield 30e9;
      })(),
    );
    return conflicts / tries;
  }

  // k clients that always start again at once: of each round of k writes on the same version one wins.
  it.each([2, 4, 8])('gives %i clients on one object over a think time a conflict share near (k-1)/k', (k) => {
    const share = conflictShare(k, 20e6);
    expect(share).toBeGreaterThan((k - 1) / k - 0.08);
    expect(share).toBeLessThan((k - 1) / k + 0.08);
  });

  it('retries unconditional patches inside the server: none is refused', () => {
    const world = new ApiWorld({ etcd: { members: 1 } });
    const codes: number[] = [];
    const reply = world.clientGo.onReplyDo((request) => codes.push(world.requests.code[request] as number));
    world.play(
      (function* () {
        yield* world.createConfigMap(world.client(), 'hot');
      })(),
    );
    for (let i = 0; i < 16; i++) {
      const client = world.client();
      const patch = client.write(writes.configMapPatch, world.configMap('hot'));
      world.requests.setNumber(patch, 0, 1000 + i);
      client.send(patch, reply);
    }
    world.play(
      (function* () {
        yield 10e9;
      })(),
    );
    expect(codes).toEqual(Array(16).fill(200));
    const retried = world.recorder
      .result()
      .series.find(
        (series) => series.metric === 'plimsoll_conflicts_total' && series.labels.includes('retried_inside'),
      );
    expect(retried?.statistics.final).toBeGreaterThanOrEqual(15);
  });

  it('breaks off a create that had come as far as the address of its Service, and is a create of a Service again', () => {
    const world = new ApiWorld();
    const [server] = world.servers;
    const client = world.client();
    const key = world.tables.keysOf('services').intern('default', 's');
    let answer: { code: number; kind: number; key: number } | undefined;
    const reply = world.clientGo.onReplyDo((request) => {
      const { code, kind, key: answered } = world.requests;
      answer = { code: code[request] as number, kind: kind[request] as number, key: answered[request] as number };
    });
    // The process ends as soon as the address is stored.
    world.store.observe((change) => {
      if (change.kind === kinds.ipaddresses) server?.crash();
    });
    const request = client.write(writes.serviceCreate, key);
    world.requests.object[request] = { type: 'ClusterIP', headless: false, ports: [] };
    client.send(request, reply);
    world.play(
      (function* () {
        while (answer === undefined) yield 10e6;
      })(),
    );
    expect(answer).toEqual({ code: 0, kind: kinds.services, key });
    expect(world.store.objectCount(kinds.ipaddresses)).toBe(1);
    expect(world.store.objectCount(kinds.services)).toBe(0);
    world.simulation.checkInvariants();
  });
});
