import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SharedLink, Simulation } from '../../src/engine/index.ts';
import { NS_PER_SECOND, seconds, simTime } from '../../src/units/index.ts';

interface Job {
  readonly at: number;
  readonly group: number;
  readonly work: number;
}

/** Ends [s] of transfers over a link of these capacities [work/s]. */
function ends(jobs: readonly Job[], total: number, perGroup: number): number[] {
  const simulation = new Simulation({ seed: 'link' });
  const found: number[] = [];
  const link = new SharedLink(simulation, 'link', { total, perGroup }, (tag) => {
    found[tag] = simulation.now / NS_PER_SECOND;
  });
  const begin = simulation.on('begin', (job) => {
    const { group, work } = jobs[job] as Job;
    link.start(group, work, job);
  });
  for (const [job, { at }] of jobs.entries()) simulation.at(simTime(seconds(at)), begin, job);
  simulation.run(simTime(seconds(1e5)));
  expect(link.active).toBe(0);
  return found;
}

/** The same by small steps of time: the plain form. */
function endsByStepping(jobs: readonly Job[], total: number, perGroup: number, step: number): number[] {
  const left = jobs.map(({ work }) => work);
  const found: number[] = [];
  for (let now = 0; left.some((work) => work > 0) && now < 1e4; now += step) {
    const active = jobs.map(({ at }, i) => at <= now && (left[i] as number) > 0);
    const groups = new Set(jobs.filter((_, i) => active[i]).map(({ group }) => group));
    jobs.forEach(({ group }, i) => {
      if (!active[i]) return;
      const inGroup = jobs.filter((other, j) => active[j] && other.group === group).length;
      left[i] = (left[i] as number) - (step * Math.min(perGroup, total / groups.size)) / inGroup;
      if ((left[i] as number) <= 0) found[i] = now + step;
    });
  }
  return found;
}

describe('a shared link', () => {
  it('gives one transfer what its group may have', () => {
    expect(ends([{ at: 0, group: 0, work: 100 }], 1000, 10)[0]).toBeCloseTo(10, 6);
    expect(ends([{ at: 0, group: 0, work: 100 }], 5, 10)[0]).toBeCloseTo(20, 6);
    expect(ends([{ at: 0, group: 0, work: 100 }], Number.POSITIVE_INFINITY, 10)[0]).toBeCloseTo(10, 6);
  });

  it('is shared equally by groups, and by the transfers within one', () => {
    const two = [
      { at: 0, group: 0, work: 100 },
      { at: 0, group: 0, work: 100 },
      { at: 0, group: 1, work: 100 },
    ];
    // Ten groups' worth for two: each group has 5; the first two have half of that each, until the third has ended.
    const [first, second, third] = ends(two, 10, 10);
    expect(third).toBeCloseTo(20, 6);
    expect(first).toBeCloseTo(20 + (100 - 50) / 5, 6);
    expect(second).toBeCloseTo(first as number, 6);
  });

  it('ends what stepping through time ends, whatever begins when', () => {
    const job = fc.record({
      at: fc.integer({ min: 0, max: 20 }),
      group: fc.integer({ min: 0, max: 3 }),
      work: fc.integer({ min: 10, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(job, { minLength: 1, maxLength: 8 }), fc.integer({ min: 5, max: 60 }), (jobs, total) => {
        const fast = ends(jobs, total, 20);
        const slow = endsByStepping(jobs, total, 20, 0.01);
        // The stepping is late by up to a step at each change.
        fast.forEach((at, i) => {
          expect(Math.abs(at - (slow[i] as number))).toBeLessThan(0.2);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('has a utilisation that is the work done by the capacity', () => {
    const simulation = new Simulation({ seed: 'link' });
    const link = new SharedLink(simulation, 'link', { total: 50, perGroup: 20 }, () => {});
    for (let group = 0; group < 4; group++) link.start(group, 100, group);
    simulation.run(simTime(seconds(100)));
    expect(link.busyNanoseconds() / NS_PER_SECOND).toBeCloseTo(400 / 50, 3);
  });

  it('gives what a group had to the others when that is broken off', () => {
    const simulation = new Simulation({ seed: 'link' });
    const done: [number, number][] = [];
    const link = new SharedLink(simulation, 'link', { total: 10, perGroup: 10 }, (tag) => {
      done.push([tag, simulation.now / NS_PER_SECOND]);
    });
    link.start(0, 100, 0);
    link.start(1, 100, 1);
    simulation.run(simTime(seconds(10)));
    link.abort(1);
    simulation.run(simTime(seconds(100)));
    expect(done).toHaveLength(1);
    expect(done[0]?.[1]).toBeCloseTo(15, 6);
  });
});
