import { describe, expect, it } from 'vitest';
import { milliseconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

const constant = (ms: number) => ({ distribution: 'constant', value: milliseconds(ms) }) as const;
const settings = { decisionTimePerJob: constant(1000), decisionTimePerTask: constant(100) };

describe('the monolithic architecture', () => {
  it('decides on one job after the other, each for as long as its tasks take', () => {
    const world = new CellWorld([{ settings }]);
    world.nodes(10, 4, 8);
    const first = world.submit({ tasks: 10 });
    const second = world.submit({ tasks: 5 });
    world.run(1.9);
    expect(first.running).toBe(0);
    world.run(2);
    expect(first.running).toBe(10);
    world.run(3.4);
    expect(second.running).toBe(0);
    world.run(3.5);
    expect(second.running).toBe(5);
    expect(world.statistic('plimsoll_cell_scheduler_busyness', 'scheduler=main', 'mean')).toBe(1);
  });

  it('decides on as many jobs side by side as it has replicas', () => {
    const world = new CellWorld([{ settings, replicas: 2 }]);
    world.nodes(10, 4, 8);
    const jobs = [world.submit({}), world.submit({}), world.submit({})];
    world.run(1.5);
    expect(jobs.map(({ running }) => running)).toEqual([1, 1, 0]);
  });

  it('takes jobs of a higher priority first', () => {
    const world = new CellWorld([{ settings }]);
    world.nodes(10, 4, 8);
    world.submit({});
    const low = world.submit({ priority: 1 });
    const high = world.submit({ priority: 2 });
    world.run(2.5);
    expect([low.running, high.running]).toEqual([0, 1]);
  });

  it('goes by the decision time that a job brings along', () => {
    const world = new CellWorld([{ settings }]);
    world.nodes(10, 4, 8);
    const decisionTime = { perJob: milliseconds(20), perTask: milliseconds(1) };
    const quick = world.world.submit({ ...world.specification({ tasks: 10 }), decisionTime });
    world.run(0.03);
    expect(quick.running).toBe(10);
  });

  it('rejects what fits nowhere, if it is to', () => {
    const world = new CellWorld([{ settings: { ...settings, whenFull: 'reject' } }]);
    world.nodes(1, 4, 8);
    const job = world.submit({ tasks: 6 });
    world.run(10);
    expect(job).toMatchObject({ running: 4, rejected: 2, waiting: 0 });
  });

  it('places a gang as a whole or not at all', () => {
    const world = new CellWorld([{ settings }]);
    world.nodes(1, 4, 8);
    const filler = world.submit({ tasks: 2, runs: 60 });
    const gang = world.submit({ tasks: 3, gang: 3 });
    const small = world.submit({ tasks: 1 });
    world.run(30);
    expect([filler.running, gang.running, gang.held, small.running]).toEqual([2, 0, 0, 1]);
    world.run(70);
    expect(gang.running).toBe(3);
  });
});
