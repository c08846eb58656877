/** CNI: addresses of nodes, what their end means, and what the agents of plugins watch. */
import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { addressesOf, HostLocalRange } from '../../../src/components/addons/cni/host-local.ts';
import { rulesOf } from '../../../src/components/addons/cni/policy-agents.ts';
import { ClusterWorld } from '../cluster-world.ts';

const pod = (number: number) => number as ObjectKey;

describe('host-local', () => {
  it('has 253 addresses for pods in a /24, 61 in a /26', () => {
    expect(addressesOf(24)).toBe(253);
    expect(addressesOf(26)).toBe(61);
  });

  it('goes on behind the last address, so that one that was given back is used late', () => {
    const range = new HostLocalRange(4);
    for (const number of [0, 1, 2]) expect(range.reserve(pod(number))).toBe(true);
    range.release(pod(0));
    range.reserve(pod(3));
    expect(range.addressOfPod(pod(3))).toBe(3);
    range.reserve(pod(4));
    expect(range.addressOfPod(pod(4))).toBe(0);
  });

  it('tries every address before it says that none is left', () => {
    const range = new HostLocalRange(3);
    for (const number of [0, 1, 2]) {
      range.reserve(pod(number));
      expect(range.tries).toBe(1);
    }
    expect(range.reserve(pod(3))).toBe(false);
    expect(range.tries).toBe(3);
    range.release(pod(1));
    expect(range.reserve(pod(3))).toBe(true);
    // The last address given out was 2: after it come 0, which is taken, and 1.
    expect(range.tries).toBe(2);
    expect(range.addressOfPod(pod(3))).toBe(1);
  });
});

/** Nodes of 61 addresses and a Deployment that wants more. */
function smallNodes(spec: string, replicas: number): ClusterWorld {
  return new ClusterWorld({
    operations: `
    - createNodes: { count: 2, allocatable: { cpu: "16", memory: 64Gi, pods: 110 }, preload: true }
    - createDeployment: { name: web, replicas: 10, requests: { cpu: 10m }, preload: true }
    - createDeployment: { name: more, replicas: ${replicas}, requests: { cpu: 10m } }`,
    spec: `addons: { cni: {} }\nparameters: { kubelet.imagesPresent: true, kubeControllerManager.clientQps: 1000, kubeControllerManager.clientBurst: 1000, ${spec} }`,
  });
}

describe('pods', () => {
  it('start until their node has no address left, and the others when one is given back', () => {
    const world = smallNodes('cni.nodeCidrMaskSize: 26', 120);
    world.perform();
    world.runUntil(() => world.readyPods() === 122);
    world.runFor(60);
    expect(world.readyPods()).toBe(122);
    const full = world.series('plimsoll_cni_fullest_node_addresses_ratio')?.statistics.max;
    expect(full).toBe(1);
    const failed = world.calls.filter(({ reason }) => reason === 'FailedCreatePodSandBox');
    expect(new Set(failed.map(({ key }) => key)).size).toBe(8);
    const ready = world.stored(kinds.pods).find((version) => world.tables.pods.isReady(version));
    world.delete(kinds.pods, world.tables.pods.key.get(ready as never) as ObjectKey);
    world.runFor(60);
    // One went and one of those that waited took its address; its replacement waits.
    expect(world.readyPods()).toBe(122);
    expect(world.series('plimsoll_cni_add_duration_seconds')?.statistics.count).toBe(113);
  });

  it('of one node stand in line for the lock of its addresses', () => {
    const took = (hold: string) => {
      const world = smallNodes(`cni.lockHold: ${hold}, cni.addTime: 1ms, kubelet.sandboxWithoutNetwork: 1ms`, 60);
      world.perform();
      world.runUntil(() => world.readyPods() === 70);
      return world.series('plimsoll_cni_add_duration_seconds')?.statistics.max ?? 0;
    };
    expect(took('0s')).toBeLessThan(0.002);
    // About 30 pods a node come at once or nearly so.
    const long = took('200ms');
    expect(long).toBeGreaterThan(2);
    expect(long).toBeLessThan(36 * 0.201);
  });
});

describe('agents', () => {
  const watchers = (settings: string, resource: string) => {
    const world = new ClusterWorld({
      operations: '    - createNodes: { count: 8, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }',
      spec: `addons: { cni: ${settings} }`,
    });
    world.runFor(1);
    return world.series('apiserver_registered_watchers', `resource=${resource}`)?.statistics.final ?? 0;
  };

  it('of Flannel watch all nodes from every node; those of Calico all pods too, unless Typha does', () => {
    const namespaces = (settings: string) => watchers(settings, 'namespaces');
    const nodesAlone = watchers('{ plugin: calico, typha: on }', 'nodes') - 3;
    expect(watchers('{ plugin: flannel }', 'nodes')).toBe(nodesAlone + 8);
    expect(namespaces('{ plugin: calico }') - namespaces('{ plugin: flannel }')).toBe(8);
    expect(namespaces('{ plugin: calico, typha: on }') - namespaces('{ plugin: flannel }')).toBe(3);
  });

  it('start with their node', () => {
    const world = new ClusterWorld({
      operations: '    - createNodes: { count: 2, allocatable: { cpu: "4", memory: 16Gi, pods: 110 } }',
      spec: 'addons: { cni: { plugin: cilium } }',
    });
    world.perform();
    world.runFor(30);
    const opened = world.calls.filter(({ client }) => client === 'cilium agent');
    expect(opened).toHaveLength(2 * 6);
  });
});

const POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec:
  podSelector: { matchLabels: { app: web } }
  ingress:
    - from: [{ podSelector: { matchLabels: { app: gateway } } }, { ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }]
      ports: [{ port: 8080 }, { port: 8081 }]
`;

describe('network policies', () => {
  const applied = (settings: string, parameters = 'cni.policyBatch: 100ms') => {
    const world = new ClusterWorld({
      operations: `
    - createNodes: { count: 6, allocatable: { cpu: "8", memory: 32Gi, pods: 4 }, preload: true }
    - createDeployment: { name: web, replicas: 8, requests: { cpu: 10m }, preload: true }
    - createDeployment: { name: other, replicas: 4, requests: { cpu: 10m }, preload: true }
    - apply: { manifests: policy.yaml }`,
      spec: `addons: { cni: ${settings} }\nparameters: { kubelet.imagesPresent: true, ${parameters} }`,
      files: { 'policy.yaml': POLICY },
    });
    const nodesOfWeb = new Set(
      world
        .stored(kinds.pods)
        .filter((version) => world.tables.pods.template.get(version)?.labels.app === 'web')
        .map((version) => world.tables.pods.node.get(version)),
    );
    world.perform();
    world.runFor(10);
    return { world, nodesOfWeb };
  };
  const programmed = (world: ClusterWorld) =>
    world.series('plimsoll_network_policy_programming_duration_seconds')?.statistics;
  const rules = (world: ClusterWorld) =>
    world.series('plimsoll_network_policy_rules_programmed_total')?.statistics.final;

  it('make a rule for each peer, range and port, and one that lets nothing else pass', () => {
    // (1 peer + 2 ranges) x 2 ports, and the last one.
    const world = applied('{ plugin: calico }').world;
    const key = world.tables.keysOf('networkpolicies').find('default', 'web');
    const stored = world.cluster.store.current(kinds.networkpolicies, key);
    const specification = world.tables.networkpolicies.specification.get(stored);
    expect(specification === null ? 0 : rulesOf(specification)).toBe(7);
    expect(rulesOf({ podSelector: [], ingress: [], egress: [] })).toBe(2);
  });

  it('are programmed on nodes that have pods which they are about, and on no other', () => {
    const { world, nodesOfWeb } = applied('{ plugin: calico }');
    expect(nodesOfWeb.size).toBeGreaterThan(1);
    expect(programmed(world)?.count).toBe(nodesOfWeb.size);
    expect(rules(world)).toBe(8 * 7);
    // The watch, the batch, 20 ms and 50 us for each rule.
    expect(programmed(world)?.min).toBeGreaterThan(0.12);
    expect(programmed(world)?.max).toBeLessThan(0.16);
  });

  it('reach nodes through Typha later', () => {
    const { world, nodesOfWeb } = applied('{ plugin: calico, typha: on }', 'cni.typhaDelay: 500ms');
    expect(programmed(world)?.count).toBe(nodesOfWeb.size);
    expect(programmed(world)?.min).toBeGreaterThan(0.62);
    expect(programmed(world)?.max).toBeLessThan(0.66);
  });

  it('mean nothing to Flannel', () => {
    expect(programmed(applied('{ plugin: flannel }').world)).toBeUndefined();
  });
});
