import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import type { PodNetwork } from '../../../src/components/kubelet/index.ts';
import { seconds } from '../../../src/units/index.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import { API_TIME, oneNode, podManifest } from './one-node.ts';

/** A CNI plugin with so many addresses on each node; CNI ADD takes 0.2 s. */
class SmallNetwork implements PodNetwork {
  private readonly size: number;
  readonly holders = new Set<ObjectKey>();

  constructor(size: number) {
    this.size = size;
  }

  add(_node: ObjectKey, pod: ObjectKey) {
    const succeeded = this.holders.size < this.size;
    if (succeeded) this.holders.add(pod);
    return { span: seconds(0.2), succeeded };
  }

  adopt(node: ObjectKey, pod: ObjectKey) {
    return this.add(node, pod).succeeded;
  }

  remove(_node: ObjectKey, pod: ObjectKey): void {
    if (!this.holders.delete(pod)) throw new Error('this pod has no address');
  }
}

function connected(size: number, manifests: string): { world: ClusterWorld; network: SmallNetwork } {
  const world = oneNode(manifests, 'kubelet.sandboxWithoutNetwork: 250ms');
  const network = new SmallNetwork(size);
  world.cluster.kubelets.connectNetwork(network);
  for (const key of world.podKeys()) world.bind(key, 'node-0');
  return { world, network };
}

describe('the network of pods', () => {
  it('gives a pod its address as the last part of its sandbox', () => {
    const { world } = connected(1, podManifest('web'));
    const took = world.runUntil(() => world.podChanges.some(({ hasIp }) => hasIp));
    // The volumes are seen by a poll after 0.3 s; then the pause container, and CNI ADD.
    expect(took).toBeGreaterThan(0.3 + 0.25 + 0.2);
    expect(took).toBeLessThan(0.3 + 0.25 + 0.2 + 2 * API_TIME);
  });

  it('has no address left for a pod until another one gives its own back', () => {
    const { world, network } = connected(1, podManifest('a') + podManifest('b'));
    world.runUntil(() => world.readyPods() === 1);
    const [holder] = network.holders;
    const failures = () => world.calls.filter(({ reason }) => reason === 'FailedCreatePodSandBox');
    world.runFor(30);
    expect(world.readyPods()).toBe(1);
    expect(failures()).toHaveLength(1);
    expect(world.series('kubelet_started_pods_errors_total')?.statistics.final).toBeGreaterThanOrEqual(2);
    // The same event again is counted up: a pause of 10 to 15 s between attempts.
    expect(world.of('PATCH events', 'kubelet events').length).toBeGreaterThanOrEqual(1);
    expect(world.of('PATCH events', 'kubelet events').length).toBeLessThanOrEqual(3);
    world.delete(kinds.pods, holder as ObjectKey);
    world.runUntil(() => network.holders.size === 0 || !network.holders.has(holder as ObjectKey));
    const took = world.runUntil(() => world.readyPods() === 1 && !network.holders.has(holder as ObjectKey));
    expect(took).toBeLessThan(20);
  });

  it('gets the address back from a pod on a node that has lost power, and gives one to its new sandbox', () => {
    const { world, network } = connected(1, podManifest('web'));
    world.runUntil(() => world.readyPods() === 1);
    world.cluster.machines.crash(world.nodeKey('node-0'), seconds(20));
    expect(network.holders.size).toBe(0);
    world.runFor(40);
    expect(network.holders.size).toBe(1);
  });

  it("is not asked for a pod on its host's network", () => {
    const { world, network } = connected(0, podManifest('web', '  hostNetwork: true'));
    world.runUntil(() => world.readyPods() === 1);
    expect(network.holders.size).toBe(0);
  });
});
