/** A descheduler in a scheduling cell: what it moves, what that costs, and that both worlds' laws hold. */
import { describe, expect, it } from 'vitest';
import {
  type DeschedulerPolicy,
  type DeschedulerSettings,
  deschedulerSettings,
} from '../../../src/components/descheduler/index.ts';
import { architectureRegistry } from '../../../src/components/scheduling-cell/index.ts';
import { valuesOf } from '../../../src/engine/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

const cpuAlone = { memory: 100, pods: 100 };

function policy(name: DeschedulerPolicy['plugins'][number]['name'], settings = {}, own = {}): DeschedulerPolicy {
  const values = valuesOf(deschedulerSettings, { deschedulingInterval: seconds(60), ...own }) as DeschedulerSettings;
  return { settings: values, plugins: [{ name, settings }] };
}

function cellWith(descheduler: DeschedulerPolicy, placement: string): CellWorld {
  const settings = { placement, decisionTimePerJob: { distribution: 'constant', value: 0 } } as const;
  return new CellWorld([{ settings }], 'descheduler', [], 0, descheduler);
}

describe('a descheduler in a cell', () => {
  it('moves tasks to nodes that came later, once per pass', () => {
    const even = { ...cpuAlone, targetMemory: 100, targetPods: 100 };
    const world = cellWith(policy('LowNodeUtilization', even), 'worst-fit');
    world.nodes(1, 10, 40);
    const job = world.submit({ tasks: 8 });
    world.run(10);
    world.nodes(1, 10, 40);
    world.run(59);
    expect(world.placesOf(job)).toEqual(Array(8).fill('node-0'));
    world.run(61);
    // Node 0 goes down to its target of 50 %.
    expect(world.placesOf(job).filter((node) => node === 'node-1')).toHaveLength(3);
    world.run(600);
    expect(
      world.statistic('descheduler_pods_evicted_total', 'result=success;strategy=LowNodeUtilization', 'final'),
    ).toBe(3);
  });

  it('throws away what the tasks had done', () => {
    const world = cellWith(policy('HighNodeUtilization', cpuAlone), 'best-fit');
    world.nodes(2, 10, 40);
    world.submit({ tasks: 9, runs: 30 });
    const second = world.submit({ tasks: 2, cpu: 1, runs: 200 });
    world.submit({ tasks: 4, cpu: 1 });
    world.run(59);
    // The first job is over: one node holds a task of the second job and four that stay, the other a single one.
    expect(new Set(world.placesOf(second)).size).toBe(2);
    world.run(61);
    expect(world.statistic('plimsoll_cell_tasks_total', 'class=batch;event=descheduled', 'final')).toBe(1);
    expect(world.statistic('plimsoll_cell_lost_work_seconds_total', 'class=batch', 'final')).toBeCloseTo(60, 0);
    world.run(1_000);
    expect(second.ended).toBe(2);
  });

  it('moves the same tasks to and fro where the scheduler spreads what it packs', () => {
    const run = (placement: string) => {
      const world = cellWith(policy('HighNodeUtilization', { ...cpuAlone, cpu: 30 }), placement);
      world.nodes(3, 10, 40);
      for (const cpu of [5, 3, 1]) world.submit({ cpu });
      world.run(620);
      return world.statistic('plimsoll_cell_tasks_total', 'class=batch;event=descheduled', 'final') ?? 0;
    };
    // Best fit puts what is evicted on the used node, and it stays there; worst fit puts it back on the empty one, pass after pass.
    expect(run('best-fit')).toBeLessThan(3);
    expect(run('worst-fit')).toBeGreaterThan(15);
  });

  it('spares tasks that only hold room', () => {
    const world = new CellWorld(
      [{ architecture: 'yunikorn' }],
      'descheduler',
      [],
      0,
      policy('HighNodeUtilization', { ...cpuAlone, cpu: 30 }),
    );
    world.nodes(2, 10, 40);
    const gang = world.submit({ tasks: 3, gang: 3, cpu: 8 });
    world.run(1);
    expect(gang.held).toBe(2);
    world.submit({ cpu: 1 });
    world.run(59);
    expect(world.statistic('plimsoll_cell_tasks_total', 'class=batch;event=descheduled', 'final') ?? 0).toBe(0);
  });

  it('stands beside every architecture', () => {
    for (const architecture of Object.keys(architectureRegistry) as (keyof typeof architectureRegistry)[]) {
      const even = policy('LowNodeUtilization', { ...cpuAlone, targetMemory: 100, targetPods: 100 }, { nodeFit: true });
      const world = new CellWorld([{ architecture }], 'beside', [], 0, even);
      world.nodes(2, 8, 32);
      for (let i = 0; i < 14; i++) world.submit({ runs: 500, queue: `queue-${i % 2}`, tasks: 1 });
      world.run(100);
      world.nodes(2, 8, 32);
      world.run(20_000);
      expect(world.cell.ended, architecture).toBe(14);
      const moved = world.statistic('plimsoll_cell_tasks_total', 'class=batch;event=descheduled', 'final') ?? 0;
      expect(moved, architecture).toBeGreaterThan(0);
      world.simulation.checkInvariants();
    }
  });
});
