import { describe, expect, it } from 'vitest';
import type { AlgorithmSettings } from '../../../src/components/kube-scheduler/index.ts';
import { milliseconds, seconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

const takes = { decisionTimePerTask: { distribution: 'constant', value: milliseconds(10) } } as const;

function coscheduling(settings: AlgorithmSettings = {}): CellWorld {
  return new CellWorld([{ architecture: 'coscheduling', settings: { ...takes, ...settings } }]);
}

describe('coscheduling', () => {
  it('places task by task and starts a gang together, when enough of it hold room', () => {
    const world = coscheduling();
    world.nodes(2, 4, 16);
    const job = world.submit({ tasks: 8, gang: 6 });
    world.run(0.055);
    expect([job.held, job.running]).toEqual([5, 0]);
    world.run(0.06);
    expect([job.held, job.running]).toEqual([0, 6]);
    world.run(0.08);
    expect(job.running).toBe(8);
    // Five tasks held room for 50, 40, 30, 20 and 10 ms.
    expect(world.statistic('plimsoll_cell_held_seconds_total', 'class=batch', 'final')).toBeCloseTo(0.15, 9);
  });

  it('starts tasks that belong to no gang at once', () => {
    const world = coscheduling();
    world.nodes(1, 4, 16);
    const job = world.submit({ tasks: 6 });
    world.run(0.1);
    expect([job.running, job.waiting]).toEqual([4, 2]);
  });

  it('breaks a deadlock of half-placed gangs by the time-out: one gives its room back, the other starts', () => {
    const world = coscheduling({ toleratedGap: 1, permitTimeout: seconds(60), podInitialBackoff: seconds(5) });
    world.nodes(4, 2, 4);
    const filler = world.submit({ tasks: 4, cpu: 1, memory: 2, runs: 2 });
    world.run(1);
    const one = world.submit({ tasks: 6, gang: 6, cpu: 1, memory: 2, runs: 100 });
    world.run(1.5);
    expect([filler.running, one.held]).toEqual([4, 4]);
    const two = world.submit({ tasks: 6, gang: 6, cpu: 1, memory: 1, runs: 100, priority: 1 });
    // The fillers end at 2 s: the gang of higher priority comes first and takes what they leave.
    world.run(10);
    expect([one.held, one.running, two.held, two.running]).toEqual([4, 0, 4, 0]);
    world.run(60);
    expect([one.running, two.running, world.happened('gang_timeout')]).toEqual([0, 0, 0]);
    world.run(63);
    // The older one has timed out; the other has what it needs.
    expect([one.held, two.running, world.happened('gang_timeout')]).toEqual([0, 6, 1]);
    world.run(300);
    expect([one.ended, two.ended]).toEqual([6, 6]);
    expect(world.statistic('plimsoll_cell_held_seconds_total', 'class=batch', 'final')).toBeGreaterThan(4 * 60);
  });

  it('gives way at once where more than the tolerated share of a gang is missing, and comes back after its back-off', () => {
    const world = coscheduling({ podInitialBackoff: seconds(5) });
    world.nodes(2, 2, 16);
    const filler = world.submit({ runs: 3 });
    world.run(1);
    const gang = world.submit({ tasks: 4, gang: 4, runs: 100 });
    world.run(2);
    expect([gang.held, gang.running]).toEqual([0, 0]);
    world.run(5.9);
    expect([filler.ended, gang.running]).toEqual([1, 0]);
    world.run(6.2);
    expect(gang.running).toBe(4);
  });

  it('waits on where little of a gang is missing', () => {
    const world = coscheduling({ toleratedGap: 0.25 });
    world.nodes(2, 2, 16);
    world.submit({ runs: 3 });
    world.run(1);
    const gang = world.submit({ tasks: 4, gang: 4, runs: 100 });
    world.run(2);
    expect(gang.held).toBe(3);
    world.run(3.2);
    expect(gang.running).toBe(4);
  });
});
