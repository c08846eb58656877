/** Pods with volumes: where they may go, and what has to be bound before they are. */
import { describe, expect, it } from 'vitest';
import {
  kinds,
  LABEL_ZONE,
  NO_VERSION,
  type NodeSpecification,
  type ObjectKey,
  type PodTemplate,
} from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const CLASSES = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: network }
provisioner: disk.example.com
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: early }
provisioner: disk.example.com
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: local }
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
`;

const claimOf = (name: string, className: string, mode = 'ReadWriteOnce') => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name} }
spec: { accessModes: [${mode}], storageClassName: ${className}, resources: { requests: { storage: 1Gi } } }
---`;

const podWith = (name: string, claim: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: main, image: app, resources: { requests: { cpu: 100m, memory: 64Mi } } }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: ${claim} } }]
---`;

const localVolume = (name: string, node: string) => `
apiVersion: v1
kind: PersistentVolume
metadata: { name: ${name} }
spec:
  capacity: { storage: 10Gi }
  accessModes: [ReadWriteOnce]
  storageClassName: local
  local: { path: /mnt }
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: kubernetes.io/hostname, operator: In, values: [${node}] }] }] } }
---`;

/** A world of six nodes in three zones with the classes above; `operations` follow. */
function worldWith(operations: string, files: Record<string, string> = {}, nodes = 'count: 6'): ClusterWorld {
  return new ClusterWorld({
    spec: 'parameters: { kubelet.imagesPresent: true }',
    operations: `
    - createNodes: { ${nodes}, zones: [a, b, c], preload: true }
    - apply: { manifests: classes.yaml, preload: true }${operations}`,
    files: { 'classes.yaml': CLASSES, ...files },
  });
}

/** Nodes of the pods that are bound, by name. */
function nodesByPod(world: ClusterWorld): Map<string, string> {
  const { tables, cluster } = world;
  const found = new Map<string, string>();
  cluster.store.forEachCurrent(kinds.pods, (key) => {
    const version = cluster.store.current(kinds.pods, key);
    const node = version === NO_VERSION ? -1 : tables.pods.node.get(version);
    if (node >= 0) found.set(tables.keysOf('pods').name(key), tables.keysOf('nodes').name(node as ObjectKey));
  });
  return found;
}

function zoneOf(world: ClusterWorld, node: string): string | undefined {
  const key = world.tables.keysOf('nodes').find('', node);
  const version = world.cluster.store.current(kinds.nodes, key);
  return (world.tables.nodes.specification.get(version) as NodeSpecification).labels[LABEL_ZONE];
}

describe('pods with volumes', () => {
  it('get volumes made in the zone of the node that was chosen, before they are bound', () => {
    const world = worldWith(`
    - createPods: { name: db, count: 6, requests: { cpu: 100m }, volumes: [{ name: data, size: 10Gi, storageClass: network }] }`);
    world.perform();
    world.runFor(90);
    expect(world.readyPods()).toBe(6);
    const { tables, cluster } = world;
    const { persistentvolumeclaims: claims, persistentvolumes: volumes } = tables;
    for (const [pod, node] of nodesByPod(world)) {
      const claim = cluster.store.current(
        kinds.persistentvolumeclaims,
        tables.keysOf('persistentvolumeclaims').find('default', `${pod}-data`),
      );
      const volume = cluster.store.current(kinds.persistentvolumes, claims.volume.get(claim) as ObjectKey);
      const [term] = volumes.specification.get(volume)?.nodeAffinity ?? [];
      expect(term?.matchExpressions[0]?.values).toEqual([zoneOf(world, node)]);
    }
    // Volumes are there before the pods are bound.
    const lastVolume = Math.max(...world.of('PUT persistentvolumeclaims/status').map(({ at }) => at));
    const firstBinding = Math.min(...world.of('POST pods/binding').map(({ at }) => at));
    expect(firstBinding).toBeGreaterThan(Math.min(...world.of('POST persistentvolumes').map(({ at }) => at)));
    expect(lastVolume).toBeGreaterThan(0);
  });

  it('wait for a claim that is bound at once by others, and go on when it is', () => {
    const world = worldWith(
      `
    - apply: { manifests: pod.yaml }`,
      { 'pod.yaml': claimOf('disk', 'early') + podWith('one', 'disk') },
    );
    world.perform();
    world.runFor(60);
    expect(world.readyPods()).toBe(1);
    expect(world.of('PATCH pods/status', 'kube-scheduler')).not.toHaveLength(0);
  });

  it('wait for a claim that is not there', () => {
    const world = worldWith(
      `
    - apply: { manifests: pod.yaml }
    - apply: { manifests: claim.yaml }`,
      { 'pod.yaml': podWith('one', 'disk'), 'claim.yaml': claimOf('disk', 'network') },
    );
    world.perform();
    world.runFor(30);
    expect(nodesByPod(world).size).toBe(0);
    world.perform();
    world.runFor(30);
    expect(nodesByPod(world).size).toBe(1);
  });

  it('go to the nodes of local volumes, each to one of its own', () => {
    const manifests = ['node-1', 'node-4'].map((node) => localVolume(`disk-of-${node}`, node)).join('');
    const pods = ['a', 'b', 'c'].map((name) => claimOf(name, 'local') + podWith(`pod-${name}`, name)).join('');
    const world = worldWith(
      `
    - apply: { manifests: volumes.yaml }
    - apply: { manifests: pods.yaml }`,
      { 'volumes.yaml': manifests, 'pods.yaml': pods },
    );
    world.perform();
    world.runFor(5);
    world.perform();
    world.runFor(60);
    const nodes = [...nodesByPod(world).values()];
    expect(nodes.sort()).toEqual(['node-1', 'node-4']);
  });

  it('are no more on a node than its driver can attach volumes, until one goes', () => {
    const world = worldWith(
      `
    - createPods: { name: db, count: 8, requests: { cpu: 10m }, terminationGracePeriod: 1s, volumes: [{ name: data, size: 1Gi, storageClass: network }] }
    - delete: { pods: db, count: 3 }`,
      {},
      'count: 3, csiDrivers: { disk.example.com: 2 }',
    );
    world.perform();
    world.runFor(120);
    const perNode = new Map<string, number>();
    for (const node of nodesByPod(world).values()) perNode.set(node, (perNode.get(node) ?? 0) + 1);
    expect([...perNode.values()]).toEqual([2, 2, 2]);
    // Of three that go at least one was placed; the five that are left fit.
    world.perform();
    world.runFor(120);
    expect(nodesByPod(world).size).toBe(5);
  });

  it('share no claim that allows one pod only, until the other is gone', () => {
    const world = worldWith(
      `
    - apply: { manifests: pods.yaml }
    - delete: { pods: first }`,
      {
        'pods.yaml':
          claimOf('disk', 'network', 'ReadWriteOncePod') + podWith('first', 'disk') + podWith('second', 'disk'),
      },
    );
    world.perform();
    world.runFor(60);
    expect([...nodesByPod(world).keys()]).toEqual(['first']);
    world.perform();
    world.runFor(60);
    expect([...nodesByPod(world).keys()]).toEqual(['second']);
  });

  it('leave claims behind that go with them, and volumes that go with those', () => {
    const world = worldWith(`
    - createPods: { name: db, count: 3, terminationGracePeriod: 1s, volumes: [{ name: data, size: 1Gi, storageClass: network }] }
    - delete: { pods: db }`);
    world.perform();
    world.runFor(90);
    const { store } = world.cluster;
    expect(store.objectCount(kinds.persistentvolumes)).toBe(3);
    world.perform();
    world.runFor(120);
    expect(store.objectCount(kinds.persistentvolumeclaims)).toBe(0);
    expect(store.objectCount(kinds.persistentvolumes)).toBe(0);
  });

  it('have their volumes from the start if they are preloaded', () => {
    const world = worldWith(`
    - createDeployment: { name: db, replicas: 6, volumes: [{ name: data, size: 1Gi, storageClass: network }], preload: true }`);
    world.runFor(60);
    expect(world.cluster.store.objectCount(kinds.persistentvolumes)).toBe(6);
    expect(world.of('POST persistentvolumes')).toHaveLength(0);
    expect(world.of('PUT persistentvolumeclaims')).toHaveLength(0);
  });
});

it('templates with other volumes are other templates', () => {
  const world = worldWith(`
    - createPods: { name: a, count: 1, labels: { app: x }, volumes: [{ name: data, size: 1Gi }] }
    - createPods: { name: b, count: 1, labels: { app: x } }`);
  world.perform();
  world.perform();
  world.runFor(1);
  const templates: PodTemplate[] = [];
  world.cluster.store.forEachCurrent(kinds.pods, (key) => {
    templates.push(world.tables.pods.template.get(world.cluster.store.current(kinds.pods, key)) as PodTemplate);
  });
  expect(new Set(templates.map(({ id }) => id)).size).toBe(2);
});
