import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_GROUP, Simulation, TimeSharing } from '../../src/engine/index.ts';
import { nanoseconds, simTime } from '../../src/units/index.ts';

/** A job that starts at an instant; in a chain the next follows as soon as it has ended. */
interface Arrival {
  readonly time: number;
  readonly works: readonly number[];
}

interface Outcome {
  /** Arrival, place in its chain and instant of each completion, in order. */
  readonly finished: { arrival: number; step: number; time: number }[];
  readonly busy: number;
}

/**
 * The slow twin: it goes from nanosecond to nanosecond. In each, first whatever is done leaves its core, then whatever arrives joins the queue, then
 * whoever has had its slice goes behind those that wait; idle cores take what waits.
 */
function stepByStep(arrivals: readonly Arrival[], cores: number, slice: number, end: number): Outcome {
  const finished: Outcome['finished'] = [];
  const queue: { arrival: number; step: number; left: number }[] = [];
  const machine: { job: (typeof queue)[number] | undefined; sliceEnd: number }[] = Array.from(
    { length: cores },
    () => ({
      job: undefined,
      sliceEnd: 0,
    }),
  );
  let busy = 0;
  const fill = (now: number) => {
    for (const core of machine) {
      if (core.job !== undefined || queue.length === 0) continue;
      core.job = queue.shift();
      core.sliceEnd = now + slice;
    }
  };
  for (let now = 0; now <= end; now++) {
    for (const core of machine) {
      const { job } = core;
      if (job === undefined) continue;
      if (job.left === 0) {
        finished.push({ arrival: job.arrival, step: job.step, time: now });
        const next = (arrivals[job.arrival] as Arrival).works[job.step + 1];
        core.job = undefined;
        if (next === undefined) {
          fill(now);
        } else {
          const following = { arrival: job.arrival, step: job.step + 1, left: next };
          if (queue.length === 0 || now < core.sliceEnd) core.job = following;
          else queue.push(following);
          fill(now);
        }
      }
    }
    arrivals.forEach(({ time, works }, arrival) => {
      if (time !== now) return;
      queue.push({ arrival, step: 0, left: works[0] as number });
      fill(now);
    });
    for (const core of machine) {
      if (core.job === undefined || queue.length === 0 || now < core.sliceEnd) continue;
      const next = queue.shift();
      queue.push(core.job);
      core.job = next;
      core.sliceEnd = now + slice;
    }
    for (const core of machine) {
      if (core.job === undefined) continue;
      core.job.left--;
      busy++;
    }
  }
  return { finished, busy };
}

function inEvents(arrivals: readonly Arrival[], cores: number, slice: number, end: number): Outcome {
  const simulation = new Simulation({ seed: 'time sharing' });
  const finished: Outcome['finished'] = [];
  const steps = arrivals.map(() => 0);
  const start = (arrival: number) => {
    const work = (arrivals[arrival] as Arrival).works[steps[arrival] as number];
    if (work !== undefined) cpu.start(nanoseconds(work), arrival, arrival);
  };
  const cpu: TimeSharing = new TimeSharing(simulation, 'cpu', cores, slice, (_, arrival) => {
    finished.push({ arrival, step: steps[arrival] as number, time: simulation.now });
    steps[arrival] = (steps[arrival] as number) + 1;
    start(arrival);
  });
  const arrived = simulation.on('arrived', (arrival) => start(arrival));
  arrivals.forEach(({ time }, arrival) => {
    simulation.at(simTime(time), arrived, arrival);
  });
  simulation.run(simTime(end));
  return { finished, busy: cpu.busyCoreNanoseconds() };
}

describe('cores that threads have in turn', () => {
  it('do, if there is one, the same as a machine that is looked at in every nanosecond, if nothing happens at the same instant', () => {
    const works = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 });
    const arrival = fc.record({ time: fc.integer({ min: 0, max: 150 }), works });
    // On several cores slices that end at one instant make the order a matter of taste; for those see below.
    const world = fc.record({
      arrivals: fc.array(arrival, { maxLength: 8 }),
      slice: fc.integer({ min: 5, max: 40 }),
    });
    let compared = 0;
    fc.assert(
      fc.property(world, ({ arrivals, slice }) => {
        const end = 2000;
        const plain = stepByStep(arrivals, 1, slice, end);
        // Which of two things of one instant comes first is a matter of order that the two do not share.
        const instants = [...plain.finished.map(({ time }) => time), ...arrivals.map(({ time }) => time)];
        fc.pre(new Set(instants).size === instants.length);
        compared++;
        const fast = inEvents(arrivals, 1, slice, end);
        expect(fast.finished).toEqual(plain.finished);
        expect(fast.busy).toBe(plain.busy);
      }),
      { numRuns: 200, seed: 7 },
    );
    expect(compared).toBeGreaterThan(100);
  });

  it('never do more or less than was asked of them, and never idle while a job waits', () => {
    const works = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 });
    const arrival = fc.record({ time: fc.integer({ min: 0, max: 100 }), works });
    fc.assert(
      fc.property(
        fc.array(arrival, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (arrivals, cores) => {
          const asked = arrivals.flatMap((one) => one.works).reduce((sum, work) => sum + work, 0);
          const { finished, busy } = inEvents(arrivals, cores, 10, 10_000);
          expect(finished).toHaveLength(arrivals.flatMap((one) => one.works).length);
          expect(busy).toBe(asked);
          const last = Math.max(...finished.map(({ time }) => time));
          const longest = Math.max(...arrivals.map((one) => one.works.reduce((sum, work) => sum + work, 0)));
          expect(last).toBeLessThanOrEqual(100 + asked / cores + longest);
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });

  /** Starts jobs at instants and returns when each ended. */
  function run(cores: number, slice: number, jobs: readonly (readonly [time: number, work: number])[]): number[] {
    const simulation = new Simulation({ seed: 'time sharing' });
    const ended: number[] = [];
    const cpu = new TimeSharing(simulation, 'cpu', cores, slice, (_, tag) => {
      ended[tag] = simulation.now;
    });
    const arrived = simulation.on('arrived', (tag, work) => void cpu.start(nanoseconds(work), tag, NO_GROUP));
    jobs.forEach(([time, work], tag) => {
      simulation.at(simTime(time), arrived, tag, work);
    });
    simulation.run(simTime(1e6));
    return ended;
  }

  it('serve equal jobs one after the other, not all together', () => {
    const jobs = [0, 1, 2, 3].map((time) => [time, 100] as const);
    expect(run(1, 1000, jobs)).toEqual([100, 200, 300, 400]);
    expect(run(2, 1000, jobs)).toEqual([100, 101, 200, 201]);
  });

  it('let a short job wait for no more than the slice of a long one', () => {
    expect(
      run(1, 30, [
        [0, 1000],
        [10, 5],
      ]),
    ).toEqual([1005, 35]);
    // Whoever has had more than its slice is stopped at once.
    expect(
      run(1, 30, [
        [0, 1000],
        [500, 5],
      ]),
    ).toEqual([1005, 505]);
  });

  it('are slower if there is a fraction of one', () => {
    expect(run(0.5, 1000, [[0, 100]])).toEqual([200]);
    expect(
      run(1.5, 1000, [
        [0, 90],
        [0, 90],
      ]),
    ).toEqual([120, 120]);
  });

  it('keep a thread that takes up more work of its group for the rest of its slice', () => {
    const chain = { time: 0, works: [20, 20, 20] };
    const other = { time: 5, works: [10] };
    const times = (slice: number) => inEvents([chain, other], 1, slice, 1000).finished.map(({ time }) => time);
    expect(times(1000)).toEqual([20, 40, 60, 70]);
    expect(times(30)).toEqual([20, 40, 50, 70]);
    expect(times(20)).toEqual([20, 30, 50, 70]);
  });

  it('give the core of an aborted job to the next, and tell what was left of it', () => {
    const simulation = new Simulation({ seed: 'time sharing' });
    const ended: [tag: number, at: number][] = [];
    const cpu = new TimeSharing(simulation, 'cpu', 1, 1000, (_, tag) => ended.push([tag, simulation.now]));
    const ids = [0, 1, 2].map((tag) => cpu.start(nanoseconds(100), tag));
    const left: number[] = [];
    const abort = simulation.on('abort', (tag) => left.push(cpu.abort(ids[tag] as number)));
    simulation.at(simTime(40), abort, 1);
    simulation.at(simTime(70), abort, 0);
    simulation.run(simTime(1000));
    expect(left).toEqual([100, 30]);
    expect(ended).toEqual([[2, 170]]);
    expect(cpu.busyCoreNanoseconds()).toBe(170);
    expect(() => cpu.abort(ids[0] as number)).toThrow(/not in service/);
  });

  it('are refused without any', () => {
    expect(() => new TimeSharing(new Simulation({ seed: 'none' }), 'cpu', 0, 1000, () => {})).toThrow(/more than 0/);
  });

  it('are used by work that nobody waits for as by any other, without events while there are cores enough', () => {
    const entry = fc.record({
      time: fc.integer({ min: 0, max: 3_000 }),
      work: fc.integer({ min: 1, max: 400 }),
      isSpent: fc.boolean(),
    });
    const finish = (
      entries: readonly { time: number; work: number; isSpent: boolean }[],
      cores: number,
      isPlain: boolean,
    ) => {
      const simulation = new Simulation({ seed: 'spent' });
      const finished: string[] = [];
      const seen: string[] = [];
      const cpu = new TimeSharing(simulation, 'cpu', cores, 50, (_, tag) => {
        if (!entries[tag]?.isSpent) finished.push(`${tag} at ${simulation.now}`);
      });
      const arrived = simulation.on('arrived', (index) => {
        const { work, isSpent } = entries[index] as (typeof entries)[number];
        if (isSpent && !isPlain) cpu.spend(nanoseconds(work), index);
        else cpu.start(nanoseconds(work), index);
      });
      const looked = simulation.on('looked', () => void seen.push(`${cpu.jobs} ${cpu.busyCoreNanoseconds()}`));
      // Nothing else happens at the instants of arrivals and looks, which are odd; work is even.
      entries.forEach(({ time }, index) => void simulation.at(simTime(16 * time + 1), arrived, index));
      for (let time = 0; time < 60_000; time += 160) simulation.at(simTime(time + 3), looked);
      simulation.run(simTime(1e6));
      return { finished, seen, events: simulation.eventTypeCounts.get('cpu.served') as number };
    };
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), fc.integer({ min: 2, max: 4 }), (drawn, cores) => {
        const entries = drawn.map(({ time, work, isSpent }) => ({ time, work: 16 * work, isSpent }));
        const plain = finish(entries, cores, true);
        const spent = finish(entries, cores, false);
        expect(spent.finished).toEqual(plain.finished);
        expect(spent.seen).toEqual(plain.seen);
      }),
      { numRuns: 300, seed: 4 },
    );
    const alone = Array.from({ length: 20 }, (_, i) => ({ time: 100 * i, work: 160, isSpent: true }));
    expect([finish(alone, 2, true).events, finish(alone, 2, false).events]).toEqual([20, 0]);
  });
});
