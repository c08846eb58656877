import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryAfter } from '../../../src/components/kube-apiserver/flow-control/retry-after.ts';
import { SeatDemand } from '../../../src/components/kube-apiserver/flow-control/seat-demand.ts';
import { divideSeats } from '../../../src/components/kube-apiserver/flow-control/seat-limits.ts';
import { deal, flowHash } from '../../../src/components/kube-apiserver/flow-control/shuffle-sharding.ts';
import { NS_PER_SECOND, simTime } from '../../../src/units/index.ts';

describe('a hand', () => {
  it('holds distinct queues, the same ones each time', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.integer({ min: 1, max: 8 }), (hash, size) => {
        const hand = deal(hash, 64, size);
        expect(new Set(hand).size).toBe(size);
        expect(hand.every((card) => card >= 0 && card < 64)).toBe(true);
        expect(deal(hash, 64, size)).toEqual(hand);
      }),
    );
  });

  it('is each of the possible ones for one remainder of the hash', () => {
    const hands = Array.from({ length: 4 * 3 }, (_, hash) => deal(BigInt(hash), 4, 2).join());
    expect(new Set(hands).size).toBe(12);
  });

  it('lies within the queues of 4 elephants about as seldom as combinatorics has it (the table of shuffle sharding: 4 of 64/8)', () => {
    const [queues, size, elephants, trials] = [64, 6, 4, 4000];
    let squished = 0;
    for (let trial = 0; trial < trials; trial++) {
      const taken = new Set<number>();
      for (let i = 0; i < elephants; i++)
        for (const card of deal(flowHash(`${trial}`, `${i}`), queues, size)) taken.add(card);
      if (deal(flowHash(`${trial}`, 'mouse'), queues, size).every((card) => taken.has(card))) squished++;
    }
    // A given queue is free of 4 hands with (58/64)^4: all 6 of a mouse are taken with roughly (1 - 0.674)^6 = 0.0012.
    expect(squished / trials).toBeLessThan(0.004);
    expect(squished).toBeGreaterThan(0);
  });
});

describe('the division of seats', () => {
  it('gives everybody the same proportion of its target where no bound is met', () => {
    const claims = [10, 20, 30].map((target) => ({ target, least: 0, most: 1000 }));
    expect(divideSeats(120, claims).map((seats) => seats.toFixed(9))).toEqual([
      '20.000000000',
      '40.000000000',
      '60.000000000',
    ]);
  });

  it('heeds the bounds, and all seats are given', () => {
    const bounds = fc.record({
      least: fc.integer({ min: 0, max: 50 }),
      more: fc.integer({ min: 0, max: 50 }),
      span: fc.integer({ min: 100, max: 200 }),
    });
    fc.assert(
      fc.property(
        fc.array(bounds, { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 0, max: 100 }),
        (parts, extra) => {
          const claims = parts.map(({ least, more, span }) => ({ least, target: least + more, most: least + span }));
          const total = claims.reduce((sum, { least }) => sum + least, 0) + extra;
          const seats = divideSeats(total, claims);
          expect(seats.reduce((sum, part) => sum + part, 0)).toBeCloseTo(total, 6);
          const proportions = seats.map((part, i) => part / Math.max(0.001, claims[i]?.target ?? 0));
          seats.forEach((part, i) => {
            const { least, most } = claims[i] as { least: number; most: number };
            expect(part).toBeGreaterThanOrEqual(least - 1e-9);
            expect(part).toBeLessThanOrEqual(most + 1e-9);
            // Whoever has more than its least has no greater proportion than anybody who has less than its most.
            if (part <= least + 1e-9) return;
            proportions.forEach((other, j) => {
              if ((seats[j] ?? 0) < (claims[j]?.most ?? 0) - 1e-9)
                expect(other).toBeGreaterThanOrEqual((proportions[i] ?? 0) - 1e-6);
            });
          });
        },
      ),
    );
  });

  it('of an idle server is in proportion to what each level keeps', () => {
    const least = [0, 50, 73, 25, 49, 24, 24, 13];
    const seats = divideSeats(
      602,
      least.map((part) => ({ least: part, target: part, most: 600 + part })),
    );
    expect(seats.map(Math.round)).toEqual([0, 117, 170, 58, 114, 56, 56, 30]);
  });
});

describe('the demand of a level', () => {
  it('rises with average and deviation at once and falls slowly', () => {
    const demand = new SeatDemand(0);
    demand.set(0, 10);
    demand.set(5 * NS_PER_SECOND, 0);
    demand.endPeriod(10 * NS_PER_SECOND, 0.977);
    expect(demand.smoothed).toBeCloseTo(10, 9);
    expect(demand.highWatermark).toBe(10);
    demand.endPeriod(20 * NS_PER_SECOND, 0.977);
    expect(demand.smoothed).toBeCloseTo(9.77, 9);
    expect(demand.highWatermark).toBe(0);
  });
});

describe('Retry-After of a level', () => {
  /** Retry-After [s] of the last of `drops` drops in a second. */
  const drop = (tracker: RetryAfter, second: number, drops: number) => {
    let span = 0;
    for (let i = 0; i < drops; i++) span = tracker.drop(simTime(second * NS_PER_SECOND));
    return span / NS_PER_SECOND;
  };

  it('doubles up to its largest value while at least three requests a second are dropped', () => {
    const tracker = new RetryAfter(32);
    const values = Array.from({ length: 80 }, (_, second) => drop(tracker, second, 10));
    // A rise waits for as many seconds as the last value had.
    expect(values.slice(0, 8)).toEqual([1, 2, 2, 4, 4, 4, 4, 8]);
    expect(values.at(-1)).toBe(32);
  });

  it('sinks by one a second once few are dropped', () => {
    const tracker = new RetryAfter(32);
    for (let second = 0; second < 8; second++) drop(tracker, second, 10);
    expect([30, 31, 32, 33].map((second) => drop(tracker, second, 1))).toEqual([7, 6, 5, 4]);
  });

  it('stays at 1 s where that is its largest value', () => {
    const tracker = new RetryAfter(1);
    expect([0, 1, 2, 3].map((second) => drop(tracker, second, 50))).toEqual([1, 1, 1, 1]);
  });
});
