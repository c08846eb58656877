import { describe, expect, it } from 'vitest';
import { type ObjectKey, PodCondition } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { fixedSpans } from './one-node.ts';

/** One pod of a Deployment with these options ("application: {...}, livenessProbe: {...}"). */
function world(options: string, replicas = 1): ClusterWorld {
  const created = new ClusterWorld({
    spec: fixedSpans('kubelet.networkProbe: 1ms', 'kubelet.execProbe: 100ms', 'kubelet.podWorkerBackoffJitter: 0'),
    operations: `
    - createNodes: { count: 1, preload: true }
    - createService: { name: web, selector: web, ports: [80], preload: true }
    - createDeployment: { name: web, replicas: ${replicas}, ${options} }`,
  });
  created.runFor(1);
  created.perform();
  return created;
}

/** Instants [s] at which the pod became Ready (true) and unready (false), in turn. */
function readiness(created: ClusterWorld): { at: number; ready: boolean }[] {
  const turns: { at: number; ready: boolean }[] = [];
  for (const { at, conditions } of created.podChanges) {
    const ready = (conditions & PodCondition.Ready) !== 0;
    if (ready !== (turns.at(-1)?.ready ?? false)) turns.push({ at, ready });
  }
  return turns;
}

function restarts(created: ClusterWorld): number {
  const [key] = created.podKeys() as [ObjectKey];
  return created.tables.pods.restarts.get(created.pod(key));
}

function probes(created: ClusterWorld, type: string, result: string): number {
  return created.series('prober_probe_total', `probe_type=${type};result=${result}`)?.statistics.final ?? 0;
}

describe('a readiness probe', () => {
  it('takes a pod that hangs out of its service, and back when it answers again', () => {
    const created = world(
      'application: { startTime: 0s, hangsAfter: 60s, hangTime: 30s }, readinessProbe: { period: 5s, failureThreshold: 3 }',
    );
    created.runFor(100);
    const [ready, unready, again] = readiness(created);
    // It hangs from 60 s after its start on; three probes in a row have to fail, each of them after its timeout of 1 s.
    expect((unready?.at ?? 0) - (ready?.at ?? 0)).toBeGreaterThan(60 + 10 - 2);
    expect((unready?.at ?? 0) - (ready?.at ?? 0)).toBeLessThan(60 + 15 + 2);
    expect((again?.at ?? 0) - (unready?.at ?? 0)).toBeGreaterThan(30 - 15 - 2);
    expect((again?.at ?? 0) - (unready?.at ?? 0)).toBeLessThan(30 - 10 + 5);
    expect(again?.ready).toBe(true);
    expect(restarts(created)).toBe(0);
    // Each change reaches the slice: created empty or with the pod, without it, with it.
    expect(created.of('PUT endpointslices').length).toBeGreaterThanOrEqual(3);
  });

  it('needs as many successes in a row as its threshold says', () => {
    const at = (successThreshold: number) => {
      const created = world(
        `application: { startTime: 0s }, readinessProbe: { period: 5s, successThreshold: ${successThreshold} }`,
      );
      created.runUntil(() => created.readyPods() === 1, 60);
      return created.now;
    };
    // Of the probe at once and the two ticks after it the third counts.
    expect(at(3) - at(1)).toBeGreaterThan(5);
    expect(at(3) - at(1)).toBeLessThan(10.1);
  });

  it('tells of each failure by the event Unhealthy', () => {
    const created = world('application: { startTime: 12s }, readinessProbe: { period: 2s }');
    created.runUntil(() => created.readyPods() === 1);
    const failed = probes(created, 'Readiness', 'failed');
    expect(failed).toBeGreaterThanOrEqual(6);
    expect(created.of('POST events').filter(({ reason }) => reason === 'Unhealthy')).toHaveLength(1);
    created.runFor(2);
    expect(created.of('PATCH events', 'kubelet events')).toHaveLength(failed - 1);
  });
});

describe('a liveness probe', () => {
  it('has a container that hangs killed and started again, in the same pod with the same address', () => {
    const created = world(
      'application: { startTime: 0s, hangsAfter: 40s }, livenessProbe: { period: 10s, failureThreshold: 3 }',
    );
    created.runUntil(() => created.readyPods() === 1);
    const began = created.now;
    created.runUntil(() => created.calls.some(({ reason }) => reason === 'Killing'), 100);
    // Hanging from 40 s on, failing with the third tick.
    expect(created.now - began).toBeGreaterThan(40 + 20 - 2);
    expect(created.now - began).toBeLessThan(40 + 30 + 3);
    created.runFor(5);
    expect(restarts(created)).toBe(1);
    expect(created.podKeys()).toHaveLength(1);
    expect(created.readyPods()).toBe(1);
    expect(probes(created, 'Liveness', 'failed')).toBe(3);
  });

  it('is made at its ticks alone, and not, as a readiness probe, at once when the container is seen to run', () => {
    const created = world(
      'application: { startTime: 3s }, livenessProbe: { period: 10s }, readinessProbe: { period: 10s }',
    );
    created.runUntil(() => created.readyPods() === 1, 60);
    expect(probes(created, 'Readiness', 'failed')).toBe(1);
    expect(probes(created, 'Liveness', 'failed')).toBe(0);
  });

  it('waits for its initial delay before it judges a program that starts slowly', () => {
    const slow = (delay: string) => {
      const created = world(
        `application: { startTime: 50s }, livenessProbe: { initialDelay: ${delay}, period: 10s, failureThreshold: 3 }`,
      );
      created.runFor(300);
      return restarts(created);
    };
    expect(slow('0s')).toBeGreaterThan(2);
    expect(slow('60s')).toBe(0);
  });
});

describe('a startup probe', () => {
  it('holds the others back until the program is up', () => {
    const created = world(
      'application: { startTime: 50s }, startupProbe: { period: 5s, failureThreshold: 20 }, livenessProbe: { period: 5s }, readinessProbe: { period: 5s }',
    );
    created.runUntil(() => created.readyPods() === 1, 100);
    expect(created.now).toBeGreaterThan(50);
    expect(restarts(created)).toBe(0);
    expect(probes(created, 'Liveness', 'failed')).toBe(0);
    expect(probes(created, 'Readiness', 'failed')).toBe(0);
    expect(probes(created, 'Startup', 'failed')).toBeGreaterThanOrEqual(9);
    expect(probes(created, 'Startup', 'successful')).toBe(1);
  });

  it('has a program that takes too long killed', () => {
    const created = world('application: { startTime: 50s }, startupProbe: { period: 5s, failureThreshold: 4 }');
    created.runFor(60);
    expect(restarts(created)).toBeGreaterThan(0);
  });
});

describe('probes of a pod that just runs', () => {
  it('cost no event, and are counted all the same', () => {
    const created = world(
      'application: { startTime: 0s }, readinessProbe: { period: 10s }, livenessProbe: { period: 10s }',
    );
    created.runUntil(() => created.readyPods() === 1);
    created.runFor(30);
    const ticks = () => created.simulation.eventTypeCounts.get('kubelet: probe') ?? 0;
    const before = ticks();
    const counted = probes(created, 'Liveness', 'successful');
    created.runFor(1000);
    expect(ticks()).toBe(before);
    created.recorder.result();
    const more = probes(created, 'Liveness', 'successful') - counted;
    expect(more).toBeGreaterThanOrEqual(99);
    expect(more).toBeLessThanOrEqual(101);
  });

  it('by a command take longer than one by a request', () => {
    const at = (handler: string) => {
      const created = world(`application: { startTime: 0s }, readinessProbe: { period: 5s, handler: ${handler} }`);
      created.runUntil(() => created.readyPods() === 1, 60);
      return created.now;
    };
    expect(at('exec') - at('httpGet')).toBeCloseTo(0.099, 2);
  });
});
