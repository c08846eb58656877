/** Several schedulers at once: instances of one that all work, and schedulers of different names that know nothing of each other's plans. */
import { expect, it } from 'vitest';
import { PodPhase } from '../../../src/cluster/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const final = (world: ClusterWorld, metric: string, labels: string): number =>
  (world.series(metric, labels)?.statistics as { final?: number } | undefined)?.final ?? 0;

function activeWorld(replicas: number, leaderElect: boolean): ClusterWorld {
  const world = new ClusterWorld({
    spec: `parameters: { kubelet.imagesPresent: true, kubeScheduler.clientQps: 0 }\nschedulers: [{ name: default-scheduler, replicas: ${replicas}, leaderElect: ${leaderElect} }]`,
    operations: `
    - createNodes: { count: 10, preload: true }
    - createPods: { name: p, count: 60, requests: { cpu: 100m }, client: { user: u, qps: 5000, burst: 5000 } }`,
  });
  world.runFor(1);
  world.perform();
  return world;
}

it('instances that all work bind every pod once; the losers of a race are answered with 409, and that is counted', () => {
  const world = activeWorld(3, false);
  world.runFor(10);
  expect(world.of('POST pods/binding').filter(({ code }) => code === 201)).toHaveLength(60);
  const conflicts = world.of('POST pods/binding').filter(({ code }) => code === 409).length;
  expect(conflicts).toBeGreaterThan(30);
  const profile = 'profile=default-scheduler';
  expect(final(world, 'plimsoll_scheduler_binding_conflicts_total', profile)).toBe(conflicts);
  expect(final(world, 'plimsoll_scheduler_wasted_seconds_total', profile)).toBeGreaterThan(0);
  expect(final(world, 'scheduler_schedule_attempts_total', `${profile};result=error`)).toBe(conflicts);
  // A pod that another one has bound is not tried again.
  world.runFor(60);
  expect(world.of('POST pods/binding').length).toBe(60 + conflicts);
  world.simulation.checkInvariants();
});

it('with election one of them works, without a lease and with nobody to wait for they all do', () => {
  const elected = activeWorld(3, true);
  elected.runFor(10);
  expect(elected.of('POST pods/binding')).toHaveLength(60);
  const active = activeWorld(2, false);
  const [scheduler] = active.cluster.schedulers;
  active.runFor(0.05);
  expect(scheduler?.crash('leader', false, seconds(30))).toBe(true);
  expect(scheduler?.crash(0, false)).toBe(false);
  active.runFor(5);
  expect(active.readyPods()).toBe(60);
  expect(active.of('PUT leases').filter(({ client }) => client.includes('scheduler'))).toEqual([]);
  active.runFor(60);
  active.simulation.checkInvariants();
});

it('schedulers that do not know of each other give a node more than it has; its kubelet refuses the loser, and the loss is counted', () => {
  const world = new ClusterWorld({
    spec: 'parameters: { kubelet.imagesPresent: true }\nschedulers: [{ name: default-scheduler }, { name: other }]',
    operations: `
    - createNodes: { count: 1, allocatable: { cpu: "2", memory: 8Gi, pods: 10, ephemeral-storage: 1Gi }, preload: true }
    - apply: { manifests: pods.yaml }`,
    files: {
      'pods.yaml': ['default-scheduler', 'other']
        .map(
          (scheduler, i) =>
            `apiVersion: v1\nkind: Pod\nmetadata: { name: p${i} }\nspec: { schedulerName: ${scheduler}, containers: [{ name: c, image: "i:1", resources: { requests: { cpu: 1500m } } }] }\n`,
        )
        .join('---\n'),
    },
  });
  world.perform();
  world.runFor(10);
  const phases = world.podKeys().map((key) => world.tables.pods.phase.get(world.pod(key)));
  expect(phases.sort()).toEqual([PodPhase.Running, PodPhase.Failed]);
  expect(final(world, 'kubelet_admission_rejections_total', 'reason=OutOfcpu')).toBe(1);
  expect(world.series('plimsoll_rejected_pod_age_seconds')?.statistics).toMatchObject({ count: 1 });
});
