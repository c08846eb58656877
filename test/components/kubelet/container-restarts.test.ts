import { describe, expect, it } from 'vitest';
import { type ObjectKey, PodCondition, PodPhase } from '../../../src/cluster/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { fixedSpans } from './one-node.ts';

/** One pod on one node, whose program behaves as is written; `kind` makes it. */
function world(application: string, options = '', kind = 'createDeployment', ...parameters: string[]): ClusterWorld {
  const made =
    kind === 'createDeployment' ? 'createDeployment: { name: web, replicas: 1' : 'createPods: { name: web, count: 1';
  const created = new ClusterWorld({
    spec: fixedSpans('kubelet.podWorkerBackoffJitter: 0', ...parameters),
    operations: `
    - createNodes: { count: 1, preload: true }
    - ${made}, application: ${application}${options} }`,
  });
  created.runFor(1);
  created.perform();
  return created;
}

/** Instants [s] at which the containers of all pods started. */
function starts(created: ClusterWorld, span: number): number[] {
  return created.instantsOf(['kubelet: container started'], span)['kubelet: container started'];
}

function gaps(instants: readonly number[]): number[] {
  return instants.slice(1).map((instant, i) => instant - (instants[i] as number));
}

describe('a container that crashes', () => {
  it('is started again at once, then after 10 s, 20 s, 40 s and so on, at most 300 s', () => {
    const created = world('{ crashesAfter: 2s }');
    const [first, ...later] = gaps(starts(created, 1500));
    // It runs for 2 s, a relist sees it within 1 s, and it takes 0.15 s to start.
    expect(first).toBeGreaterThan(2.1);
    expect(first).toBeLessThan(3.2);
    const expected = [10, 20, 40, 80, 160, 300, 300];
    later.slice(0, expected.length).forEach((gap, i) => {
      // The pause counts from the end of the container. A sync that finds it in its pause is made again when that is over, at most a minute later.
      expect(gap).toBeGreaterThan(2 + (expected[i] as number));
      expect(gap).toBeLessThan(2 + (expected[i] as number) + 61);
    });
    expect(later.length).toBeGreaterThanOrEqual(expected.length);
  });

  it('keeps its pod and the address, and tells of each restart', () => {
    const created = world('{ crashesAfter: 2s }');
    created.runFor(60);
    const [key] = created.podKeys() as [ObjectKey];
    const pod = created.pod(key);
    expect(created.tables.pods.phase.get(pod)).toBe(PodPhase.Running);
    expect(created.tables.pods.restarts.get(pod)).toBeGreaterThanOrEqual(3);
    expect(created.podChanges.filter(({ hasIp }) => hasIp).every((change) => change.key === key)).toBe(true);
    expect(created.series('plimsoll_container_restarts_total')?.statistics.final).toBe(
      created.tables.pods.restarts.get(pod),
    );
    // It is Ready while it runs, and not in between.
    expect(
      new Set(created.podChanges.slice(4).map(({ conditions }) => (conditions & PodCondition.Ready) !== 0)).size,
    ).toBe(2);
  });

  it('is told of by the event BackOff, which is counted up and not written anew', () => {
    const created = world('{ crashesAfter: 2s }');
    created.runFor(240);
    const backOffs = created.of('POST events', 'kubelet events').filter(({ reason }) => reason === 'BackOff');
    expect(backOffs).toHaveLength(1);
    expect(created.of('PATCH events', 'kubelet events').length).toBeGreaterThan(5);
  });

  it('has its pause forgotten after a life of twice the longest pause', () => {
    const created = world('{ crashesAfter: 65s }', '', 'createDeployment', 'kubelet.crashBackoffMaximum: 30s');
    // Each life lasts longer than 2 x 30 s, so that every restart is the first one.
    for (const gap of gaps(starts(created, 700))) expect(gap).toBeLessThan(65 + 1.2);
  });

  it('stops to crash after as many lives as it is told to', () => {
    const created = world('{ crashesAfter: 2s, crashes: 2 }');
    expect(starts(created, 600)).toHaveLength(3);
    expect(created.readyPods()).toBe(1);
  });
});

describe('a pod whose container ends', () => {
  const ends = (policy: string, exitCode: number) => {
    const manifest = `apiVersion: v1
kind: Pod
metadata: { name: job }
spec:
  restartPolicy: ${policy}
  containers: [{ name: main, image: "job:1" }]
`;
    const created = new ClusterWorld({
      spec: fixedSpans(),
      operations: `
    - createNodes: { count: 1, preload: true }
    - apply: { manifests: job.yaml, applications: { main: { crashesAfter: 3s, exitCode: ${exitCode} } } }`,
      files: { 'job.yaml': manifest },
    });
    created.runFor(1);
    created.perform();
    created.runFor(30);
    const [key] = created.podKeys() as [ObjectKey];
    return {
      phase: created.tables.pods.phase.get(created.pod(key)),
      restarts: created.tables.pods.restarts.get(created.pod(key)),
    };
  };

  it('succeeds or fails by its exit code if it is never to be restarted', () => {
    expect(ends('Never', 0)).toEqual({ phase: PodPhase.Succeeded, restarts: 0 });
    expect(ends('Never', 1)).toEqual({ phase: PodPhase.Failed, restarts: 0 });
  });

  it('is restarted on failure alone if its policy says so', () => {
    expect(ends('OnFailure', 0)).toEqual({ phase: PodPhase.Succeeded, restarts: 0 });
    expect(ends('OnFailure', 1).phase).toBe(PodPhase.Running);
    expect(ends('OnFailure', 1).restarts).toBeGreaterThan(0);
  });

  it('is always restarted otherwise', () => {
    expect(ends('Always', 0).restarts).toBeGreaterThan(0);
  });
});

describe('a node that loses power', () => {
  it('gives its pods new sandboxes: what had crashed before is forgotten', () => {
    const created = world('{ crashesAfter: 2s, crashes: 4 }');
    created.runFor(100);
    created.cluster.machines.crash(created.nodeKey('node-0'), seconds(2));
    created.forget();
    created.runFor(10);
    const started = created.of('POST events', 'kubelet events').filter(({ reason }) => reason === 'Started');
    expect(started.length).toBeGreaterThanOrEqual(1);
    expect(created.of('PATCH pods/status').length).toBeGreaterThanOrEqual(3);
  });
});
