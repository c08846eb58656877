import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kinds, NO_VERSION, type ObjectKey, PodPhase } from '../../../src/cluster/index.ts';
import { writes } from '../../../src/components/api-machinery/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const PARAMETERS = 'parameters: { kubelet.imagesPresent: true, etcd.members: 1 }';

/** What the census says, counted anew from the store. */
function recount(world: ClusterWorld) {
  const { pods } = world.tables;
  const stored = world.stored(kinds.pods);
  const active = stored.filter((pod) => pods.isActive(pod));
  return {
    existing: stored.length,
    active: active.length,
    scheduled: active.filter((pod) => pods.node.get(pod) >= 0).length,
    ready: active.filter((pod) => pods.isReady(pod)).length,
  };
}

function check(world: ClusterWorld): void {
  const { census, tables } = { census: world.cluster.census, tables: world.tables };
  expect(census.all).toEqual(recount(world));
  const deployments = world.stored(kinds.deployments);
  const replicas = deployments.map((version) => tables.deployments.replicas.get(version));
  const orphans = world
    .stored(kinds.pods)
    .filter((pod) => tables.pods.owner.get(pod) < 0 && tables.pods.isActive(pod)).length;
  expect(census.wanted).toBe(replicas.reduce((sum, count) => sum + count, 0) + orphans);
  for (const version of deployments) {
    const key = tables.deployments.key.get(version);
    expect(census.wantedBy(key)).toBe(tables.deployments.replicas.get(version));
    const owners = world
      .stored(kinds.replicasets)
      .filter((set) => tables.replicasets.owner.get(set) === key)
      .map((set) => tables.replicasets.key.get(set));
    const own = world.stored(kinds.pods).filter((pod) => owners.includes(tables.pods.owner.get(pod) as ObjectKey));
    expect(census.podsOf(key).existing).toBe(own.length);
    expect(census.podsOf(key).ready).toBe(
      own.filter((pod) => tables.pods.isActive(pod) && tables.pods.isReady(pod)).length,
    );
  }
  expect(census.created + census.preloaded - census.removed).toBe(world.stored(kinds.pods).length);
}

describe('the census', () => {
  it('counts in step what a walk over the store counts, whatever happens', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.nat(30), fc.integer({ min: 0, max: 4000 })), { minLength: 3, maxLength: 15 }),
        fc.nat(1000),
        (steps, seed) => {
          const world = new ClusterWorld({
            spec: PARAMETERS,
            seed: `census ${seed}`,
            operations: `
    - createNodes: { count: 4, allocatable: { cpu: "2", memory: 4Gi, pods: 10 }, preload: true }
    - createService: { name: web, selector: web, ports: [80], preload: true }
    - createDeployment: { name: web, replicas: 8, preload: true }
    - createDeployment: { name: other, replicas: 5, requests: { cpu: 200m } }
    - createPods: { name: bare, count: 6, duration: { distribution: exponential, mean: 5s } }
    - rollout: { deployments: web }`,
          });
          check(world);
          let performed = 0;
          for (const [what, amount, pause] of steps) {
            world.runFor(pause / 1000);
            if (what === 0 && performed++ < 3) world.perform();
            else if (what === 1) world.cluster.machines.crash(world.nodeKey(`node-${amount % 4}`), seconds(1 + amount));
            else if (what === 2) {
              const keys = world.podKeys();
              if (keys.length > 0) world.delete(kinds.pods, keys[amount % keys.length] as ObjectKey);
            } else if (what === 3) {
              const request = world.user.write(writes.deploymentScale, 0 as ObjectKey);
              world.cluster.requests.setNumber(request, 0, amount);
              world.send(request);
            }
            check(world);
          }
          world.runFor(200);
          check(world);
          world.simulation.checkInvariants();
        },
      ),
      { numRuns: 12 },
    );
  });

  it('knows which Deployments are not complete', () => {
    const world = new ClusterWorld({
      spec: PARAMETERS,
      operations: `
    - createNodes: { count: 4, preload: true }
    - createDeployment: { name: web, replicas: 8, preload: true }
    - rollout: { deployments: web }`,
    });
    const incomplete = () => world.cluster.census.incompleteDeployments.size;
    world.runFor(2);
    expect(incomplete()).toBe(0);
    world.perform();
    world.runFor(1);
    expect(incomplete()).toBe(1);
    world.runUntil(() => incomplete() === 0);
    const { deployments } = world.tables;
    const [version = NO_VERSION] = world.stored(kinds.deployments);
    expect(deployments.updatedReplicas.get(version)).toBe(8);
    expect(deployments.availableReplicas.get(version)).toBe(8);
  });

  it('times the start of each pod once; the phases sum to the whole', () => {
    const world = new ClusterWorld({
      spec: PARAMETERS,
      operations: `
    - createNodes: { count: 4, preload: true }
    - createDeployment: { name: web, replicas: 30 }`,
    });
    world.perform();
    world.runUntil(() => world.readyPods() === 30);
    world.cluster.machines.crash(world.nodeKey('node-0'), seconds(2));
    world.runFor(60);
    const of = (phase: string) => world.series('pod_startup_latency_seconds', `phase=${phase}`)?.statistics;
    for (const phase of ['create_to_schedule', 'schedule_to_run', 'run_to_watch', 'total'])
      expect(of(phase)?.count).toBe(30);
    const parts =
      (of('create_to_schedule')?.sum ?? 0) + (of('schedule_to_run')?.sum ?? 0) + (of('run_to_watch')?.sum ?? 0);
    expect(parts).toBeCloseTo(of('total')?.sum ?? 0, 6);
  });

  it('counts a pod whose node was named by its user from its creation', () => {
    const world = new ClusterWorld({
      spec: PARAMETERS,
      operations: `
    - createNodes: { count: 1, preload: true }
    - apply: { manifests: pod.yaml }`,
      files: {
        'pod.yaml':
          'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { nodeName: node-0, containers: [{ name: c, image: i }] }\n',
      },
    });
    world.runFor(100);
    world.perform();
    world.runFor(30);
    const [key] = world.podKeys() as [ObjectKey];
    expect(world.tables.pods.phase.get(world.pod(key))).toBe(PodPhase.Running);
    const of = (phase: string) => world.series('pod_startup_latency_seconds', `phase=${phase}`)?.statistics;
    expect(of('total')?.max).toBeLessThan(10);
    expect((of('schedule_to_run')?.sum ?? 0) + (of('run_to_watch')?.sum ?? 0)).toBeCloseTo(of('total')?.sum ?? 0, 9);
  });
});
