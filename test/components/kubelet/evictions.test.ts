import { describe, expect, it } from 'vitest';
import { kinds, NodePressure, type ObjectKey, PodPhase } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { fixedSpans } from './one-node.ts';

const MEBIBYTE = 2 ** 20;

/** Nodes of 2 GiB, and operations. */
function world(operations: string, nodes = 1, ...parameters: string[]): ClusterWorld {
  const created = new ClusterWorld({
    spec: fixedSpans('kubelet.applicationStart: 0ms', ...parameters),
    operations: `
    - createNodes: { count: ${nodes}, allocatable: { cpu: "16", memory: 2Gi, pods: 30 }, preload: true }
${operations}`,
  });
  created.runFor(1);
  return created;
}

/** Names of pods that were evicted, in turn, without their numbers. */
function evicted(created: ClusterWorld): string[] {
  const names = created.tables.keysOf('pods');
  const failed = created.podChanges.filter(({ phase }) => phase === PodPhase.Failed);
  return failed.map(({ key }) => names.name(key as ObjectKey).replace(/-[^-]*$/, ''));
}

function pressureOf(created: ClusterWorld): number {
  const node = created.cluster.store.current(kinds.nodes, created.nodeKey('node-0'));
  return created.tables.nodes.pressure.get(node);
}

describe('a node that is short of memory', () => {
  it('evicts the pod that exceeds its request by most, and no other', () => {
    const created = world(`
    - createPods: { name: modest, count: 2, requests: { memory: 500Mi }, application: { memory: 450Mi } }
    - createPods: { name: greedy, count: 1, requests: { memory: 100Mi }, application: { memory: 400Mi, memoryGrowth: 10Mi } }`);
    created.perform();
    created.perform();
    created.runUntil(() => created.readyPods() === 3);
    const began = created.now;
    created.runUntil(() => evicted(created).length > 0, 600);
    // 2,048 MiB less 900 and 400 leave 748 (and the reserve of 100); at 10 MiB/s that is used up after 75 s.
    expect(created.now - began).toBeGreaterThan(748 / 10 - 2);
    expect(created.now - began).toBeLessThan(748 / 10 + 10 + 5);
    expect(evicted(created)).toEqual(['greedy']);
    created.runFor(60);
    expect(evicted(created)).toEqual(['greedy']);
    expect(created.series('kubelet_evictions', 'eviction_signal=memory.available')?.statistics.final).toBe(1);
    const events = created.of('POST events', 'kubelet events').map(({ reason }) => reason);
    expect(events).toContain('Evicted');
    expect(events).toContain('NodeHasInsufficientMemory');
  });

  it('evicts pods of low priority before others that exceed their requests too', () => {
    const created = world(`
    - createPods: { name: important, count: 1, priority: 100, application: { memory: 900Mi, memoryGrowth: 4Mi } }
    - createPods: { name: minor, count: 1, application: { memory: 300Mi, memoryGrowth: 4Mi } }`);
    created.perform();
    created.perform();
    created.runUntil(() => evicted(created).length > 0, 900);
    expect(evicted(created)).toEqual(['minor']);
  });

  it('reports pressure for five minutes after it is over, and takes no pod without a request meanwhile', () => {
    const created = world(`
    - createPods: { name: greedy, count: 1, application: { memory: 2100Mi } }
    - createPods: { name: small, count: 1 }
    - createPods: { name: decent, count: 1, requests: { memory: 10Mi }, tolerations: [{ operator: Exists }] }`);
    created.perform();
    created.runUntil(() => evicted(created).length > 0);
    created.runUntil(() => pressureOf(created) === NodePressure.Memory, 30);
    const since = created.now;
    // The node controller taints it.
    created.runFor(5);
    created.perform();
    created.perform();
    created.runFor(60);
    // The scheduler keeps the one away by the node's taint; the other is let in.
    expect(created.readyPods()).toBe(1);
    created.runUntil(() => pressureOf(created) === 0, 600);
    expect(created.now - since).toBeGreaterThan(270);
    expect(created.now - since).toBeLessThan(330);
    created.runUntil(() => created.readyPods() === 2, 60);
  });

  it('has its evicted pods replaced where there is room', () => {
    const created = world(`
    - createDeployment: { name: web, replicas: 3, application: { memory: 800Mi } }
    - createNodes: { count: 1, namePrefix: spare }`);
    created.perform();
    created.runUntil(() => evicted(created).length === 1);
    created.perform();
    created.runUntil(() => created.readyPods() === 3, 60);
    const nodesOf = (phase: number) =>
      created
        .podKeys()
        .filter((key) => created.tables.pods.phase.get(created.pod(key)) === phase)
        .map((key) => created.tables.pods.node.get(created.pod(key)));
    const spare = created.nodeKey('spare-0');
    expect(nodesOf(PodPhase.Running).filter((node) => node === spare)).toHaveLength(1);
    // What was evicted stays as objects that have failed: those that were sent to the node again before it had its taint were refused there.
    expect(nodesOf(PodPhase.Failed).length).toBeGreaterThanOrEqual(1);
    expect(nodesOf(PodPhase.Failed)).not.toContain(spare);
  });

  it('refuses a pod without a request that a scheduler had sent before it knew', () => {
    const created = world(`
    - createPods: { name: greedy, count: 1, application: { memory: 2100Mi } }
    - createPods: { name: late, count: 1 }`);
    created.perform();
    created.runUntil(() => created.kubelet('node-0').pressure === NodePressure.Memory);
    created.perform();
    created.runUntil(() => evicted(created).includes('late'), 5);
    expect(created.series('kubelet_admission_rejections_total', 'reason=Evicted')?.statistics.final).toBe(1);
  });

  it('looks at nothing while its pods use nothing that counts', () => {
    const created = world(`
    - createPods: { name: web, count: 3 }`);
    created.perform();
    created.runFor(300);
    expect(created.simulation.eventTypeCounts.get('kubelet: eviction manager') ?? 0).toBe(0);
  });
});

describe('a container that reaches its memory limit', () => {
  it('is killed by the kernel and started again, its pod stays', () => {
    const created = world(`
    - createPods: { name: leak, count: 1, limits: { memory: 200Mi }, application: { memory: 100Mi, memoryGrowth: 10Mi } }`);
    created.perform();
    created.runUntil(() => created.readyPods() === 1);
    const began = created.now;
    created.runUntil(() => created.readyPods() === 0, 100);
    expect(created.now - began).toBeGreaterThan((200 * MEBIBYTE - 100 * MEBIBYTE) / (10 * MEBIBYTE) - 1.1);
    expect(created.now - began).toBeLessThan(10 + 1.2);
    created.runUntil(() => created.readyPods() === 1, 60);
    expect(created.series('plimsoll_container_out_of_memory_kills_total')?.statistics.final).toBe(1);
    expect(created.podKeys()).toHaveLength(1);
  });
});

describe('a node whose disk is full', () => {
  it('deletes images first, and then evicts the pod that uses most of it', () => {
    const created = world(
      `
    - createPods: { name: quiet, count: 1, application: { disk: 1G } }
    - createPods: { name: logger, count: 1, application: { disk: 1G, diskGrowth: 50M } }`,
      1,
      'kubelet.nodeDisk: 10e9',
      'kubelet.systemDisk: 1e9',
    );
    created.perform();
    created.perform();
    created.runUntil(() => evicted(created).length > 0, 600);
    expect(evicted(created)).toEqual(['logger']);
    created.runUntil(() => pressureOf(created) === NodePressure.Disk, 30);
    expect(created.series('kubelet_evictions', 'eviction_signal=imagefs.available')?.statistics.final).toBe(1);
  });
});

describe('a kubelet that is restarted', () => {
  const restart = (created: ClusterWorld) => created.cluster.kubelets.restartProcess(created.kubelet('node-0'));

  it('goes on to look after its memory', () => {
    const created = world(`
    - createPods: { name: greedy, count: 1, requests: { memory: 100Mi }, application: { memory: 400Mi, memoryGrowth: 20Mi } }`);
    created.perform();
    created.runUntil(() => created.readyPods() === 1);
    restart(created);
    created.runUntil(() => evicted(created).length > 0, 300);
    expect(evicted(created)).toEqual(['greedy']);
  });

  it('while a pod that it evicts is being stopped leaves that pod as one that has failed', () => {
    const created = world(
      `
    - createPods: { name: greedy, count: 1, requests: { memory: 100Mi }, application: { memory: 2100Mi, stopTime: 60s } }`,
      1,
      'kubelet.processStart: 100ms',
    );
    created.perform();
    created.runUntil(() => created.calls.some(({ reason }) => reason === 'Evicted'));
    created.runFor(0.5);
    restart(created);
    created.runFor(60);
    const [key] = created.podKeys() as [ObjectKey];
    expect(created.tables.pods.phase.get(created.pod(key))).toBe(PodPhase.Failed);
    expect(created.tables.pods.isTerminating(created.pod(key))).toBe(false);
  });
});
