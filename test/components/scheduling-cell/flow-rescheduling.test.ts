/** The flow scheduler with running tasks in its network: preemption and migration, by examples worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { AlgorithmSettings } from '../../../src/components/kube-scheduler/index.ts';
import { milliseconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

function flow(settings: AlgorithmSettings): CellWorld {
  const solver = { solverTimePerRound: milliseconds(100), solverTimePerArc: 0 };
  return new CellWorld([{ architecture: 'flow', settings: { ...solver, ...settings } }]);
}

const lost = (world: CellWorld, event: string) =>
  world.statistic('plimsoll_cell_tasks_total', `class=batch;event=${event}`, 'final') ?? 0;

function tasksByNode(world: CellWorld): number[] {
  const { nodes } = world.cell;
  return Array.from({ length: nodes.order.count }, (_, slot) => nodes.pods[slot] as number);
}

describe('preemption in the flow', () => {
  it('gives places of tasks to those of higher priority, the ones that have run least first', () => {
    const world = flow({ running: 'preempt' });
    world.nodes(1, 4, 64);
    const older = world.submit({ tasks: 2 });
    world.run(10);
    const younger = world.submit({ tasks: 2 });
    world.run(20);
    const high = world.submit({ tasks: 3, priority: 1 });
    world.run(30);
    expect([older.running, younger.running, high.running]).toEqual([1, 0, 3]);
    expect(lost(world, 'preempted')).toBe(3);
    world.run(300);
    expect([older.running, younger.running, high.running, lost(world, 'preempted')]).toEqual([1, 0, 3, 3]);
  });

  it('takes nothing for equals, however long they wait, and nothing where running tasks stay', () => {
    for (const [running, priority] of [
      ['preempt', 0],
      ['stay', 1],
    ] as const) {
      const world = flow({ running });
      world.nodes(1, 4, 64);
      const first = world.submit({ tasks: 4 });
      world.run(10);
      const second = world.submit({ tasks: 4, priority });
      world.run(5_000);
      expect([first.running, second.running]).toEqual([4, 0]);
    }
  });

  it('gives one place for one task: what is larger than a place and what is free beside it has to wait', () => {
    const world = flow({ running: 'preempt' });
    world.nodes(1, 5, 64);
    const small = world.submit({ tasks: 4 });
    world.run(10);
    const fitting = world.submit({ tasks: 1, cpu: 2, priority: 1 });
    const large = world.submit({ tasks: 1, cpu: 3, priority: 2 });
    world.run(60);
    expect([small.running, fitting.running, large.running]).toEqual([3, 1, 0]);
    expect(lost(world, 'preempted')).toBe(1);
  });

  it('spares free room first, and gangs altogether', () => {
    const world = flow({ running: 'preempt' });
    world.nodes(2, 2, 64);
    const gang = world.submit({ tasks: 2, gang: 2 });
    world.run(5);
    const low = world.submit({ tasks: 1 });
    world.run(10);
    const high = world.submit({ tasks: 3, priority: 1 });
    world.run(20);
    expect([gang.running, low.running, high.running]).toEqual([2, 0, 2]);
  });
});

describe('migration in the flow', () => {
  it('evens the load out when a node joins, as far as a move gains more than its price', () => {
    const world = flow({ running: 'migrate', migrationPrice: 2 });
    world.nodes(1, 16, 64);
    const job = world.submit({ tasks: 10 });
    world.run(10);
    world.nodes(1, 16, 64);
    world.run(20);
    // Task by task: a move pays while it leaves a node that has more than two tasks more than the other. 6 and 4: the next would gain 6 - 1 - 4 = 1.
    expect(tasksByNode(world)).toEqual([6, 4]);
    expect([job.running, lost(world, 'migrated'), lost(world, 'preempted')]).toEqual([10, 4, 0]);
    world.run(200);
    expect(lost(world, 'migrated')).toBe(4);
  });

  it('does not move anything that is not allowed to', () => {
    const world = flow({ running: 'preempt' });
    world.nodes(1, 16, 64);
    world.submit({ tasks: 10 });
    world.run(10);
    world.nodes(1, 16, 64);
    world.run(20);
    expect(tasksByNode(world)).toEqual([10, 0]);
  });

  it('moves a task aside for one that fits nowhere else', () => {
    const world = flow({ running: 'migrate', migrationPrice: 1 });
    world.nodes(2, 4, 64);
    const low = world.submit({ tasks: 2, cpu: 2 });
    world.run(5);
    expect(tasksByNode(world)).toEqual([1, 1]);
    const high = world.submit({ tasks: 1, cpu: 4, priority: 1 });
    world.run(20);
    expect([low.running, high.running]).toEqual([2, 1]);
  });

  it('makes the solver work longer, as its network has more arcs', () => {
    const arcsOf = (running: string) => {
      const world = flow({ running, solverTimePerRound: 0, solverTimePerArc: milliseconds(1) });
      world.nodes(2, 8, 64);
      world.submit({ tasks: 4 });
      world.run(10);
      const job = world.submit({ tasks: 1 });
      world.run(20);
      const started = world.cell.tasks.find((task) => task?.job === job)?.startedAt as number;
      return Math.round((started - 10e9) / 1e6);
    };
    // Three arcs of the job, one to each node, from each node one to the sink for its task; 7. Then five places to the sink, arcs of the running group.
    expect(arcsOf('stay')).toBe(7);
    expect(arcsOf('migrate')).toBeGreaterThan(7);
  });
});
