import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { API_TIME, fixedSpans, IMAGE_PULL } from './one-node.ts';

/** Nodes, and a Deployment of one pod for each of some images. */
function world(
  nodes: number,
  images: readonly string[],
  parameters: readonly string[],
  spec = '',
  replicas = 1,
): ClusterWorld {
  const created = new ClusterWorld({
    spec: `${fixedSpans('kubelet.imagesPresent: false', 'kubelet.podWorkerBackoffJitter: 0', ...parameters)}\n${spec}`,
    operations: `
    - createNodes: { count: ${nodes}, allocatable: { cpu: "64", memory: 256Gi, pods: 110 }, preload: true }
${images.map((image, i) => `    - createDeployment: { name: web-${i}, replicas: ${replicas}, image: "${image}" }`).join('\n')}`,
  });
  created.runFor(1);
  for (const _ of images) created.perform();
  return created;
}

/** Instants [s] of events of a reason. */
function instants(created: ClusterWorld, reason: string): number[] {
  return created
    .of('POST events', 'kubelet events')
    .filter((call) => call.reason === reason)
    .map(({ issued }) => issued);
}

const three = ['a:1', 'b:1', 'c:1'];

describe('pulls of one node', () => {
  it('come one after the other, unless they may be made in parallel: then they share the link of the node', () => {
    const serial = world(1, three, []);
    serial.runUntil(() => serial.readyPods() === 3);
    const inTurn = instants(serial, 'Pulled');
    expect((inTurn[2] ?? 0) - (inTurn[0] ?? 0)).toBeCloseTo(2 * IMAGE_PULL, 1);
    const parallel = world(1, three, ['kubelet.serializeImagePulls: false']);
    parallel.runUntil(() => parallel.readyPods() === 3);
    const [pulling] = instants(parallel, 'Pulling');
    // 0.5 s to ask, three times 2 s to download side by side, 0.5 s to unpack.
    for (const pulled of instants(parallel, 'Pulled'))
      expect(Math.abs(pulled - (pulling ?? 0) - 7)).toBeLessThan(2 * API_TIME);
  });

  it('are as many at once as maxParallelImagePulls says', () => {
    const created = world(1, three, ['kubelet.serializeImagePulls: false', 'kubelet.maxParallelImagePulls: 2']);
    created.runUntil(() => created.readyPods() === 3);
    const [first = 0, second = 0, third = 0] = instants(created, 'Pulled');
    expect(second - first).toBeLessThan(API_TIME);
    expect(third - second).toBeCloseTo(IMAGE_PULL, 1);
  });

  it('take as long as the image is large', () => {
    const created = world(
      1,
      ['small:1', 'large:1'],
      ['kubelet.serializeImagePulls: false', 'kubelet.nodeDownloadRate: 1e12'],
      'images: { "small:1": 20M, "large:1": 2G }',
    );
    created.runUntil(() => created.readyPods() === 2);
    const [small = 0, large = 0] = instants(created, 'Pulled');
    // Unpacked at 200 MB/s.
    expect(large - small).toBeCloseTo((2000 - 20) / 200, 1);
    expect(created.series('kubelet_image_pull_duration_seconds', 'image_size_in_bytes=1GB-5GB')?.statistics.count).toBe(
      1,
    );
  });

  it('fail beyond registryPullQPS, and are made again after a pause that doubles', () => {
    const images = Array.from({ length: 14 }, (_, i) => `image-${i}:1`);
    const created = world(1, images, ['kubelet.serializeImagePulls: false', 'kubelet.registryPullQps: 0.01']);
    created.runFor(8);
    // Ten at once; for the others nothing is left.
    expect(instants(created, 'Failed')).toHaveLength(4);
    created.runFor(60);
    expect(instants(created, 'BackOff').length).toBeGreaterThan(0);
    // A token comes every 100 s.
    created.runFor(900);
    expect(created.readyPods()).toBe(14);
    const [key] = created.podKeys() as [ObjectKey];
    expect(created.tables.pods.restarts.get(created.pod(key))).toBe(0);
  });

  it('are lost with the process of the kubelet, and made again', () => {
    const created = world(1, ['a:1'], []);
    created.runUntil(() => instants(created, 'Pulling').length === 1);
    created.runFor(1);
    created.cluster.machines.crash(created.nodeKey('node-0'), 5e9 as never);
    created.runFor(30);
    expect(created.readyPods()).toBe(1);
    expect(created.kubelet('node-0').images.has('a:1')).toBe(true);
  });
});

describe('the registry', () => {
  it('is shared by the nodes: twice as many take twice as long', () => {
    const slowest = (nodes: number) => {
      const created = world(nodes, ['a:1'], ['kubelet.registryBandwidth: 100e6'], '', nodes);
      created.runUntil(() => created.readyPods() === nodes);
      const pulled = instants(created, 'Pulled');
      return Math.max(...pulled) - Math.min(...instants(created, 'Pulling'));
    };
    // Each node could have 50 MB/s; of 100 MB/s eight nodes have 12.5 each.
    expect(slowest(2)).toBeCloseTo(IMAGE_PULL, 1);
    expect(slowest(4)).toBeCloseTo(0.5 + 4 + 0.5, 0);
    expect(slowest(8)).toBeCloseTo(0.5 + 8 + 0.5, 0);
  });

  it('is waited for by as much as a download takes longer than alone', () => {
    const created = world(8, ['a:1'], ['kubelet.registryBandwidth: 100e6'], '', 8);
    created.runUntil(() => created.readyPods() === 8);
    const { count = 0, sum = 0 } =
      created.series('plimsoll_server_waiting_seconds', 'kind=server;server=image registry')?.statistics ?? {};
    expect(count).toBe(8);
    // 8 s instead of 2 s each.
    expect(sum).toBeCloseTo(8 * 6, 0);
  });

  it('serves as many at once as it may, the others in line', () => {
    const created = world(6, ['a:1'], ['kubelet.registryConcurrency: 2'], '', 6);
    created.runUntil(() => created.readyPods() === 6);
    const pulled = instants(created, 'Pulled').sort((left, right) => left - right);
    expect((pulled[5] ?? 0) - (pulled[0] ?? 0)).toBeCloseTo(2 * 2, 0);
  });
});

describe('the images of a node', () => {
  it('that no pod uses are deleted when its disk is too full, those used longest ago first', () => {
    const created = new ClusterWorld({
      spec: `${fixedSpans('kubelet.imagesPresent: false', 'kubelet.systemDisk: 0', 'kubelet.imageDiskFactor: 1', 'kubelet.nodeDisk: 10G', 'kubelet.evictionHardImagefs: 0', 'kubelet.evictionHardNodefs: 0')}
images: { "old:1": 3G, "older:1": 3G, "new:1": 3G }`,
      operations: `
    - createNodes: { count: 1, preload: true }
    - createPods: { name: older, count: 1, image: "older:1", duration: 5s }
    - createPods: { name: old, count: 1, image: "old:1", duration: 5s }
    - createDeployment: { name: new, replicas: 1, image: "new:1" }`,
    });
    for (let i = 0; i < 3; i++) {
      created.perform();
      created.runFor(100);
    }
    const { images } = created.kubelet('node-0');
    expect(images.bytes).toBe(9e9);
    // 90 % full: one of them goes with the next pass, which brings the disk below 80 %.
    created.runFor(400);
    expect([...images.stored.keys()].sort()).toEqual(['new:1', 'old:1']);
    expect(created.series('kubelet_image_garbage_collected_total', 'reason=space')?.statistics.final).toBe(1);
  });

  it('that a pod uses stay, however full the disk is', () => {
    const created = world(
      1,
      ['a:1', 'b:1'],
      [
        'kubelet.systemDisk: 0',
        'kubelet.imageDiskFactor: 1',
        'kubelet.nodeDisk: 230e6',
        'kubelet.evictionHardImagefs: 0',
        'kubelet.evictionHardNodefs: 0',
      ],
    );
    created.runFor(1000);
    expect(created.readyPods()).toBe(2);
    expect(created.kubelet('node-0').images.stored.size).toBe(2);
    expect(created.of('POST events').filter(({ reason }) => reason === 'FreeDiskSpaceFailed').length).toBeGreaterThan(
      0,
    );
  });
});

describe('the scheduler', () => {
  it('learns from the status of a node what its kubelet has pulled, and sends pods where their image is', () => {
    const created = new ClusterWorld({
      spec: `${fixedSpans('kubelet.imagesPresent: false')}\nimages: { "big:1": 900M }`,
      operations: `
    - createNodes: { count: 8, preload: true }
    - createPods: { name: first, count: 1, image: "big:1", duration: 30s }
    - createPods: { name: second, count: 1, image: "big:1" }`,
    });
    created.runFor(1);
    created.perform();
    created.runFor(120);
    const nodeOf = (name: string) => {
      const key = created.podKeys().find((pod) => created.tables.keysOf('pods').name(pod).startsWith(name));
      return created.tables.pods.node.get(created.pod(key as ObjectKey));
    };
    const told = created.stored(kinds.nodes).filter((node) => created.tables.nodes.images.get(node) !== null);
    expect(told.map((node) => created.tables.nodes.key.get(node))).toContain(nodeOf('first'));
    created.perform();
    created.runFor(30);
    expect(nodeOf('second')).toBe(nodeOf('first'));
    expect(instants(created, 'Pulling')).toHaveLength(1);
  });

  it('is told of images that a node has from the start, and its kubelet pulls none of them', () => {
    const created = new ClusterWorld({
      spec: fixedSpans('kubelet.imagesPresent: false'),
      operations: `
    - createNodes: { count: 1, images: [{ name: "there:1", size: 100M }], preload: true }
    - createPods: { name: web, count: 1, image: "there:1" }`,
    });
    created.runFor(1);
    created.perform();
    created.runUntil(() => created.readyPods() === 1);
    expect(instants(created, 'Pulling')).toEqual([]);
  });
});
