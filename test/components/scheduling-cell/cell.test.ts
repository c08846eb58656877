import { describe, expect, it } from 'vitest';
import { CellWorld } from './cell-world.ts';

describe('a cell', () => {
  it('runs tasks for as long as they take, and their room is free afterwards', () => {
    const world = new CellWorld();
    world.nodes(2, 4, 8);
    const job = world.submit({ tasks: 8, runs: 60 });
    world.run(30);
    expect(job).toMatchObject({ waiting: 0, running: 8, ended: 0 });
    world.run(62);
    expect(job).toMatchObject({ running: 0, ended: 8 });
    expect([...world.cell.nodes.requestedCpu.subarray(0, 2)]).toEqual([0, 0]);
  });

  it('never gives a node more than it has: what does not fit waits until something ends', () => {
    const world = new CellWorld();
    world.nodes(1, 4, 8);
    const first = world.submit({ tasks: 4, runs: 100 });
    const second = world.submit({ tasks: 2, runs: 10 });
    world.run(50);
    expect(first.running).toBe(4);
    expect(second).toMatchObject({ waiting: 2, running: 0 });
    world.run(130);
    expect(second.ended).toBe(2);
  });

  it('refuses a claim for which there is no room, and changes nothing', () => {
    const world = new CellWorld();
    const [node = -1] = world.nodes(1, 2, 8);
    const job = world.cell.submit(world.specification({ tasks: 3 }));
    const before = world.cell.nodes.version[node];
    expect(world.cell.claim(job, node)).toBeDefined();
    expect(world.cell.claim(job, node)).toBeDefined();
    const version = world.cell.nodes.version[node] as number;
    expect(version).toBeGreaterThan(before as number);
    expect(world.cell.claim(job, node)).toBeUndefined();
    expect(world.cell.nodes.version[node]).toBe(version);
    expect(job).toMatchObject({ waiting: 1, running: 2 });
  });

  it('has tasks of a lost node wait again, from their beginning', () => {
    const world = new CellWorld();
    const [node = -1] = world.nodes(1, 4, 8);
    const job = world.submit({ tasks: 4, runs: 100 });
    world.run(50);
    world.cell.removeNode(node);
    expect(job).toMatchObject({ waiting: 4, running: 0 });
    world.nodes(1, 4, 8);
    world.run(120);
    expect(job.ended).toBe(0);
    world.run(160);
    expect(job.ended).toBe(4);
    expect(world.statistic('plimsoll_cell_tasks_total', 'class=batch;event=node_lost', 'final')).toBe(4);
    expect(world.statistic('plimsoll_cell_lost_work_seconds_total', 'class=batch', 'final')).toBeCloseTo(4 * 49.88, 5);
  });

  it('holds room for a task that starts later, and counts the time', () => {
    const world = new CellWorld();
    const [node = -1] = world.nodes(1, 2, 8);
    const job = world.cell.submit(world.specification({ runs: 10, scheduler: 'nobody' }));
    const task = world.cell.hold(job, node);
    expect(job).toMatchObject({ waiting: 0, held: 1, running: 0 });
    world.run(5);
    world.cell.start(task as NonNullable<typeof task>);
    world.run(14);
    expect(job.running).toBe(1);
    world.run(15);
    expect(job.ended).toBe(1);
    expect(world.statistic('plimsoll_cell_held_seconds_total', 'class=batch', 'final')).toBe(5);
  });
});

describe('a copy of a cell', () => {
  it('knows what was there, does not see what comes, and catches up when it asks', () => {
    const world = new CellWorld();
    const [node = -1] = world.nodes(1, 4, 8);
    const job = world.cell.submit(world.specification({ tasks: 3 }));
    world.cell.claim(job, node);
    const copy = world.cell.copy();
    expect(copy.nodes.requestedCpu[node]).toBe(1000);
    world.cell.claim(job, node);
    expect(copy.nodes.requestedCpu[node]).toBe(1000);
    expect(copy.behind).toBe(1);
    copy.synchronise();
    expect(copy.nodes.requestedCpu[node]).toBe(2000);
    expect(copy.behind).toBe(0);
  });

  it('takes back what was tried out on it', () => {
    const world = new CellWorld();
    const [node = -1] = world.nodes(1, 4, 8, { count: 2, model: '' });
    const copy = world.cell.copy();
    const { requirements } = world.specification({ gpu: { count: 1, milli: 600, models: [] } });
    copy.try(node, requirements);
    copy.try(node, requirements);
    expect(copy.fits(node, requirements)).toBe(false);
    copy.synchronise();
    expect(copy.fits(node, requirements)).toBe(true);
    expect(copy.nodes.requestedCpu[node]).toBe(0);
    expect(copy.nodes.gpus.freeSum[node]).toBe(2000);
  });
});
