/** Where pods of a scenario go in relation to others, and pods that wait for their gates. */
import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../src/cluster/index.ts';
import { ClusterWorld } from '../components/cluster-world.ts';

/** Pods by node, of those whose name begins so. */
function podsByNode(world: ClusterWorld, prefix: string): Record<string, number> {
  const { tables, cluster } = world;
  const counts: Record<string, number> = {};
  cluster.store.forEachCurrent(kinds.pods, (key, version) => {
    const node = tables.pods.node.get(version);
    if (!tables.keysOf('pods').name(key).startsWith(prefix) || node < 0) return;
    const name = tables.keysOf('nodes').name(node as ObjectKey);
    counts[name] = (counts[name] ?? 0) + 1;
  });
  return counts;
}

function worldOf(operations: string, files: Record<string, string> = {}): ClusterWorld {
  return new ClusterWorld({ spec: 'parameters: { kubelet.imagesPresent: true }', operations, files });
}

describe('pods of a scenario', () => {
  it('lie one to a node where anti-affinity says so, and those too many wait until a node joins', () => {
    const world = worldOf(`
    - createNodes: { count: 3, preload: true }
    - createPods:
        name: apart
        count: 5
        podAntiAffinity: { required: [{ topologyKey: kubernetes.io/hostname }] }
    - createNodes: { count: 1 }`);
    world.perform();
    world.runFor(30);
    expect(podsByNode(world, 'apart')).toEqual({ 'node-0': 1, 'node-1': 1, 'node-2': 1 });
    world.perform();
    world.runFor(60);
    expect(podsByNode(world, 'apart')).toEqual({ 'node-0': 1, 'node-1': 1, 'node-2': 1, 'node-3': 1 });
  });

  it('spread over zones as their constraints demand, also those of a Deployment by its own pods', () => {
    const world = worldOf(`
    - createNodes: { count: 1, namePrefix: small, zones: [a], preload: true }
    - createNodes: { count: 5, namePrefix: big, zones: [b], preload: true }
    - createDeployment:
        name: web
        replicas: 6
        topologySpreadConstraints:
          - { topologyKey: topology.kubernetes.io/zone, maxSkew: 1, whenUnsatisfiable: DoNotSchedule }`);
    world.perform();
    world.runFor(30);
    expect(podsByNode(world, 'web')['small-0']).toBe(3);
  });

  it('of a Deployment prefer to lie apart without being told to', () => {
    const world = worldOf(`
    - createNodes: { count: 2, zones: [a, b], preload: true }
    - createPods: { name: filler, count: 2, requests: { cpu: 10m } }
    - createDeployment: { name: web, replicas: 4, requests: { cpu: 10m } }`);
    world.perform();
    world.runFor(10);
    world.perform();
    world.runFor(30);
    expect(podsByNode(world, 'web')).toEqual({ 'node-0': 2, 'node-1': 2 });
  });

  it('find each other over namespaces by the labels of these', () => {
    const manifest = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { team: a } }\n';
    const world = worldOf(
      `
    - createNodes: { count: 3, preload: true }
    - apply: { manifests: namespace.yaml }
    - createPods: { name: base, namespace: shop, count: 1, labels: { app: base } }
    - createPods:
        name: near
        count: 3
        podAffinity:
          required:
            - topologyKey: kubernetes.io/hostname
              labelSelector: { app: base }
              namespaceSelector: { team: a }`,
      { 'namespace.yaml': manifest },
    );
    world.perform();
    world.perform();
    world.runFor(10);
    world.perform();
    world.runFor(10);
    expect(podsByNode(world, 'near')).toEqual(
      Object.fromEntries(Object.keys(podsByNode(world, 'base')).map((node) => [node, 3])),
    );
  });
});

describe('scheduling gates', () => {
  it('hold pods back, whatever happens in the cluster, until the last of them is removed', () => {
    const world = worldOf(`
    - createNodes: { count: 2, preload: true }
    - createPods: { name: gated, count: 4, schedulingGates: [example.com/quota, example.com/data] }
    - createNodes: { count: 1 }
    - removeSchedulingGates: { pods: gated, gates: [example.com/quota] }
    - removeSchedulingGates: { pods: gated }`);
    for (let step = 0; step < 2; step++) {
      world.perform();
      world.runFor(20);
    }
    expect(podsByNode(world, 'gated')).toEqual({});
    world.perform();
    world.runFor(400);
    expect(podsByNode(world, 'gated')).toEqual({});
    world.perform();
    world.runFor(5);
    expect(Object.values(podsByNode(world, 'gated')).reduce((sum, count) => sum + count, 0)).toBe(4);
  });

  it('come from manifests as well', () => {
    const pod = `
apiVersion: v1
kind: Pod
metadata: { name: gated }
spec:
  schedulingGates: [{ name: example.com/quota }]
  containers: [{ name: main, image: app:1 }]
`;
    const world = worldOf(
      `
    - createNodes: { count: 1, preload: true }
    - apply: { manifests: pod.yaml }
    - removeSchedulingGates: { pods: gated }`,
      { 'pod.yaml': pod },
    );
    world.perform();
    world.runFor(20);
    expect(podsByNode(world, 'gated')).toEqual({});
    world.perform();
    world.runFor(5);
    expect(podsByNode(world, 'gated')).toEqual({ 'node-0': 1 });
  });
});
