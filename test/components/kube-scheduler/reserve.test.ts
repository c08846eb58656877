/** What plugins keep for a pod at Reserve, volumes and devices, and that it is free again whenever the pod does not get its node after all. */
import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const GROUP = `
apiVersion: scheduling.k8s.io/v1alpha2
kind: PodGroup
metadata: { name: gang }
spec: { schedulingPolicy: { gang: { minCount: 3 } } }
---`;

const CLASS = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: local }
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
---`;

const volume = (name: string) => `
apiVersion: v1
kind: PersistentVolume
metadata: { name: ${name} }
spec: { capacity: { storage: 10Gi }, accessModes: [ReadWriteOnce], storageClassName: local, local: { path: /mnt } }
---`;

const DEVICES = `
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: { name: gpu.example.com }
spec: { selectors: [{ cel: { expression: 'device.driver == "gpu.example.com"' } }] }
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: { name: one }
spec: { spec: { devices: { requests: [{ name: gpu, exactly: { deviceClassName: gpu.example.com, count: 1 } }] } } }
---`;

/** Pods of a name that ask for one thing each; those of the gang say so. */
const pods = (name: string, count: number, asks: string, gang = '') =>
  Array.from(
    { length: count },
    (_, i) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}-${i} }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: main, image: app, resources: { requests: { cpu: 10m, memory: 16Mi } } }]
  ${asks}${gang}
---`,
  ).join('');

const claimOfItsOwn =
  'spec: { accessModes: [ReadWriteOnce], storageClassName: local, resources: { requests: { storage: 1Gi } } }';
const WITH_VOLUME = `volumes: [{ name: data, ephemeral: { volumeClaimTemplate: { ${claimOfItsOwn} } } }]`;
const WITH_DEVICE = 'resourceClaims: [{ name: gpu, resourceClaimTemplateName: one }]';

interface Thing {
  readonly what: string;
  readonly files: Record<string, string>;
  readonly node: string;
  readonly asks: string;
}

/** Two of what three pods of a gang need. */
const THINGS: readonly Thing[] = [
  {
    what: 'volumes',
    files: { 'things.yaml': `${CLASS}${volume('v0')}${volume('v1')}${GROUP}` },
    node: '',
    asks: WITH_VOLUME,
  },
  {
    what: 'devices',
    files: { 'things.yaml': `${DEVICES}${GROUP}` },
    node: ', devices: { gpu.example.com: 2 }',
    asks: WITH_DEVICE,
  },
];

/** A gang that finds two of the three things that it needs, and then a pod that needs one. */
function worldWith({ files, node, asks }: Thing, inOneCycle: boolean): ClusterWorld {
  const world = new ClusterWorld({
    spec: `parameters: { kubelet.imagesPresent: true, kubeScheduler.gangScheduling: true, kubeScheduler.podGroupCycle: ${inOneCycle} }`,
    operations: `
    - createNodes: { count: 1, preload: true${node} }
    - apply: { manifests: things.yaml, preload: true }
    - apply: { manifests: gang.yaml }
    - apply: { manifests: plain.yaml }`,
    files: {
      ...files,
      'gang.yaml': pods('member', 3, asks, '\n  schedulingGroup: { podGroupName: gang }'),
      'plain.yaml': pods('plain', 1, asks),
    },
  });
  world.runFor(1);
  return world;
}

const isBound = (world: ClusterWorld, key: ObjectKey) => world.tables.pods.node.get(world.pod(key)) >= 0;
const boundNames = (world: ClusterWorld) =>
  world
    .podKeys()
    .filter((key) => isBound(world, key))
    .map((key) => world.tables.keysOf('pods').name(key));

describe.each(THINGS)('$what that are reserved', (thing) => {
  it('for a gang that is tried in one cycle and does not fit are free for the next pod', () => {
    const world = worldWith(thing, true);
    world.perform();
    world.runFor(15);
    expect(boundNames(world)).toEqual([]);
    world.perform();
    world.runFor(15);
    expect(boundNames(world)).toEqual(['plain-0']);
    world.simulation.checkInvariants();
  });

  it('for pods that wait for their permit are kept, and given back when that runs out', () => {
    const world = worldWith(thing, false);
    world.perform();
    world.runFor(15);
    world.perform();
    world.runFor(60);
    expect(boundNames(world)).toEqual([]);
    world.runFor(300);
    expect(boundNames(world)).toEqual(['plain-0']);
    world.simulation.checkInvariants();
  });

  it('for pods that are deleted while they wait are given back at once', () => {
    const world = worldWith(thing, false);
    world.perform();
    world.runFor(15);
    for (const key of world.podKeys()) world.delete(kinds.pods, key);
    world.runFor(2);
    world.perform();
    world.runFor(20);
    expect(boundNames(world)).toEqual(['plain-0']);
    world.simulation.checkInvariants();
  });
});
