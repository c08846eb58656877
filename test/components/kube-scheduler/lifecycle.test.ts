/** Several schedulers, schedulers that are restarted, and schedulers that have missed something. */
import { describe, expect, test } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { defaultConfiguration } from '../../../src/components/kube-scheduler/index.ts';
import { microseconds, milliseconds, seconds } from '../../../src/units/index.ts';
import { amounts, nodeOf, SchedulerWorld, templateOf } from './scheduler-world.ts';

const UNLIMITED = { kubeScheduler: { clientQps: 0 } };
const scheduled = 'profile=default-scheduler;result=scheduled';

describe('several schedulers', () => {
  test('serve the pods that name them', () => {
    const world = new SchedulerWorld({}, [{ name: 'default-scheduler' }, { name: 'batch' }]);
    world.addNodes(2);
    world.start();
    const pods = [world.createPod(templateOf(0)), world.createPod(templateOf(1, { schedulerName: 'batch' }))];
    world.run(seconds(5));
    expect(world.boundCount(pods)).toBe(2);
    expect(world.requestsOf('kube-scheduler batch', 'POST', 201)).toBe(1);
    expect(world.statistic('scheduler_schedule_attempts_total', 'profile=batch;result=scheduled', 'final')).toBe(1);
  });

  test('that take the same pods contend: the API server binds each pod once, the loser learns it by a 409', () => {
    const configuration = defaultConfiguration('default-scheduler');
    const world = new SchedulerWorld(UNLIMITED, [
      { name: 'default-scheduler', configuration },
      { name: 'second', configuration },
    ]);
    world.addNodes(20);
    world.start();
    const pods = world.createPods(50, templateOf(0));
    world.run(seconds(30));
    expect(world.boundCount(pods)).toBe(50);
    const won =
      world.requestsOf('kube-scheduler', 'POST', 201) + world.requestsOf('kube-scheduler second', 'POST', 201);
    const lost =
      world.requestsOf('kube-scheduler', 'POST', 409) + world.requestsOf('kube-scheduler second', 'POST', 409);
    expect(won).toBe(50);
    expect(lost).toBeGreaterThan(10);
    expect(world.statistic('scheduler_pending_pods', 'queue=active', 'final')).toBe(0);
    expect(world.statistic('scheduler_pending_pods', 'queue=backoff', 'final')).toBe(0);
  });

  test('share a gauge of waiting pods as a sum', () => {
    const world = new SchedulerWorld({}, [{ name: 'default-scheduler' }, { name: 'batch' }]);
    world.start();
    world.addNodes(0);
    world.createPods(3, templateOf(0, { nodeSelector: { no: 'where' } }));
    world.createPods(4, templateOf(1, { nodeSelector: { no: 'where' }, schedulerName: 'batch' }));
    world.createNode('node', nodeOf());
    world.run(seconds(60));
    world.recorder.sample();
    expect(world.statistic('scheduler_pending_pods', 'queue=unschedulable', 'final')).toBe(7);
  });
});

describe('a scheduler that is restarted', () => {
  test('lists everything anew and goes on', () => {
    const world = new SchedulerWorld();
    world.addNodes(2, () => nodeOf({ allocatable: amounts(1000, 8) }));
    world.start();
    const first = world.createPods(2, templateOf(0));
    world.run(seconds(5));
    world.scheduler.stop();
    const second = world.createPods(3, templateOf(0));
    world.run(seconds(5));
    expect(world.boundCount(second)).toBe(0);
    world.scheduler.start({ preloaded: false, instance: 0 });
    world.run(seconds(10));
    expect(world.boundCount(first)).toBe(2);
    expect(world.boundCount(second)).toBe(2);
    world.simulation.checkInvariants();
  });

  test('forgets what it was about to do', () => {
    const world = new SchedulerWorld({ kubeScheduler: { cycleTime: seconds(1) } });
    world.addNodes(1);
    world.start();
    const pod = world.createPod(templateOf(0));
    world.run(milliseconds(500));
    world.scheduler.stop();
    world.run(seconds(10));
    expect(world.nodeOfPod(pod)).toBeUndefined();
    world.scheduler.start({ preloaded: false, instance: 0 });
    world.run(seconds(10));
    expect(world.nodeOfPod(pod)).toBe('node-0');
  });

  test('does not count a binding that is answered after its end', () => {
    const world = new SchedulerWorld({ network: { controlPlaneDelay: { distribution: 'constant', value: 1e9 } } });
    world.addNodes(1);
    world.start();
    const pod = world.createPod(templateOf(0));
    while (world.nodeOfPod(pod) === undefined) world.run(milliseconds(100));
    world.scheduler.stop();
    world.run(seconds(10));
    expect(world.statistic('scheduler_schedule_attempts_total', scheduled, 'final') ?? 0).toBe(0);
    expect(world.store.current(kinds.pods, pod)).not.toBe(-1);
  });
});

describe('a scheduler that has missed changes and lists again', () => {
  /** Two API servers with hardly any history; the one that the scheduler is connected to ends, and comes back late. */
  const gap = {
    kubeApiserver: { replicas: 2, watchCacheMinimum: 2, watchCacheMaximum: 2, restart: seconds(600) },
    clientGo: { reflectorBackoff: seconds(5) },
    network: { controlPlaneEndpoint: 'balancer' },
  };

  /** Connections are spread over the servers in turn: the scheduler's is to the first one, the user's to the second. */
  function disconnect(world: SchedulerWorld): void {
    world.servers[0]?.crash();
  }

  /** More changes than the history holds. */
  function pushHistoryOut(world: SchedulerWorld): void {
    world.createPods(5, templateOf(9, { schedulerName: 'somebody-else' }));
    world.run(seconds(1));
  }

  test('schedules a pod that was created again under the name of one that it knew', () => {
    const world = new SchedulerWorld(gap);
    world.addNodes(1, () => nodeOf({ allocatable: amounts(500, 8) }));
    world.start();
    const pod = world.createPod(templateOf(0), 'db-0');
    world.run(seconds(2));
    expect(world.nodeOfPod(pod)).toBe('node-0');
    disconnect(world);
    world.deletePod(pod);
    world.run(milliseconds(100));
    world.createPod(templateOf(0), 'db-0');
    pushHistoryOut(world);
    expect(world.nodeOfPod(pod)).toBeUndefined();
    world.run(seconds(30));
    expect(world.nodeOfPod(pod)).toBe('node-0');
    world.simulation.checkInvariants();
  });

  test('gives the place of a pod free that was bound and gone before it was seen bound', () => {
    const world = new SchedulerWorld(gap);
    world.addNodes(1, () => nodeOf({ allocatable: amounts(500, 8) }));
    world.start();
    const pod = world.createPod(templateOf(0));
    const bound = () => world.statistic('scheduler_schedule_attempts_total', scheduled, 'final') === 1;
    while (!bound()) world.run(microseconds(5));
    disconnect(world);
    world.deletePod(pod);
    pushHistoryOut(world);
    world.run(seconds(30));
    const next = world.createPod(templateOf(1));
    world.run(seconds(5));
    expect(world.nodeOfPod(next)).toBe('node-0');
  });
});

test('an assumed pod whose binding the informer never shows expires where that is set', () => {
  const world = new SchedulerWorld({ kubeScheduler: { assumedPodExpiry: seconds(30) } });
  world.addNodes(1, () => nodeOf({ allocatable: amounts(500, 8) }));
  world.start();
  world.createPod(templateOf(0));
  world.run(seconds(60));
  // It was shown, so that nothing expires: the node is still full.
  const second = world.createPod(templateOf(0));
  world.run(seconds(60));
  expect(world.nodeOfPod(second)).toBeUndefined();
});
