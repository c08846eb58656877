/** How fast a scheduler is: its client's limiter, and the time of its cycles against what was measured. */
import { describe, expect, test } from 'vitest';
import type { ObjectKey } from '../../../src/cluster/index.ts';
import type { Host } from '../../../src/components/host/host.ts';
import { milliseconds, seconds } from '../../../src/units/index.ts';
import { SchedulerWorld, templateOf } from './scheduler-world.ts';

const UNLIMITED = { kubeScheduler: { clientQps: 0, cores: 1 } };
const scheduled = 'profile=default-scheduler;result=scheduled';

function point(world: SchedulerWorld, name: string, statistic = 'mean'): number {
  const labels = `extension_point=${name};profile=default-scheduler;status=Success`;
  return world.statistic('scheduler_framework_extension_point_duration_seconds', labels, statistic) ?? Number.NaN;
}

describe('pace', () => {
  test('is 50 bindings a second by default, after a burst of 100', () => {
    const world = new SchedulerWorld();
    world.addNodes(100);
    world.start();
    const pods = world.createPods(600, templateOf(0));
    world.run(seconds(1));
    const early = world.boundCount(pods);
    expect(early).toBeGreaterThanOrEqual(95);
    expect(early).toBeLessThan(152);
    world.run(seconds(5));
    expect(Math.abs(world.boundCount(pods) - early - 250)).toBeLessThanOrEqual(2);
    const flow = world.waits.result().find(({ flow }) => flow === 'pod_startup');
    expect(flow?.waits[0]?.server).toBe('kube-scheduler client limiter');
  });

  // data/measured/kubernetes/scheduler_standalone.csv, the scheduler alone on a core: means [ms] over all runs of a size.
  test.each([
    { nodes: 100, filter: 0.24, score: 0.558, algorithm: 0.87 },
    { nodes: 1000, filter: 0.745, score: 2.139, algorithm: 3.045 },
    { nodes: 5000, filter: 0.929, score: 2.217, algorithm: 3.323 },
  ])('of the algorithm at $nodes nodes is within 10 % of what was measured', ({ nodes, filter, score, algorithm }) => {
    const world = new SchedulerWorld(UNLIMITED);
    world.addNodes(nodes);
    world.start();
    for (let i = 0; i < 20; i++) {
      world.createPod(templateOf(0));
      world.run(milliseconds(100));
    }
    const attempt = world.statistic('scheduler_scheduling_attempt_duration_seconds', scheduled, 'mean') as number;
    const measured = { filter, score, algorithm };
    const modelled = {
      filter: point(world, 'Filter') * 1000,
      score: point(world, 'Score') * 1000,
      algorithm: (attempt - point(world, 'Bind')) * 1000,
    };
    for (const name of ['filter', 'score', 'algorithm'] as const) {
      expect(Math.abs(modelled[name] / measured[name] - 1), name).toBeLessThan(0.1);
    }
  });

  test('of the loop is the inverse of its cycle: about 290 pods a second at 5,000 nodes on one core', () => {
    // Cores enough that the API server takes none of them away.
    const world = new SchedulerWorld({ ...UNLIMITED, host: { controlPlaneCores: 64 } });
    world.addNodes(5000);
    world.start();
    const pods: ObjectKey[] = [];
    // 400 a second, so that the API server's limit of requests in flight does not hold them up.
    for (let i = 0; i < 16; i++) {
      pods.push(...world.createPods(100, templateOf(0)));
      world.run(milliseconds(250));
      if (i === 3) world.recorder.startStatistics();
    }
    const rate = world.statistic('scheduler_schedule_attempts_total', scheduled, 'rate') as number;
    expect(rate).toBeGreaterThan(280);
    expect(rate).toBeLessThan(310);
    const { waits = [] } = world.waits.result().find(({ flow }) => flow === 'pod_startup') ?? {};
    expect(waits[0]?.server).toBe('kube-scheduler loop');
  });

  test('costs CPU of its host: the cycle, a binding, an event, and two changes of each pod', () => {
    const world = new SchedulerWorld({ kubeScheduler: { clientQps: 0 } });
    world.addNodes(50);
    world.start();
    const pods = world.createPods(200, templateOf(0));
    world.run(seconds(5));
    expect(world.boundCount(pods)).toBe(200);
    // Constant parts; 50 nodes filtered, rated and compared; two requests; two changes [us].
    const expected = 60 + 10 + 70 + 13 + 100 + 50 * (1.7 + 4.5 + 0.25) + 2 * 160 + 2 * 65;
    const took = (world.processes[0]?.nanoseconds ?? 0) / 1000 / pods.length;
    expect(Math.abs(took / expected - 1)).toBeLessThan(0.01);
  });

  test('of pods that find no node is held up by the writing of their status, unless that is done on the side', () => {
    const attemptsIn = (asyncApiCalls: boolean) => {
      const world = new SchedulerWorld({
        kubeScheduler: { clientQps: 0, asyncApiCalls },
        network: { controlPlaneDelay: { distribution: 'constant', value: milliseconds(20) } },
      } as never);
      world.addNodes(5);
      world.start();
      world.createPods(100, templateOf(0, { nodeSelector: { no: 'where' } }));
      world.run(milliseconds(500));
      const labels = 'profile=default-scheduler;result=unschedulable';
      return world.statistic('scheduler_schedule_attempts_total', labels, 'final') ?? 0;
    };
    // 40 ms there and back for each PATCH.
    expect(attemptsIn(false)).toBeLessThan(13);
    expect(attemptsIn(true)).toBe(100);
  });

  test('falls when others have the cores of its host', () => {
    const span = (threads: number) => {
      const world = new SchedulerWorld({ kubeScheduler: { clientQps: 0 }, host: { controlPlaneCores: 4 } });
      const host = world.hosts[0] as Host;
      const other = host.register((tag) => host.run(other, milliseconds(1), tag));
      for (let i = 0; i < threads; i++) host.run(other, milliseconds(1), i);
      world.addNodes(1000);
      world.start();
      world.createPods(20, templateOf(0));
      world.run(seconds(2));
      return point(world, 'Score');
    };
    const [idle, busy] = [span(0), span(12)];
    // Of sixteen threads four are its own, so that it has one core of four.
    expect(busy / idle).toBeGreaterThan(2.5);
    expect(busy / idle).toBeLessThan(6);
  });

  test('grows with the cores that the goroutines have, up to their number', () => {
    const attempt = (overrides: Record<string, number>) => {
      const world = new SchedulerWorld({ kubeScheduler: { clientQps: 0, ...overrides } });
      world.addNodes(1000);
      world.start();
      world.createPod(templateOf(0));
      world.run(seconds(1));
      return point(world, 'Score');
    };
    const [one, four, limited] = [attempt({ cores: 1 }), attempt({ cores: 4 }), attempt({ parallelism: 2 })];
    expect((one - 1e-4) / (four - 1e-4)).toBeCloseTo(4, 5);
    expect((one - 1e-4) / (limited - 1e-4)).toBeCloseTo(2, 5);
  });
});
