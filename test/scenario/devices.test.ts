/** Pods that claim devices: dynamic resource allocation from the template of a claim to its end. */
import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../src/cluster/index.ts';
import { ClusterWorld } from '../components/cluster-world.ts';

const MANIFESTS = `
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: { name: gpu }
spec: { selectors: [{ cel: { expression: 'device.driver == "gpu.example.com"' } }] }
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: { name: two-gpus }
spec:
  spec:
    devices:
      requests: [{ name: gpus, exactly: { deviceClassName: gpu, count: 2 } }]
`;
const POD = `
apiVersion: v1
kind: Pod
metadata: { generateName: training- }
spec:
  terminationGracePeriodSeconds: 1
  resourceClaims: [{ name: gpus, resourceClaimTemplateName: two-gpus }]
  containers: [{ name: main, image: app:1 }]
`;

function worldOf(operations: string): ClusterWorld {
  const files = { 'devices.yaml': MANIFESTS, 'pod.yaml': POD };
  return new ClusterWorld({ spec: 'parameters: { kubelet.imagesPresent: true }', operations, files });
}

/** Nodes of the pods that are bound. */
function nodesOfPods({ tables, cluster }: ClusterWorld): string[] {
  const nodes: string[] = [];
  cluster.store.forEachCurrent(kinds.pods, (_, version) => {
    const node = tables.pods.node.get(version);
    if (node >= 0) nodes.push(tables.keysOf('nodes').name(node as ObjectKey));
  });
  return nodes.sort();
}

/** Claims that are there, and those of them that have devices. */
function claims({ tables, cluster }: ClusterWorld): { there: number; allocated: number } {
  let there = 0;
  let allocated = 0;
  cluster.store.forEachCurrent(kinds.resourceclaims, (_, version) => {
    there++;
    if (tables.resourceclaims.node.get(version) >= 0) allocated++;
  });
  return { there, allocated };
}

describe('claims on devices', () => {
  it('lead pods to nodes with free devices; those too many wait until devices are given back', () => {
    const world = worldOf(`
    - createNodes: { count: 1, namePrefix: plain, preload: true }
    - createNodes: { count: 2, namePrefix: gpu, devices: { gpu.example.com: 4 }, preload: true }
    - apply: { manifests: devices.yaml }
    - createPods: { name: training, count: 6, template: pod.yaml }
    - delete: { pods: training, count: 2 }`);
    world.perform();
    world.runFor(5);
    world.perform();
    world.runFor(20);
    expect(nodesOfPods(world)).toEqual(['gpu-0', 'gpu-0', 'gpu-1', 'gpu-1']);
    expect(claims(world)).toEqual({ there: 6, allocated: 4 });
    world.perform();
    world.runFor(60);
    expect(nodesOfPods(world)).toHaveLength(4);
    expect(claims(world)).toEqual({ there: 4, allocated: 4 });
  });

  it('cost a claim, a patch of the pod and two updates of the claim for each pod', () => {
    const world = worldOf(`
    - createNodes: { count: 1, devices: { gpu.example.com: 4 }, preload: true }
    - apply: { manifests: devices.yaml }
    - createPods: { name: training, count: 1, template: pod.yaml }`);
    world.perform();
    world.runFor(5);
    world.perform();
    world.runFor(20);
    const calls = (what: string, client?: string) =>
      world.calls.filter((call) => call.what === what && (client === undefined || call.client.includes(client))).length;
    expect(calls('POST resourceclaims')).toBe(1);
    expect(calls('PATCH pods/status', 'controller')).toBe(1);
    expect(calls('PUT resourceclaims', 'scheduler')).toBe(1);
    expect(calls('PUT resourceclaims/status', 'scheduler')).toBe(1);
  });

  it('hold pods back until their template is there, and nodes that join bring devices', () => {
    const world = worldOf(`
    - createNodes: { count: 1, namePrefix: plain, preload: true }
    - createPods: { name: training, count: 1, template: pod.yaml }
    - apply: { manifests: devices.yaml }
    - createNodes: { count: 1, namePrefix: gpu, devices: { gpu.example.com: 4 } }`);
    world.perform();
    world.runFor(10);
    expect(claims(world)).toEqual({ there: 0, allocated: 0 });
    world.perform();
    world.runFor(60);
    expect(claims(world)).toEqual({ there: 1, allocated: 0 });
    expect(nodesOfPods(world)).toEqual([]);
    world.perform();
    world.runFor(120);
    expect(nodesOfPods(world)).toEqual(['gpu-0']);
    expect(claims(world)).toEqual({ there: 1, allocated: 1 });
  });
});
