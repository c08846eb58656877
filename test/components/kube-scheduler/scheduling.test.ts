/** The scheduler in a small world with a real API server and store. */
import { describe, expect, test } from 'vitest';
import type { ObjectKey } from '../../../src/cluster/index.ts';
import { defaultProfile } from '../../../src/components/kube-scheduler/index.ts';
import { milliseconds, seconds } from '../../../src/units/index.ts';
import { amounts, nodeOf, SchedulerWorld, taint, templateOf } from './scheduler-world.ts';

const scheduled = 'profile=default-scheduler;result=scheduled';

describe('scheduling', () => {
  test('binds pods and spreads equal ones evenly over equal nodes', () => {
    const world = new SchedulerWorld();
    world.addNodes(10);
    world.start();
    const pods = world.createPods(40, templateOf(0));
    world.run(seconds(10));
    const counts = new Map<string, number>();
    for (const node of world.boundTo(pods)) counts.set(String(node), (counts.get(String(node)) ?? 0) + 1);
    expect([...counts.values()]).toEqual(Array(10).fill(4));
    expect(world.statistic('scheduler_schedule_attempts_total', scheduled, 'final')).toBe(40);
    expect(world.statistic('scheduler_pod_scheduling_sli_duration_seconds', 'attempts=1', 'count')).toBe(40);
  });

  test('packs pods where the configuration says MostAllocated', () => {
    const defaults = defaultProfile('default-scheduler');
    const { resources } = defaults.arguments.nodeResourcesFit;
    const nodeResourcesFit = { strategy: 'MostAllocated', resources } as const;
    const packing = { ...defaults, arguments: { ...defaults.arguments, nodeResourcesFit } };
    const world = new SchedulerWorld({}, [{ name: 'default-scheduler', configuration: { profiles: [packing] } }]);
    world.addNodes(10);
    world.start();
    const pods = world.createPods(16, templateOf(0, { requests: amounts(500, 1) }));
    world.run(seconds(10));
    expect(new Set(world.boundTo(pods)).size).toBe(2);
  });

  // Model reference 9.2, rows 3 and 4.
  test('of one pod costs one binding, and one event through a client of its own', () => {
    const world = new SchedulerWorld();
    world.addNodes(3);
    world.start();
    const pod = world.createPod(templateOf(0));
    const before = world.store.revision;
    world.run(seconds(5));
    expect(world.requestsOf('kube-scheduler', 'POST', 201)).toBe(1);
    expect(world.requestsOf('kube-scheduler events', 'POST', 201)).toBe(1);
    // The pod, its binding, its event.
    expect(world.store.revision - before).toBe(3);
    expect(world.nodeOfPod(pod)).toBeDefined();
  });

  test('never gives a node more than it has, and marks the pod that finds no room', () => {
    const world = new SchedulerWorld();
    world.addNodes(2, () => nodeOf({ allocatable: amounts(1000, 8) }));
    world.start();
    const pods = world.createPods(5, templateOf(0));
    world.run(seconds(10));
    expect(world.boundCount(pods)).toBe(4);
    const left = pods.filter((key) => world.nodeOfPod(key) === undefined);
    expect(left).toHaveLength(1);
    expect(world.isMarkedUnschedulable(left[0] as ObjectKey)).toBe(true);
  });

  test('minds pods that were there before it, and that others have bound', () => {
    const world = new SchedulerWorld();
    world.addNodes(1, () => nodeOf({ allocatable: amounts(2000, 8) }));
    for (let i = 0; i < 3; i++) world.preload.pod('default', 'old', templateOf(1), -1);
    world.start();
    const pods = world.createPods(2, templateOf(0));
    world.run(seconds(10));
    expect(world.boundCount(pods)).toBe(1);
  });

  test('leaves pods of other schedulers alone', () => {
    const world = new SchedulerWorld();
    world.addNodes(1);
    world.start();
    const pod = world.createPod(templateOf(0, { schedulerName: 'somebody-else' }));
    world.run(seconds(30));
    expect(world.nodeOfPod(pod)).toBeUndefined();
    expect(world.requestsOf('kube-scheduler', 'PATCH', 200)).toBe(0);
  });

  test('of a pod that was deleted meanwhile ends with a binding that is refused', () => {
    const world = new SchedulerWorld({ kubeScheduler: { cycleTime: seconds(1) } });
    world.addNodes(1);
    world.start();
    const pod = world.createPod(templateOf(0));
    world.run(milliseconds(100));
    world.deletePod(pod);
    world.run(seconds(20));
    expect(world.requestsOf('kube-scheduler', 'POST', 404)).toBe(1);
    expect(
      world.statistic('scheduler_schedule_attempts_total', 'profile=default-scheduler;result=error', 'final'),
    ).toBe(1);
    // What it had been given is free again.
    const pods = world.createPods(8, templateOf(1));
    world.run(seconds(20));
    expect(world.boundCount(pods)).toBe(8);
  });

  test('of a pod that was deleted and created again meanwhile does not bind the new one by the old decision', () => {
    const world = new SchedulerWorld({ kubeScheduler: { cycleTime: seconds(1) } });
    world.addNodes(1);
    world.start();
    const pod = world.createPod(templateOf(0), 'db-0');
    world.run(milliseconds(900));
    world.deletePod(pod);
    world.run(milliseconds(50));
    world.createPod(templateOf(1), 'db-0');
    world.run(milliseconds(200));
    // The old decision came to a 409: the uid is another one. The new pod is in its own cycle.
    expect(world.requestsOf('kube-scheduler', 'POST', 409)).toBe(1);
    expect(world.nodeOfPod(pod)).toBeUndefined();
    world.run(seconds(5));
    expect(world.nodeOfPod(pod)).toBe('node-0');
    expect(world.requestsOf('kube-scheduler', 'POST', 201)).toBe(1);
    world.simulation.checkInvariants();
  });

  test('gives the same run for the same seed, another for another', () => {
    const fingerprint = (seed: string) => {
      const world = new SchedulerWorld({}, undefined, seed);
      world.addNodes(20);
      world.start();
      world.createPods(60, templateOf(0));
      world.run(seconds(5));
      return world.simulation.fingerprint();
    };
    expect(fingerprint('a')).toBe(fingerprint('a'));
    expect(fingerprint('a')).not.toBe(fingerprint('b'));
  });
});

describe('a pod that finds no node', () => {
  function fullWorld(): { world: SchedulerWorld; placed: ObjectKey[]; pod: ObjectKey } {
    const world = new SchedulerWorld();
    world.addNodes(1, () => nodeOf({ allocatable: amounts(1000, 8) }));
    world.start();
    const placed = world.createPods(2, templateOf(0));
    world.run(seconds(5));
    const pod = world.createPod(templateOf(1));
    world.run(seconds(60));
    return { world, placed, pod };
  }

  test('is tried once and then waits: one PATCH, one event', () => {
    const { world } = fullWorld();
    const unschedulable = 'profile=default-scheduler;result=unschedulable';
    expect(world.statistic('scheduler_schedule_attempts_total', unschedulable, 'final')).toBe(1);
    expect(world.requestsOf('kube-scheduler', 'PATCH', 200)).toBe(1);
    expect(world.requestsOf('kube-scheduler events', 'POST', 201)).toBe(3);
    expect(world.statistic('scheduler_pending_pods', 'queue=unschedulable', 'final')).toBe(1);
  });

  test('gets the place of a pod that goes', () => {
    const { world, placed, pod } = fullWorld();
    world.deletePod(placed[0] as ObjectKey);
    world.run(seconds(2));
    expect(world.nodeOfPod(pod)).toBe('node-0');
    expect(world.statistic('scheduler_pod_scheduling_sli_duration_seconds', 'attempts=2', 'count')).toBe(1);
  });

  test('goes to a node that joins', () => {
    const { world, pod } = fullWorld();
    world.createNode('fresh', nodeOf());
    world.run(seconds(2));
    expect(world.nodeOfPod(pod)).toBe('fresh');
  });

  test('is not patched again while the reasons stay the same', () => {
    const world = new SchedulerWorld();
    world.addNodes(1, () => nodeOf({ allocatable: amounts(1000, 8) }));
    world.start();
    const placed = world.createPods(2, templateOf(0));
    world.run(seconds(5));
    const pod = world.createPod(templateOf(1, { requests: amounts(600, 1) }));
    world.run(seconds(5));
    // Half of the node is free now, which is not enough.
    world.deletePod(placed[0] as ObjectKey);
    world.run(seconds(20));
    expect(world.nodeOfPod(pod)).toBeUndefined();
    const unschedulable = 'profile=default-scheduler;result=unschedulable';
    expect(world.statistic('scheduler_schedule_attempts_total', unschedulable, 'final')).toBe(2);
    expect(world.requestsOf('kube-scheduler', 'PATCH', 200)).toBe(1);
  });

  test('is patched again when the reasons change', () => {
    const { world, pod } = fullWorld();
    const revision = world.store.revision;
    // Has room, which is what the pod lacked; but the pod does not tolerate its taint.
    world.createNode('fresh', nodeOf({ taints: [taint('dedicated', 'NoSchedule')] }));
    world.run(seconds(20));
    expect(world.nodeOfPod(pod)).toBeUndefined();
    expect(world.requestsOf('kube-scheduler', 'PATCH', 200)).toBe(2);
    // The node, the changed status, an event.
    expect(world.store.revision - revision).toBe(3);
  });

  test('holds the loop up while its status is patched', () => {
    const slow = { kubeScheduler: { clientQps: 1, clientBurst: 6 } };
    const world = new SchedulerWorld(slow);
    world.addNodes(1, () => nodeOf({ allocatable: amounts(1000, 8) }));
    world.start();
    // Three pods that fit nowhere use up the tokens; the fourth, which fits, is not even looked at meanwhile.
    for (let i = 0; i < 8; i++) world.createPod(templateOf(1, { requests: amounts(5000, 1), priority: 5 }));
    const pod = world.createPod(templateOf(0));
    world.run(seconds(1));
    expect(world.nodeOfPod(pod)).toBeUndefined();
    expect(world.statistic('scheduler_pending_pods', 'queue=active', 'final')).toBeGreaterThan(0);
    world.run(seconds(10));
    expect(world.nodeOfPod(pod)).toBe('node-0');
  });

  test('is retried with back-off while there are no nodes at all', () => {
    const world = new SchedulerWorld();
    world.start();
    const pod = world.createPod(templateOf(0));
    world.run(seconds(12));
    const unschedulable = 'profile=default-scheduler;result=unschedulable';
    // At once, and after back-offs of 1, 2 and 4 s that end with a window: at 2, 5 and 10 s.
    expect(world.statistic('scheduler_schedule_attempts_total', unschedulable, 'final')).toBe(4);
    world.createNode('first', nodeOf());
    world.run(seconds(12));
    expect(world.nodeOfPod(pod)).toBe('first');
  });

  test('leaves the queue when somebody else binds it', () => {
    const { world, pod } = fullWorld();
    world.bindByHand(pod, 'node-0');
    world.run(seconds(700));
    const unschedulable = 'profile=default-scheduler;result=unschedulable';
    expect(world.statistic('scheduler_schedule_attempts_total', unschedulable, 'final')).toBe(1);
    expect(world.statistic('scheduler_pending_pods', 'queue=unschedulable', 'final')).toBe(0);
  });

  test('says so under its own result', () => {
    const { world } = fullWorld();
    const labels = 'profile=default-scheduler;result=unschedulable';
    expect(world.statistic('scheduler_scheduling_attempt_duration_seconds', labels, 'count')).toBe(1);
  });
});

describe('a pod that a taint keeps off', () => {
  test('is not tried again when another pod goes', () => {
    const world = new SchedulerWorld();
    world.addNodes(1);
    world.addNodes(1, () => nodeOf({ taints: [taint('dedicated', 'NoSchedule')] }));
    world.start();
    const other = world.createPod(templateOf(0));
    const pod = world.createPod(templateOf(1, { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } }));
    world.run(seconds(5));
    world.deletePod(other);
    world.run(seconds(60));
    expect(world.nodeOfPod(pod)).toBeUndefined();
    const unschedulable = 'profile=default-scheduler;result=unschedulable';
    expect(world.statistic('scheduler_schedule_attempts_total', unschedulable, 'final')).toBe(1);
  });
});
