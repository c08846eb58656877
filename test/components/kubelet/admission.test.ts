import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey, PodPhase, podReasons } from '../../../src/cluster/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { fixedSpans, oneNode, podManifest } from './one-node.ts';

/** Binds all pods to the one node, one after the other; phase and reason of each afterwards. */
function bindAll(manifests: string): string[] {
  const world = oneNode(manifests);
  for (const key of world.podKeys()) {
    world.bind(key, 'node-0');
    world.runFor(0.02);
  }
  world.runFor(10);
  const { pods } = world.tables;
  const outcomes = world.podKeys().map((key) => {
    const pod = world.pod(key);
    return pods.phase.get(pod) === PodPhase.Failed ? podReasons[pods.reason.get(pod)] : 'runs';
  });
  const told = world.of('POST events', 'kubelet events').map(({ reason }) => reason);
  for (const outcome of outcomes) if (outcome !== 'runs') expect(told).toContain(outcome);
  return outcomes as string[];
}

const requests = (cpu: string, memory: string) => `, resources: { requests: { cpu: ${cpu}, memory: ${memory} } }`;
const port = (number: number, ip = '') =>
  `, ports: [{ containerPort: 80, hostPort: ${number}${ip === '' ? '' : `, hostIP: ${ip}`} }]`;

describe('a kubelet lets in what fits and refuses the rest', () => {
  it('for CPU: 2 cores', () => {
    const manifests = ['a', 'b'].map((name) => podManifest(name, '', requests('1500m', '1Mi'))).join('');
    expect(bindAll(manifests)).toEqual(['runs', 'OutOfcpu']);
  });

  it('for memory: 4 GiB', () => {
    const manifests = ['a', 'b'].map((name) => podManifest(name, '', requests('1m', '3Gi'))).join('');
    expect(bindAll(manifests)).toEqual(['runs', 'OutOfmemory']);
  });

  it('for extended resources that the node offers, and for ephemeral storage', () => {
    const world = new ClusterWorld({
      spec: `${fixedSpans()}\nschedulers: [{ name: default-scheduler }, { name: nobody }]`,
      operations: `
    - createNodes: { count: 1, allocatable: { cpu: "2", memory: 4Gi, pods: 9, ephemeral-storage: 10Gi, example.com/fpga: 1 }, preload: true }
    - apply: { manifests: pods.yaml }`,
      files: {
        'pods.yaml': ['ephemeral-storage: 6Gi', 'ephemeral-storage: 6Gi', 'example.com/fpga: 1', 'example.com/fpga: 1']
          .map((amount, i) => podManifest(`p${i}`, '', `, resources: { requests: { ${amount} } }`))
          .join(''),
      },
    });
    world.cluster.schedulers[1]?.crash('leader', false, seconds(1000));
    world.runFor(1);
    world.perform();
    world.runFor(1);
    for (const key of world.podKeys()) world.bind(key, 'node-0');
    world.runFor(10);
    const { pods } = world.tables;
    const reasons = world.podKeys().map((key) => podReasons[pods.reason.get(world.pod(key))] as string);
    // Of two that ask for the same, whichever comes first is let in.
    expect(reasons.slice(0, 2).sort()).toEqual(['', 'OutOfephemeral-storage']);
    expect(reasons.slice(2).sort()).toEqual(['', 'OutOfextended-resource']);
  });

  it('for the number of pods: 5', () => {
    const manifests = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => podManifest(name)).join('');
    expect(bindAll(manifests)).toEqual([...Array(5).fill('runs'), 'OutOfpods']);
  });

  it('for node affinity and node selectors', () => {
    expect(bindAll(podManifest('a', '  nodeSelector: { disk: ssd }'))).toEqual(['NodeAffinity']);
    expect(bindAll(podManifest('a', '  nodeSelector: { kubernetes.io/hostname: node-0 }'))).toEqual(['runs']);
  });

  it('for host ports, on the same address or on all', () => {
    const pods = (...containers: string[]) => containers.map((c, i) => podManifest(`p${i}`, '', c)).join('');
    expect(bindAll(pods(port(80), port(80), port(81)))).toEqual(['runs', 'NodePorts', 'runs']);
    expect(bindAll(pods(port(80, '10.0.0.1'), port(80, '10.0.0.2'), port(80)))).toEqual(['runs', 'runs', 'NodePorts']);
  });

  it('counts what has ended no more', () => {
    const manifests = ['a', 'b'].map((name) => podManifest(name, '', requests('1500m', '1Mi'))).join('');
    const world = oneNode(manifests);
    const [first, second] = world.podKeys() as [ObjectKey, ObjectKey];
    world.bind(first, 'node-0');
    world.runFor(5);
    world.delete(kinds.pods, first);
    world.runFor(5);
    world.bind(second, 'node-0');
    world.runFor(5);
    expect(world.tables.pods.phase.get(world.pod(second))).toBe(PodPhase.Running);
  });
});

describe('two schedulers that do not know of each other', () => {
  it('over-commit a node; the loser fails and its ReplicaSet replaces it', () => {
    const deployment = (name: string) =>
      `createDeployment: { name: ${name}, replicas: 1, requests: { cpu: 1500m }, schedulerName: ${name} }`;
    const world = new ClusterWorld({
      spec: `${fixedSpans()}\nschedulers: [{ name: left }, { name: right }]`,
      operations: `
    - createNodes: { count: 1, allocatable: { cpu: "2", memory: 4Gi, pods: 10 }, preload: true }
    - ${deployment('left')}
    - ${deployment('right')}`,
    });
    world.runFor(2);
    world.perform();
    world.perform();
    world.runFor(10);
    const { pods } = world.tables;
    const stored = world.stored(kinds.pods);
    const failed = stored.filter((pod) => pods.phase.get(pod) === PodPhase.Failed);
    expect(failed.map((pod) => podReasons[pods.reason.get(pod)])).toEqual(['OutOfcpu']);
    // One runs; the replacement of the other waits for room, which its scheduler sees by now.
    expect(world.readyPods()).toBe(1);
    const loser = pods.owner.get(failed[0] as (typeof stored)[0]);
    const replacement = stored.filter((pod) => pods.owner.get(pod) === loser && pods.isActive(pod));
    expect(replacement.map((pod) => [pods.phase.get(pod), pods.node.get(pod)])).toEqual([[PodPhase.Pending, -1]]);
    expect(world.of('POST pods/binding').map(({ code }) => code)).toEqual([201, 201]);
  });
});
