import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProcessorSharing, Simulation } from '../../src/engine/index.ts';
import { nanoseconds, simTime } from '../../src/units/index.ts';

/** What a random world does to a CPU, at an instant. */
type Action =
  | { readonly time: number; readonly start: number; readonly tag: number }
  | { readonly time: number; readonly abort: number }
  | { readonly time: number; readonly cores: number };

interface Outcome {
  /** Tag and instant of each completion, in order. */
  readonly finished: { tag: number; time: number }[];
  readonly busy: number;
  readonly jobTime: number;
}

/**
 * The slow twin: it keeps the remaining work of every job and, from each instant at which anything happens to the next,
 * subtracts from each job what it got.
 */
function recomputeEverything(actions: readonly Action[], initialCores: number, end: number): Outcome {
  let jobs: { tag: number; remaining: number }[] = [];
  let cores = initialCores;
  let now = 0;
  let busy = 0;
  let jobTime = 0;
  const finished: { tag: number; time: number }[] = [];
  const rate = (): number => (jobs.length === 0 ? 0 : Math.min(1, cores / jobs.length));
  const advanceTo = (time: number): void => {
    for (const job of jobs) job.remaining -= rate() * (time - now);
    busy += Math.min(jobs.length, cores) * (time - now);
    jobTime += jobs.length * (time - now);
    now = time;
  };
  const finishAllUpTo = (time: number): void => {
    for (;;) {
      let next: { tag: number; remaining: number } | undefined;
      for (const job of jobs) if (next === undefined || job.remaining < next.remaining - 1e-6) next = job;
      if (next === undefined) break;
      // Without cores all stand still, but what asked for nothing is done.
      const due = next.remaining <= 1e-6 ? now : now + Math.round(next.remaining / rate());
      if (due > time) break;
      advanceTo(due);
      finished.push({ tag: next.tag, time: due });
      jobs = jobs.filter((job) => job !== next);
    }
    advanceTo(time);
  };
  for (const action of actions) {
    finishAllUpTo(action.time - 1);
    // Completions due at the very instant of an action come after it, as below.
    advanceTo(action.time);
    if ('start' in action) jobs.push({ tag: action.tag, remaining: action.start });
    else if ('cores' in action) cores = action.cores;
    else jobs = jobs.filter((job) => job.tag !== action.abort);
  }
  finishAllUpTo(end);
  return { finished, busy, jobTime };
}

function simulate(actions: readonly Action[], cores: number, end: number): Outcome {
  const simulation = new Simulation({ seed: 'test' });
  const finished: { tag: number; time: number }[] = [];
  const jobs = new Map<number, number>();
  const cpu = new ProcessorSharing(simulation, 'cpu', cores, (job, tag) => {
    expect(jobs.get(tag)).toBe(job);
    jobs.delete(tag);
    finished.push({ tag, time: simulation.now });
  });
  // Actions arrive as messages, so that they come before the completions of their instant.
  const link = simulation.openLink('world');
  const acted = simulation.on('acted', (index) => {
    const action = actions[index] as Action;
    if ('start' in action) jobs.set(action.tag, cpu.start(nanoseconds(action.start), action.tag));
    else if ('cores' in action) cpu.setCores(action.cores);
    else {
      const job = jobs.get(action.abort);
      if (job !== undefined) cpu.abort(job);
      jobs.delete(action.abort);
    }
  });
  actions.forEach((action, index) => {
    simulation.send(link, simTime(action.time), acted, index);
  });
  simulation.run(simTime(end));
  expect(cpu.jobs).toBe(jobs.size);
  return { finished, busy: cpu.busyCoreNanoseconds(), jobTime: cpu.jobNanoseconds() };
}

describe('a shared CPU', () => {
  it('finishes a job that is alone after exactly its work, whatever happened before', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 20 }), (works) => {
        const simulation = new Simulation({ seed: 'test' });
        let finishedAt = -1;
        const cpu = new ProcessorSharing(simulation, 'cpu', 1, () => {
          finishedAt = simulation.now;
        });
        // A crowd first, to leave fractions behind.
        for (const work of works) cpu.start(nanoseconds(work), 0);
        simulation.run(simTime(1e12));
        for (const work of works) {
          const start = simulation.now;
          cpu.start(nanoseconds(work), 1);
          simulation.run(simTime(start + 1e10));
          expect(finishedAt - start).toBe(work);
        }
      }),
      { numRuns: 50, seed: 2 },
    );
  });

  it('runs jobs at full speed while there are cores for all, exactly', () => {
    const outcome = simulate(
      [
        { time: 1, start: 1_000, tag: 1 },
        { time: 101, start: 500, tag: 2 },
        { time: 301, start: 4, tag: 3 },
      ],
      2,
      10_000,
    );
    // Three jobs on two cores for a moment: the third delays the others.
    expect(outcome.finished).toEqual([
      { tag: 3, time: 307 },
      { tag: 2, time: 603 },
      { tag: 1, time: 1_003 },
    ]);
    expect(simulate([{ time: 1, start: 1_000, tag: 1 }], 4, 2_000).busy).toBe(1_000);
  });

  it('slows all jobs alike when there are more than cores', () => {
    const actions = [1, 2, 3, 4].map((tag) => ({ time: 10, start: 100 * tag, tag }));
    expect(simulate(actions, 1, 10_000).finished).toEqual([
      { tag: 1, time: 410 },
      { tag: 2, time: 710 },
      { tag: 3, time: 910 },
      { tag: 4, time: 1_010 },
    ]);
  });

  it('lets jobs that finish at one instant go in the order in which they started', () => {
    const actions = [5, 3, 9, 1].map((tag) => ({ time: 10, start: 100, tag }));
    expect(simulate(actions, 1.5, 10_000).finished.map(({ tag }) => tag)).toEqual([5, 3, 9, 1]);
  });

  it('stands still without cores, and goes on when it gets some', () => {
    const outcome = simulate(
      [
        { time: 10, start: 100, tag: 1 },
        { time: 50, cores: 0 },
        { time: 1_000, cores: 0.5 },
      ],
      1,
      10_000,
    );
    expect(outcome.finished).toEqual([{ tag: 1, time: 1_120 }]);
    expect(outcome.busy).toBe(100);
    expect(outcome.jobTime).toBe(1_110);
  });

  it('may be given work and robbed of it while it reports a completion', () => {
    const simulation = new Simulation({ seed: 'test' });
    const log: string[] = [];
    let victim = -1;
    const cpu: ProcessorSharing = new ProcessorSharing(simulation, 'cpu', 1, (_, tag) => {
      log.push(`${simulation.now}: ${tag}`);
      if (tag !== 1) return;
      cpu.abort(victim);
      cpu.start(nanoseconds(50), 3);
      cpu.start(nanoseconds(20), 4);
    });
    cpu.start(nanoseconds(100), 1);
    victim = cpu.start(nanoseconds(300), 2);
    simulation.run(simTime(1_000));
    expect(log).toEqual(['200: 1', '240: 4', '270: 3']);
    expect([cpu.jobs, cpu.jobsStarted, simulation.pendingEvents]).toEqual([0, 4, 0]);
  });

  it('fails when a job is aborted that is not in service', () => {
    const simulation = new Simulation({ seed: 'test' });
    const cpu = new ProcessorSharing(simulation, 'cpu', 1, () => {});
    const job = cpu.start(nanoseconds(10), 0);
    simulation.run(simTime(20));
    cpu.start(nanoseconds(10), 0);
    expect(() => cpu.abort(job)).toThrow(/cpu: aborted job/);
    expect(() => cpu.abort(77)).toThrow(/cpu: aborted job/);
  });

  it('uses few events: one for each job that is alone, and no more than two for each in a crowd', () => {
    const events = (actions: readonly Action[]): number => {
      const simulation = new Simulation({ seed: 'test' });
      const cpu = new ProcessorSharing(simulation, 'cpu', 1, () => {});
      const begun = simulation.on('begun', (work) => cpu.start(nanoseconds(work), 0));
      for (const action of actions) if ('start' in action) simulation.at(simTime(action.time), begun, action.start);
      simulation.run(simTime(1e9));
      return simulation.eventTypeCounts.get('cpu.served') as number;
    };
    const alone = Array.from({ length: 50 }, (_, i) => ({ time: 1_000 * i, start: 10, tag: 0 }));
    expect(events(alone)).toBe(50);
    const crowd = Array.from({ length: 500 }, (_, i) => ({ time: i, start: 1_000 + i, tag: 0 }));
    expect(events(crowd)).toBeLessThanOrEqual(1_000);
  });

  it('agrees with one that recomputes everything at each event', () => {
    const action = fc.oneof(
      { weight: 8, arbitrary: fc.record({ pause: fc.nat(400), start: fc.nat(1_000) }) },
      { weight: 2, arbitrary: fc.record({ pause: fc.constant(0), start: fc.constantFrom(0, 100, 500) }) },
      { weight: 2, arbitrary: fc.record({ pause: fc.nat(300), victim: fc.nat(8) }) },
      { weight: 1, arbitrary: fc.record({ pause: fc.nat(300), cores: fc.constantFrom(0, 0.3, 1, 1.5, 4) }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), fc.constantFrom(0.5, 1, 2, 2.5, 8), (steps, cores) => {
        let time = 1;
        let tag = 0;
        const actions = steps.map((step): Action => {
          time += step.pause;
          if ('start' in step) return { time, start: step.start, tag: tag++ };
          if ('cores' in step) return { time, cores: step.cores };
          return { time, abort: Math.max(0, tag - 1 - step.victim) };
        });
        const end = time + 100_000;
        const expected = recomputeEverything(actions, cores, end);
        const actual = simulate(actions, cores, end);
        const byTag = (outcome: Outcome) => new Map(outcome.finished.map((entry) => [entry.tag, entry.time]));
        expect([...byTag(actual).keys()].sort()).toEqual([...byTag(expected).keys()].sort());
        // Halves of a nanosecond may be rounded apart where the two sum their fractions in different orders.
        for (const [finished, instant] of byTag(expected)) {
          expect(Math.abs((byTag(actual).get(finished) as number) - instant)).toBeLessThanOrEqual(2);
        }
        expect(Math.abs(actual.busy - expected.busy)).toBeLessThanOrEqual(2 * (1 + steps.length));
        expect(Math.abs(actual.jobTime - expected.jobTime)).toBeLessThanOrEqual(2 * (1 + steps.length));
      }),
      { numRuns: 400, seed: 11 },
    );
  });

  it('keeps the others in order when jobs are aborted in the midst of a crowd', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 20, maxLength: 120 }),
        fc.array(fc.nat(119), { maxLength: 60 }),
        (works, victims) => {
          const actions: Action[] = [
            ...works.map((start, tag) => ({ time: 1, start, tag })),
            ...[...new Set(victims)].map((abort, i) => ({ time: 2 + i, abort })),
          ];
          const actual = simulate(actions, 1, 1_000_000).finished;
          const expected = recomputeEverything(actions, 1, 1_000_000).finished;
          expect(actual.map(({ tag }) => tag)).toEqual(expected.map(({ tag }) => tag));
        },
      ),
      { numRuns: 200, seed: 12 },
    );
  });

  it('does not lose work: what it was busy for is what the jobs asked for', () => {
    const actions: Action[] = Array.from({ length: 200 }, (_, i) => ({
      time: 7 * i + 1,
      start: (i * 37) % 101,
      tag: i,
    }));
    const work = actions.reduce((sum, action) => sum + ('start' in action ? action.start : 0), 0);
    const outcome = simulate(actions, 2.5, 100_000);
    expect(outcome.finished.length).toBe(200);
    // Each completion is rounded to the nanosecond, by half a nanosecond of 2.5 cores at most.
    expect(Math.abs(outcome.busy - work)).toBeLessThanOrEqual(200);
  });
});
