/** Real KubeSchedulerConfiguration files at work. */
import { describe, expect, test } from 'vitest';
import { defaultConfiguration, type SchedulerConfiguration } from '../../../src/components/kube-scheduler/index.ts';
import { AcceptedFields, readKubeSchedulerConfiguration } from '../../../src/manifests/index.ts';
import { schedulerPlugins } from '../../../src/scenario/scheduler-plugins.ts';
import { seconds } from '../../../src/units/index.ts';
import { amounts, nodeOf, SchedulerWorld, taint, templateOf } from './scheduler-world.ts';

function read(body: string): { configuration: SchedulerConfiguration; withoutEffect: readonly string[] } {
  const accepted = new AcceptedFields();
  const text = `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n${body}`;
  const configuration = readKubeSchedulerConfiguration('scheduler.yaml', text, schedulerPlugins, accepted);
  return { configuration, withoutEffect: accepted.list() };
}

function worldWith(body: string): SchedulerWorld {
  return new SchedulerWorld({}, [{ name: 'default-scheduler', configuration: read(body).configuration }]);
}

describe('a KubeSchedulerConfiguration', () => {
  test('that says nothing is the default profile of the registry', () => {
    expect(read('').configuration).toEqual(defaultConfiguration('default-scheduler'));
  });

  test('names what has no effect only where it enables or configures it', () => {
    expect(read('').withoutEffect).toEqual([]);
    const { withoutEffect } = read(
      'profiles:\n' +
        '  - plugins: { multiPoint: { enabled: [{ name: NodeDeclaredFeatures }] } }\n' +
        '    pluginConfig: [{ name: GangScheduling, args: { timeout: 1s } }]\n',
    );
    expect(withoutEffect.join('\n')).toContain('NodeDeclaredFeatures');
    expect(withoutEffect.join('\n')).toContain('profiles[].pluginConfig[].args');
  });

  test('packs with MostAllocated', () => {
    const world = worldWith(`
profiles:
  - pluginConfig:
      - name: NodeResourcesFit
        args: { scoringStrategy: { type: MostAllocated, resources: [{ name: cpu, weight: 1 }, { name: memory, weight: 1 }] } }
`);
    world.addNodes(10);
    world.start();
    const pods = world.createPods(16, templateOf(0, { requests: amounts(500, 1) }));
    world.run(seconds(5));
    expect(new Set(world.boundTo(pods)).size).toBe(2);
  });

  test('fills nodes up to the peak of its own shape', () => {
    const world = worldWith(`
profiles:
  - plugins: { score: { disabled: [{ name: NodeResourcesBalancedAllocation }] } }
    pluginConfig:
      - name: NodeResourcesFit
        args:
          scoringStrategy:
            type: RequestedToCapacityRatio
            resources: [{ name: cpu, weight: 1 }]
            requestedToCapacityRatio:
              shape: [{ utilization: 0, score: 0 }, { utilization: 50, score: 10 }, { utilization: 51, score: 0 }]
`);
    world.addNodes(10);
    world.start();
    const pods = world.createPods(16, templateOf(0));
    world.run(seconds(5));
    const counts = new Map<string | undefined, number>();
    for (const node of world.boundTo(pods)) counts.set(node, (counts.get(node) ?? 0) + 1);
    expect([...counts.values()]).toEqual([4, 4, 4, 4]);
  });

  test('disables a filter, so that pods go where a taint would keep them off', () => {
    const tainted = () => nodeOf({ taints: [taint('dedicated', 'NoSchedule')] });
    const ordinary = new SchedulerWorld();
    const lax = worldWith('profiles:\n  - plugins: { filter: { disabled: [{ name: TaintToleration }] } }\n');
    const bound = [ordinary, lax].map((world) => {
      world.addNodes(1, tainted);
      world.start();
      const pods = world.createPods(1, templateOf(0));
      world.run(seconds(5));
      return world.boundCount(pods);
    });
    expect(bound).toEqual([0, 1]);
  });

  test('gives the weights by which plugins outvote each other', () => {
    const body = (weight: number) => `
profiles:
  - plugins: { multiPoint: { enabled: [{ name: NodeResourcesFit, weight: 5 }, { name: NodeAffinity, weight: ${weight} }] } }
`;
    const chosen = [1, 100].map((weight) => {
      const world = worldWith(body(weight));
      world.addNodes(1, () => nodeOf({ labels: { disk: 'ssd' }, allocatable: amounts(550, 0.51) }));
      world.addNodes(1, () => nodeOf({ allocatable: amounts(64_000, 256) }));
      world.start();
      const term = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }], matchFields: [] } as const;
      const pod = world.createPod(templateOf(0, { nodeAffinity: { preferred: [{ weight: 1, term }] } }));
      world.run(seconds(5));
      return world.nodeOfPod(pod);
    });
    expect(chosen).toEqual(['node-1', 'node-0']);
  });

  test('has profiles that pods choose by schedulerName', () => {
    const world = worldWith(`
profiles:
  - schedulerName: default-scheduler
  - schedulerName: packer
    pluginConfig:
      - name: NodeResourcesFit
        args: { scoringStrategy: { type: MostAllocated } }
`);
    world.addNodes(10);
    world.start();
    const spread = world.createPods(8, templateOf(0));
    world.run(seconds(5));
    const packed = world.createPods(4, templateOf(1, { schedulerName: 'packer' }));
    world.run(seconds(5));
    expect(new Set(world.boundTo(spread)).size).toBe(8);
    expect(new Set(world.boundTo(packed)).size).toBe(1);
    expect(world.statistic('scheduler_schedule_attempts_total', 'profile=packer;result=scheduled', 'final')).toBe(4);
  });

  test('sets limits and back-offs', () => {
    const world = worldWith(
      'clientConnection: { qps: 10, burst: 10 }\npodInitialBackoffSeconds: 4\npodMaxBackoffSeconds: 4\n',
    );
    world.addNodes(100);
    world.start();
    const pods = world.createPods(60, templateOf(0));
    world.run(seconds(3));
    expect(world.boundCount(pods)).toBeGreaterThan(37);
    expect(world.boundCount(pods)).toBeLessThan(42);
  });

  test('without a queue sort or a binder is refused, as upstream does', () => {
    const without = (point: string, plugin: string) =>
      `profiles:\n  - plugins: { ${point}: { disabled: [{ name: ${plugin} }] } }\n`;
    expect(() => worldWith(without('bind', 'DefaultBinder'))).toThrow('no bind plugin');
    expect(() => worldWith(without('queueSort', 'PrioritySort'))).toThrow('no queueSort plugin');
  });

  test('with a plugin that nobody has is refused', () => {
    expect(() => read('profiles:\n  - plugins: { score: { enabled: [{ name: NodeResourceFit }] } }\n')).toThrow(
      'NodeResourceFit',
    );
    const [profile] = defaultConfiguration('default-scheduler').profiles;
    const plugins = { ...profile?.plugins, score: [{ name: 'Unheard', weight: 1 }] };
    const configuration = { profiles: [{ ...profile, plugins }] } as SchedulerConfiguration;
    expect(() => new SchedulerWorld({}, [{ name: 'default-scheduler', configuration }])).toThrow('Unheard');
  });
});
