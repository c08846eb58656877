import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kinds, NO_VERSION, type QuotaAmounts } from '../../../src/cluster/index.ts';
import { writes } from '../../../src/components/api-machinery/index.ts';
import { milliseconds, seconds } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';
import { ClusterWorld } from '../cluster-world.ts';

/** A world whose namespace default has a quota, counted already. */
function worldWith(hard: QuotaAmounts, servers = 1): ApiWorld {
  const world = new ApiWorld({ kubeApiserver: { replicas: servers } });
  const { resourcequotas } = world.tables;
  const version = resourcequotas.allocate(world.tables.keysOf('resourcequotas').intern('default', 'quota'));
  resourcequotas.hard.set(version, hard);
  resourcequotas.usage.set(version, Object.fromEntries(Object.keys(hard).map((name) => [name, 0])));
  const { key, revision } = world.store.preload(kinds.resourcequotas, version);
  for (const server of world.servers) server.preload(kinds.resourcequotas, key, version, revision);
  return world;
}

/** What the status of the quota says. */
function used(world: ApiWorld): QuotaAmounts {
  const key = world.tables.keysOf('resourcequotas').find('default', 'quota');
  const version = world.store.current(kinds.resourcequotas, key);
  return version === NO_VERSION ? {} : world.tables.resourcequotas.usage.get(version);
}

/** Creates config maps at these instants [ms], in turn over all API servers; the codes. */
function createAt(world: ApiWorld, instants: readonly number[]): number[] {
  const codes: number[] = [];
  const reply = world.clientGo.onReplyDo((request) => codes.push(world.requests.code[request] as number));
  const clients = world.servers.map(() => world.client());
  const create = world.simulation.on('test: create', (i) => {
    const client = clients[i % clients.length] as (typeof clients)[number];
    const request = client.write(writes.configMapCreate, world.configMap(`m${i}`));
    world.requests.setNumber(request, 0, 500);
    client.send(request, reply);
  });
  instants.forEach((instant, i) => {
    world.simulation.after(milliseconds(instant), create, i);
  });
  world.play(
    (function* () {
      while (codes.length < instants.length) yield milliseconds(50);
    })(),
  );
  return codes;
}

describe('ResourceQuota admission', () => {
  it('lets in what there is room for and refuses the rest with 403', () => {
    const world = worldWith({ configmaps: 3 });
    const codes = createAt(world, [0, 100, 200, 300, 400]);
    expect(codes).toEqual([201, 201, 201, 403, 403]);
    expect(used(world)).toEqual({ configmaps: 3 });
  });

  it('leaves other namespaces and other kinds alone', () => {
    const world = worldWith({ configmaps: 0 });
    const client = world.client();
    const codes: number[] = [];
    world.play(
      (function* () {
        for (const [kind, namespace] of [
          [kinds.configmaps, 'elsewhere'],
          [kinds.secrets, 'default'],
          [kinds.configmaps, 'default'],
        ] as const) {
          const key = world.tables.keysOf(kind).intern(namespace, 'a');
          codes.push(world.requests.code[yield* client.call(client.write(writes.objectCreate, key, kind))] as number);
        }
      })(),
    );
    expect(codes).toEqual([201, 201, 403]);
  });

  it('writes the status once for all creates that came while it wrote it the last time', () => {
    const world = worldWith({ configmaps: 100 });
    const before = world.store.revision;
    expect(new Set(createAt(world, Array(40).fill(0)))).toEqual(new Set([201]));
    const statusWrites = world.store.revision - before - 40;
    expect(statusWrites).toBeLessThan(10);
    expect(used(world)).toEqual({ configmaps: 40 });
  });

  it('refuses with 500 after ten seconds what it cannot judge, because nothing can be written', () => {
    const world = worldWith({ configmaps: 10 });
    for (let member = 0; member < world.parameters.etcd.members; member++)
      world.store.faults.pause(member, seconds(60));
    const since = world.simulation.now;
    expect(createAt(world, [0, 5000])).toEqual([500, 500]);
    // The world moves on in whole seconds.
    expect((world.simulation.now - since) / seconds(1)).toBe(16);
  });

  it('never lets in more than the quota, however many create at once at however many API servers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 12 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 30 }),
        (servers, limit, instants) => {
          const world = worldWith({ configmaps: limit }, servers);
          const codes = createAt(world, instants);
          const admitted = codes.filter((code) => code === 201).length;
          expect(admitted).toBeLessThanOrEqual(limit);
          expect(world.store.objectCount(kinds.configmaps)).toBe(admitted);
          expect(used(world).configmaps).toBeGreaterThanOrEqual(admitted);
          // One server alone loses no race: it fills the quota.
          if (servers === 1) expect(admitted).toBe(Math.min(limit, instants.length));
        },
      ),
      { numRuns: 25, seed: 7 },
    );
  });
});

describe('the resource quota controller', () => {
  const quota = (hard: string) => `
apiVersion: v1
kind: ResourceQuota
metadata: { name: team }
spec: { hard: { ${hard} } }
`;

  it('counts a quota before anything can be made under it, and gives room back when pods go', () => {
    const world = new ClusterWorld({
      spec: 'parameters: { kubelet.imagesPresent: true }',
      operations: `
    - createNodes: { count: 2, allocatable: { cpu: "4", memory: 8Gi, pods: 110 }, preload: true }
    - apply: { manifests: quota.yaml, preload: true }
    - createDeployment: { name: web, replicas: 8, requests: { cpu: 100m, memory: 10Mi } }
    - delete: { deployments: web }
    - createDeployment: { name: late, replicas: 2, requests: { cpu: 100m, memory: 10Mi } }`,
      files: { 'quota.yaml': quota('requests.cpu: 500m, pods: "50"') },
    });
    world.perform();
    world.runFor(60);
    expect(world.readyPods()).toBe(5);
    expect(world.calls.some(({ what, code }) => what === 'POST pods' && code === 403)).toBe(true);
    world.perform();
    world.runFor(90);
    expect(world.readyPods()).toBe(0);
    world.perform();
    world.runFor(60);
    expect(world.readyPods()).toBe(2);
  });

  it('is waited for by creates under a new quota: until it has counted, they are refused', () => {
    const world = new ClusterWorld({
      operations: `
    - createNodes: { count: 1, preload: true }
    - apply: { manifests: quota.yaml }`,
      files: { 'quota.yaml': quota('pods: "5", configmaps: "9"') },
    });
    world.perform();
    world.runFor(5);
    const key = world.tables.keysOf('resourcequotas').find('default', 'team');
    const version = world.cluster.store.current(kinds.resourcequotas, key);
    // The namespace's own kube-root-ca.crt counts.
    expect(world.tables.resourcequotas.usage.get(version)).toEqual({ pods: 0, configmaps: 1 });
  });
});
