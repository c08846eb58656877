import { describe, expect, it } from 'vitest';
import { RandomStreams } from '../../src/engine/index.ts';

/** Chi-square statistic of counts that should be equal, as a number of standard deviations from its mean. */
function excess(counts: ArrayLike<number>): number {
  const bins = counts.length;
  let total = 0;
  for (let i = 0; i < bins; i++) total += counts[i] as number;
  const expected = total / bins;
  let chiSquare = 0;
  for (let i = 0; i < bins; i++) chiSquare += ((counts[i] as number) - expected) ** 2 / expected;
  return (chiSquare - (bins - 1)) / Math.sqrt(2 * (bins - 1));
}

/** With fixed seeds nothing here is random: a good generator stays within this many deviations. */
const LIMIT = 4;

const take = (streams: RandomStreams, name: string, count: number): number[] => {
  const stream = streams.stream(name);
  return Array.from({ length: count }, () => stream.next());
};

describe('random streams', () => {
  it('give the same numbers for the same seed, replication and name', () => {
    expect(take(new RandomStreams('a', 1), 'x', 20)).toEqual(take(new RandomStreams('a', 1), 'x', 20));
  });

  it('give other numbers if seed, replication or name differ in the least', () => {
    const firsts = [
      take(new RandomStreams('a', 1), 'x', 1),
      take(new RandomStreams('b', 1), 'x', 1),
      take(new RandomStreams('a', 2), 'x', 1),
      take(new RandomStreams('a', 1), 'y', 1),
      take(new RandomStreams('a', 1), 'x ', 1),
      take(new RandomStreams('a1', 1), 'x', 1),
      take(new RandomStreams('a', 11), 'x', 1),
    ];
    expect(new Set(firsts.flat()).size).toBe(firsts.length);
  });

  it('are not shifted by other streams, whether asked for before or drawn from in between', () => {
    const alone = take(new RandomStreams('a', 0), 'x', 50);
    const streams = new RandomStreams('a', 0);
    const other = streams.stream('other');
    const x = streams.stream('x');
    const accompanied = alone.map(() => {
      other.next();
      streams.stream('yet another').next();
      streams.keyed('x').uniform(1, 2);
      return x.next();
    });
    expect(accompanied).toEqual(alone);
  });

  it('go on where they were when the same name is asked for again', () => {
    const streams = new RandomStreams('a', 0);
    expect(streams.stream('x')).toBe(streams.stream('x'));
    expect(streams.keyed('x')).toBe(streams.keyed('x'));
    const parts = [...take(streams, 'x', 5), ...take(streams, 'x', 5)];
    expect(parts).toEqual(take(new RandomStreams('a', 0), 'x', 10));
  });

  it('are uniform, alone and in pairs, also across streams of similar names', () => {
    const streams = new RandomStreams('seed', 0);
    const single = new Float64Array(256);
    const pairs = new Float64Array(256);
    const across = new Float64Array(256);
    const one = streams.stream('node-1');
    const two = streams.stream('node-2');
    let last = one.next();
    for (let i = 0; i < 300_000; i++) {
      const u = one.next();
      expect(u >= 0 && u < 1).toBe(true);
      const neighbour = two.next();
      single[Math.floor(u * 256)]!++;
      pairs[Math.floor(last * 16) * 16 + Math.floor(u * 16)]!++;
      across[Math.floor(neighbour * 16) * 16 + Math.floor(u * 16)]!++;
      last = u;
    }
    for (const counts of [single, pairs, across]) expect(Math.abs(excess(counts))).toBeLessThan(LIMIT);
  });

  it('have first numbers that are uniform over many names', () => {
    const streams = new RandomStreams('seed', 0);
    const counts = new Float64Array(64);
    for (let i = 0; i < 20_000; i++) counts[Math.floor(streams.stream(`node-${i}`).next() * 64)]!++;
    expect(Math.abs(excess(counts))).toBeLessThan(LIMIT);
  });
});

describe('keyed draws', () => {
  const keyed = new RandomStreams('seed', 0).keyed('delay');

  it('do not depend on when, in which order or how often one looks', () => {
    const cells = Array.from({ length: 200 }, (_, i) => [i % 14, Math.floor(i / 14)] as const);
    const forwards = cells.map(([entity, counter]) => keyed.uniform(entity, counter));
    const again = new RandomStreams('seed', 0).keyed('delay');
    const backwards = [...cells].reverse().map(([entity, counter]) => again.uniform(entity, counter));
    expect(backwards.reverse()).toEqual(forwards);
    expect(new Set(forwards).size).toBe(200);
  });

  it('differ between seeds, replications and names', () => {
    const others = [
      new RandomStreams('seed', 1).keyed('delay'),
      new RandomStreams('seeD', 0).keyed('delay'),
      new RandomStreams('seed', 0).keyed('delays'),
    ];
    for (const other of others) expect(other.uniform(5, 6)).not.toBe(keyed.uniform(5, 6));
  });

  it('are uniform along counters, along entities and along both', () => {
    const walks: ((i: number) => number)[] = [
      (i) => keyed.uniform(7, i),
      (i) => keyed.uniform(i, 7),
      (i) => keyed.uniform(i, i),
      (i) => keyed.uniform(i, 1_000_000 - i),
      (i) => keyed.uniform(i % 5_000, Math.floor(i / 5_000)),
      (i) => keyed.uniform(i * 65_536, i * 4_096),
    ];
    for (const walk of walks) {
      const counts = new Float64Array(1_024);
      for (let i = 0; i < 400_000; i++) counts[Math.floor(walk(i) * 1_024)]!++;
      expect(Math.abs(excess(counts))).toBeLessThan(LIMIT);
    }
  });

  it('are independent of their neighbours: counters, entities, and shifted copies of another entity', () => {
    const neighbours: ((i: number) => [number, number])[] = [
      (i) => [keyed.uniform(3, i), keyed.uniform(3, i + 1)],
      (i) => [keyed.uniform(3, i), keyed.uniform(4, i)],
      (i) => [keyed.uniform(i, 3), keyed.uniform(i + 1, 3)],
      (i) => [keyed.uniform(3, i), keyed.uniform(4, i + 1)],
      (i) => [keyed.uniform(3, i), keyed.uniform(i, 3)],
      (i) => [keyed.uniform(3, i), keyed.uniform(3, i + 65_536)],
      (i) => [keyed.uniform(3, i), keyed.uniform(2 ** 31 + 3, i)],
    ];
    for (const pair of neighbours) {
      const counts = new Float64Array(1_024);
      for (let i = 0; i < 400_000; i++) {
        const [u, v] = pair(i);
        counts[Math.floor(u * 32) * 32 + Math.floor(v * 32)]!++;
      }
      expect(Math.abs(excess(counts))).toBeLessThan(LIMIT);
    }
  });

  it('change half of their bits when any bit of entity or counter changes', () => {
    const word = (entity: number, counter: number): number => keyed.uniform(entity, counter) * 2 ** 32;
    const trials = 4_000;
    for (let bit = 0; bit < 32; bit++) {
      const flips = [new Float64Array(32), new Float64Array(32)];
      for (let trial = 0; trial < trials; trial++) {
        const entity = Math.imul(trial, 0x9e3779b1);
        const counter = Math.imul(trial, 0x85ebca77) ^ 0x5bd1e995;
        const before = word(entity, counter);
        const changes = [before ^ word(entity ^ (1 << bit), counter), before ^ word(entity, counter ^ (1 << bit))];
        changes.forEach((change, input) => {
          for (let output = 0; output < 32; output++)
            (flips[input] as Float64Array)[output]! += (change >>> output) & 1;
        });
      }
      for (const [input, counts] of flips.entries()) {
        for (let output = 0; output < 32; output++) {
          const share = (counts[output] as number) / trials;
          expect(Math.abs(share - 0.5), `input ${input} bit ${bit}, output bit ${output}: ${share}`).toBeLessThan(0.06);
        }
      }
    }
  });
});
