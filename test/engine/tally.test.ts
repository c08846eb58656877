import { expect, it } from 'vitest';
import { Tally } from '../../src/engine/tally.ts';
import { TimeWeighted } from '../../src/engine/time-weighted.ts';
import { simTime } from '../../src/units/index.ts';

it('a tally tells mean and spread of what it was given', () => {
  const tally = new Tally();
  for (const value of [2, 4, 4, 4, 5, 5, 7, 9]) tally.record(value);
  expect([tally.count, tally.mean, tally.min, tally.max]).toEqual([8, 5, 2, 9]);
  expect(tally.sum).toBeCloseTo(40, 10);
  expect(tally.variance).toBeCloseTo(32 / 7, 10);
  expect(tally.standardDeviation).toBeCloseTo(Math.sqrt(32 / 7), 10);
});

it('a tally keeps the spread of large values close together', () => {
  const tally = new Tally();
  for (const value of [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]) tally.record(value);
  expect(tally.variance).toBeCloseTo(30, 6);
});

it('a tally forgets on reset', () => {
  const tally = new Tally();
  tally.record(1);
  tally.reset();
  expect([tally.count, tally.mean, tally.variance]).toEqual([0, 0, 0]);
});

it('a time-weighted value has its mean over time', () => {
  const busy = new TimeWeighted(simTime(100));
  busy.set(simTime(110), 2);
  busy.add(simTime(120), 1);
  busy.set(simTime(130), 0);
  expect(busy.mean(simTime(140))).toBe((10 * 0 + 10 * 2 + 10 * 3 + 10 * 0) / 40);
  expect([busy.min, busy.max, busy.current]).toEqual([0, 3, 0]);
});

it('a time-weighted value keeps its current value over a reset', () => {
  const busy = new TimeWeighted(simTime(0), 7);
  busy.set(simTime(10), 3);
  busy.reset(simTime(20));
  expect([busy.mean(simTime(20)), busy.mean(simTime(30)), busy.min, busy.max]).toEqual([3, 3, 3, 3]);
});
