import { describe, expect, it } from 'vitest';
import { type ObjectKey, PodCondition, PodPhase } from '../../../src/cluster/index.ts';
import { NS_PER_SECOND } from '../../../src/units/index.ts';
import { ClusterWorld, type PodChange } from '../cluster-world.ts';
import { API_TIME, fixedSpans, IMAGE_PULL, oneNode, podManifest, SPANS } from './one-node.ts';

/** Binds a pod and runs until it is Ready. Returns what its kubelet wrote, by the instants after the binding [s]. */
function start(world: ClusterWorld, limit = 60): { bound: number; written: PodChange[] } {
  const [key] = world.podKeys() as [ObjectKey];
  world.bind(key, 'node-0');
  world.runUntil(() => world.tables.pods.node.get(world.pod(key)) >= 0);
  const bound = world.now;
  world.runUntil(() => world.readyPods() === 1, limit);
  world.runFor(0.5);
  return { bound, written: world.podChanges.filter((change) => change.key === key && change.at > bound) };
}

/** Share of a second at which a node's relist ticks come. */
function relistPhase(world: ClusterWorld): number {
  return (world.kubelet('node-0').loopPhase / NS_PER_SECOND) % 1;
}

function near(instant: number | undefined, expected: number): void {
  expect(Math.abs((instant ?? Number.NaN) - expected), `${instant} instead of ${expected}`).toBeLessThan(API_TIME);
}

/** The first relist tick at or after an instant. */
function relistAfter(world: ClusterWorld, instant: number): number {
  const phase = relistPhase(world);
  return Math.ceil(instant - phase) + phase;
}

describe('the start of a pod', () => {
  it('goes status, token, volumes, sandbox with the IP, container, relist', () => {
    const world = oneNode(podManifest('web'));
    const { bound, written } = start(world);
    expect(written.map(({ phase, conditions, hasIp }) => [phase, conditions & ~PodCondition.Scheduled, hasIp])).toEqual(
      [
        [PodPhase.Pending, PodCondition.Reported | PodCondition.Initialized, false],
        [
          PodPhase.Pending,
          PodCondition.Reported | PodCondition.Initialized | PodCondition.ReadyToStartContainers,
          true,
        ],
        [
          PodPhase.Running,
          PodCondition.Reported |
            PodCondition.Initialized |
            PodCondition.ReadyToStartContainers |
            PodCondition.ContainersReady |
            PodCondition.Ready,
          true,
        ],
      ],
    );
    // Mounted after 100 ms, noticed by the first poll of 300 ms.
    const sandbox = bound + 0.3 + SPANS.sandboxStart;
    near(written[0]?.at, bound);
    near(written[1]?.at, sandbox);
    near(written[2]?.at, relistAfter(world, sandbox + SPANS.containerStart));
    expect(world.of('POST serviceaccounts/token')).toHaveLength(1);
  });

  it('waits for the next poll if the volumes are mounted just after one', () => {
    const world = oneNode(podManifest('web'), 'kubelet.volumeMount: 310ms');
    const { bound, written } = start(world);
    near(written[1]?.at, bound + 0.6 + SPANS.sandboxStart);
  });

  it('writes each status as GET and PATCH, and tells Pulled, Created and Started', () => {
    const world = oneNode(podManifest('web'));
    start(world);
    const calls = world.calls.filter(({ client }) => client === 'kubelet');
    const ofPods = calls.filter(({ resource }) => resource === 'pods').map(({ what, code }) => `${what} ${code}`);
    expect(ofPods).toEqual(Array(3).fill(['GET pods 200', 'PATCH pods/status 200']).flat());
    expect(world.of('POST events', 'kubelet events').map(({ reason }) => reason)).toEqual([
      'Pulled',
      'Created',
      'Started',
    ]);
  });

  it('starts init containers one after the other, each exit noticed by the relist, and the container last', () => {
    const world = oneNode(
      podManifest(
        'web',
        '  initContainers: [{ name: a, image: "i:1" }, { name: b, image: "i:1" }, { name: c, image: "i:1" }]',
      ),
    );
    const { bound, written } = start(world);
    const phase = relistPhase(world);
    // Reported, sandbox, each of three init containers seen running and then ended, Running.
    expect(written).toHaveLength(9);
    let instant = bound + 0.3 + SPANS.sandboxStart;
    near(written[1]?.at, instant);
    for (let i = 0; i < 3; i++) {
      near(written[2 + 2 * i]?.at, relistAfter(world, instant + SPANS.containerStart));
      instant = relistAfter(world, instant + SPANS.containerStart + SPANS.initContainerRun);
      const ended = written[3 + 2 * i];
      near(ended?.at, instant);
      near((((ended?.at ?? 0) - phase) % 1) + phase, phase);
      const isInitialised = ((ended?.conditions ?? 0) & PodCondition.Initialized) !== 0;
      expect(isInitialised).toBe(i === 2);
    }
    near(written[8]?.at, relistAfter(world, instant + SPANS.containerStart));
    expect(world.of('POST events', 'kubelet events').filter(({ reason }) => reason === 'Started')).toHaveLength(4);
  });

  it('goes on once a relist has seen that a sidecar runs, and starts containers in the order of the specification', () => {
    const world = oneNode(
      podManifest(
        'web',
        '  initContainers: [{ name: a, image: "i:1", restartPolicy: Always }]',
        '',
        ', { name: second, image: j, imagePullPolicy: IfNotPresent }',
      ),
    );
    const { bound, written } = start(world);
    // Reported, sandbox, sidecar, Running.
    expect(written).toHaveLength(4);
    const sidecar = relistAfter(world, bound + 0.3 + SPANS.sandboxStart + SPANS.containerStart);
    near(written[2]?.at, sidecar);
    expect((written[2]?.conditions ?? 0) & PodCondition.Initialized).not.toBe(0);
    near(written[3]?.at, relistAfter(world, sidecar + 2 * SPANS.containerStart));
  });

  it('is Ready with the first probe tick after the initial delay; ticks count from the mounted volumes', () => {
    const probe = ', readinessProbe: { initialDelaySeconds: 3, periodSeconds: 4, httpGet: { port: 80 } }';
    const world = oneNode(podManifest('web', '', probe), 'kubelet.applicationStart: 0ms');
    const { bound, written } = start(world);
    expect(written).toHaveLength(4);
    expect(written[2]).toMatchObject({ phase: PodPhase.Running });
    expect((written[2]?.conditions ?? 0) & PodCondition.Ready).toBe(0);
    const mounted = bound + 0.3;
    const runs = mounted + SPANS.sandboxStart + SPANS.containerStart;
    const tick = mounted + Math.ceil((runs + 3 - mounted) / 4) * 4;
    near(written[3]?.at, tick);
  });

  it('probes at once when it sees the container run, and then with each tick until the application answers', () => {
    const probe = ', readinessProbe: { periodSeconds: 5, httpGet: { port: 80 } }';
    const quick = oneNode(podManifest('web', '', probe), 'kubelet.applicationStart: 0ms');
    const first = start(quick);
    near(first.written.at(-1)?.at, relistAfter(quick, first.bound + 0.3 + SPANS.sandboxStart + SPANS.containerStart));
    const slow = oneNode(podManifest('web', '', probe), 'kubelet.applicationStart: 6s');
    const { bound, written } = start(slow);
    // Ticks at mounted + 5 s and + 10 s; the application answers from 6.55 s after the mount on.
    near(written.at(-1)?.at, bound + 0.3 + 10);
  });

  it('pulls images one at a time on a node, each image once', () => {
    const manifests =
      podManifest('a') + podManifest('b') + podManifest('b').replace('name: b, labels', 'name: b2, labels');
    const world = oneNode(manifests, 'kubelet.imagesPresent: false');
    for (const key of world.podKeys()) world.bind(key, 'node-0');
    const began = world.now;
    world.runUntil(() => world.readyPods() === 3);
    const events = world.of('POST events', 'kubelet events');
    const pulled = events.filter(({ reason }) => reason === 'Pulled').map(({ issued }) => issued);
    expect(events.filter(({ reason }) => reason === 'Pulling')).toHaveLength(3);
    const first = began + 0.3 + SPANS.sandboxStart + IMAGE_PULL;
    near(pulled[0], first);
    near(pulled[1], first + IMAGE_PULL);
    near(pulled[2], first + IMAGE_PULL);
  });

  it('has phases that sum to the whole, and a SLI without pulls and init containers', () => {
    const world = oneNode(
      podManifest('web', '  initContainers: [{ name: a, image: i }]'),
      'kubelet.imagesPresent: false',
    );
    start(world);
    const sum = (phase: string) => world.series('pod_startup_latency_seconds', `phase=${phase}`)?.statistics.sum ?? 0;
    expect(world.series('pod_startup_latency_seconds', 'phase=total')?.statistics.count).toBe(1);
    expect(sum('create_to_schedule') + sum('schedule_to_run') + sum('run_to_watch')).toBeCloseTo(sum('total'), 9);
    const sli = world.series('kubelet_pod_start_sli_duration_seconds')?.statistics.sum ?? 0;
    near(sli, sum('total') - 2 * IMAGE_PULL - SPANS.initContainerRun);
    // The kubelet's own clock: with all of that, from the creation and from when it saw the pod.
    const own = (name: string) => world.series(name)?.statistics.sum ?? 0;
    near(own('kubelet_pod_start_total_duration_seconds'), sum('total'));
    near(own('kubelet_pod_start_duration_seconds'), sum('schedule_to_run') + sum('run_to_watch'));
  });

  it('starts every pod of a Deployment the same way when a scheduler binds them', () => {
    const world = new ClusterWorld({
      spec: fixedSpans(),
      operations: `
    - createNodes: { count: 4, preload: true }
    - createDeployment: { name: web, replicas: 20 }`,
    });
    world.runFor(1);
    world.perform();
    world.runUntil(() => world.readyPods() === 20);
    for (const key of world.podKeys()) {
      const changes = world.podChanges.filter((change) => change.key === key);
      // Created, bound, and three statuses.
      expect(changes.map(({ phase }) => phase)).toEqual([0, 0, 0, 0, 1]);
    }
    // One watch of the namespace's root certificate for each node.
    expect(world.of('WATCH configmaps')).toHaveLength(4);
  });
});
