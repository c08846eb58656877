import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runNaively } from './fair-queuing-twin.ts';
import { type Job, type LevelSettings, runJobs, settings } from './level-world.ts';

const MS = 1e6;

/** A closed loop is not needed: so many requests of a flow at once, each of `took`. */
function crowd(count: number, queue: number, took: number, at = 0): Job[] {
  return Array.from({ length: count }, (_, i) => ({ at: at + i, hand: [queue], took }));
}

/** Requests of each group that were dispatched by an instant. */
function dispatchedBy(instant: number, groups: readonly Job[][], level: LevelSettings): number[] {
  const { fates } = runJobs(groups.flat(), level);
  let from = 0;
  return groups.map((group) => {
    const own = fates.slice(from, from + group.length);
    from += group.length;
    return own.filter(({ what, at }) => what === 'dispatched' && at <= instant).length;
  });
}

describe('a level', () => {
  it('serves at once what finds a seat', () => {
    const { fates } = runJobs(crowd(4, 0, 10 * MS), settings);
    expect(fates.map(({ at }) => at)).toEqual([0, 1, 2, 3]);
  });

  it('has what finds no seat wait until one is free, in the order of arrival within a flow', () => {
    const { fates } = runJobs(crowd(8, 0, 10 * MS), settings);
    expect(fates.slice(4).map(({ at }) => at)).toEqual([0, 1, 2, 3].map((i) => 10 * MS + i));
  });

  it('refuses what finds its queue full while no seat is free', () => {
    const { fates } = runJobs(crowd(10, 0, 10 * MS), { ...settings, queueLengthLimit: 5 });
    expect(fates.map(({ what }) => what)).toEqual([...Array(9).fill('dispatched'), 'refused']);
  });

  it('answers 429 to what has waited too long', () => {
    const { fates } = runJobs(crowd(5, 0, 1000 * MS), { ...settings, waitLimit: 100 * MS });
    expect(fates[4]).toEqual({ what: 'timed out', at: 100 * MS + 4 });
  });

  it('gives two flows of different demand equal shares while both have requests waiting (max-min fairness)', () => {
    const [many = 0, few = 0] = dispatchedBy(500 * MS, [crowd(2000, 0, 10 * MS), crowd(150, 1, 10 * MS)], {
      ...settings,
      queueLengthLimit: 5000,
    });
    expect(many + few).toBeGreaterThanOrEqual(4 * 50);
    expect(Math.abs(many - few)).toBeLessThanOrEqual(4);
  });

  it('gives equal shares of seat time, not of requests, to flows whose requests last differently long', () => {
    const level = { ...settings, queueLengthLimit: 5000 };
    const [long = 0, short = 0] = dispatchedBy(2000 * MS, [crowd(2000, 0, 40 * MS), crowd(2000, 1, 10 * MS)], level);
    expect((long * 40) / (short * 10)).toBeGreaterThan(0.85);
    expect((long * 40) / (short * 10)).toBeLessThan(1.15);
  });

  it('lets no elephant starve mice: a flow that asks for little waits for about one request', () => {
    const mice = Array.from({ length: 20 }, (_, i) => ({ at: (50 + 50 * i) * MS + 7, hand: [1], took: 10 * MS }));
    const jobs = [...crowd(2000, 0, 10 * MS), ...mice];
    const { fates } = runJobs(jobs, { ...settings, queueLengthLimit: 5000, waitLimit: 1e11 });
    const waits = mice.map((mouse, i) => (fates[2000 + i]?.at ?? Number.NaN) - mouse.at);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10 * MS);
  });

  it('gathers seats for a wide request at the head: nobody passes it', () => {
    const wide = { at: 10, hand: [1], took: MS, seats: 4 };
    const late = { at: 8 * MS, hand: [2], took: MS };
    const { fates } = runJobs([...crowd(3, 0, 10 * MS), wide, late], settings);
    expect(fates[3]?.at).toBe(10 * MS + 2);
    expect(fates[4]?.at).toBe(11 * MS + 2);
  });

  it('runs what is wider than all its seats alone', () => {
    const wide = { at: 10, hand: [1], took: MS, seats: 9 };
    const { fates } = runJobs([...crowd(2, 0, 10 * MS), wide, { at: 11 * MS, hand: [2], took: MS }], settings);
    expect(fates[2]?.at).toBe(10 * MS + 1);
    expect(fates[3]?.at).toBe(11 * MS + 1);
  });

  it('keeps final seats taken after the answer, for the additional latency', () => {
    const write = { at: 0, hand: [0], took: 2 * MS, finalSeats: 4, extraLatency: 5 * MS };
    const { fates } = runJobs([write, { at: 1, hand: [1], took: MS }], settings);
    expect(fates[1]?.at).toBe(7 * MS);
  });

  it('chooses the queue of its hand with the least work waiting', () => {
    const loaded = crowd(20, 0, 10 * MS);
    const { fates } = runJobs([...loaded, { at: 100, hand: [0, 1], took: MS }], settings);
    expect(fates[20]?.at).toBeLessThan(11 * MS);
  });

  it('drains to a limit that shrank, and serves more at once when it grows', () => {
    const { fates } = runJobs(crowd(12, 0, 10 * MS), {
      ...settings,
      limits: [
        { at: 5 * MS, limit: 1 },
        { at: 25 * MS, limit: 8 },
      ],
    });
    const between = (from: number, to: number) => fates.filter(({ at }) => at > from && at <= to).length;
    expect(between(5 * MS, 12 * MS)).toBe(1);
    expect(between(24 * MS, 25 * MS)).toBe(6);
  });
});

describe('fair queuing', () => {
  const job = fc.record({
    pause: fc.integer({ min: 1, max: 3_000_011 }),
    hand: fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 3, maxLength: 3 }),
    took: fc.integer({ min: 1000, max: 20_000_003 }),
    seats: fc.integer({ min: 1, max: 6 }),
    finalSeats: fc.constantFrom(0, 0, 2, 7),
    extraLatency: fc.integer({ min: 1, max: 9_000_001 }),
  });
  const level = fc.record({
    limit: fc.integer({ min: 1, max: 8 }),
    queueLengthLimit: fc.integer({ min: 1, max: 6 }),
    waitLimit: fc.integer({ min: 10_000_019, max: 200_000_033 }),
    limits: fc.array(
      fc.record({ at: fc.integer({ min: 1, max: 200_000_003 }), limit: fc.integer({ min: 1, max: 8 }) }),
      {
        maxLength: 3,
      },
    ),
  });

  it('does what its slow twin does, request by request', () => {
    fc.assert(
      fc.property(fc.array(job, { minLength: 1, maxLength: 120 }), level, (parts, changes) => {
        let at = 0;
        const jobs = parts.map(({ pause, extraLatency, ...rest }) => {
          at += pause;
          return { ...rest, at, extraLatency: rest.finalSeats > 0 ? extraLatency : 0 };
        });
        const full = { ...settings, ...changes };
        const { fates, set } = runJobs(jobs, full);
        expect(fates).toEqual(runNaively(jobs, full));
        expect([set.waiting, set.executing]).toEqual([0, 0]);
      }),
      { numRuns: 200 },
    );
  });

  it('does so too where virtual finishes tie, and where many wait too long', () => {
    const coarse = fc.record({
      pause: fc.integer({ min: 0, max: 2 }),
      hand: fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 2 }),
      took: fc.integer({ min: 1, max: 6 }),
    });
    const bounds = fc.record({ limit: fc.integer({ min: 1, max: 4 }), waitLimit: fc.integer({ min: 3, max: 30 }) });
    fc.assert(
      fc.property(fc.array(coarse, { minLength: 20, maxLength: 150 }), bounds, (parts, { limit, waitLimit }) => {
        let at = 0;
        const jobs = parts.map(({ pause, hand, took }) => {
          at += pause * MS;
          return { at, hand, took: took * MS };
        });
        // Half a millisecond more, so that nobody waits too long at the very instant at which it finds a seat.
        const level = { ...settings, limit, waitLimit: waitLimit * MS + MS / 2 };
        expect(runJobs(jobs, level).fates).toEqual(runNaively(jobs, level));
      }),
      { numRuns: 200 },
    );
  });
});
