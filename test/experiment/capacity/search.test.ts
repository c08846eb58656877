import { describe, expect, it } from 'vitest';
import { RandomStreams } from '../../../src/engine/index.ts';
import { type Axis, parseAxis } from '../../../src/experiment/axis.ts';
import { CapacitySearch, type Probe, type SearchResult } from '../../../src/experiment/capacity/index.ts';

function axisOf(text: string): Axis {
  const axis = parseAxis('nodes', text);
  if (axis === undefined) throw new Error(`${text} is no range`);
  return axis;
}

/** Runs a search whose probes hold as `holds` says. */
function search(
  range: string,
  holds: (value: number, replication: number) => boolean,
  { mostProbes = 60, probability = 0.9 } = {},
): { result: SearchResult; probes: Probe[] } {
  const run = new CapacitySearch({ axis: axisOf(range), probability, precision: 0.05, mostProbes });
  const probes: Probe[] = [];
  for (let round = run.nextRound(); round.length > 0; round = run.nextRound()) {
    for (const probe of round) run.record(probe, holds(probe.value, probe.replication));
    probes.push(...round);
  }
  return { result: run.result(), probes };
}

describe('a limit that is a step', () => {
  it.each([137, 700, 1234, 4300])('at %d of 100 to 5,000 is bracketed within the precision', (step) => {
    const { result, probes } = search('100..5000', (value) => value <= step);
    expect(result.ending).toBe('precise');
    expect(result.direction).toBe('largest');
    expect(result.low).toBeLessThanOrEqual(step);
    expect(result.high).toBeGreaterThanOrEqual(Math.floor(step / 10) * 10);
    expect((result.high - result.low) / 2 / result.limit).toBeLessThanOrEqual(0.05);
    expect(probes.length).toBeLessThanOrEqual(48);
  });

  it('from which on everything holds is the smallest value that holds', () => {
    const { result } = search('1..64', (value) => value >= 12);
    expect(result.direction).toBe('smallest');
    expect(result.ending).toBe('precise');
    expect(result.low).toBeLessThanOrEqual(12);
    expect(result.high).toBeGreaterThanOrEqual(12);
    expect(result.limit).toBe(12);
  });

  it('among few whole numbers is one of them', () => {
    const { result } = search('1..9', (value) => value <= 5);
    expect([result.low, result.limit, result.high]).toEqual([5, 5, 5]);
  });

  it('on a range that begins with 0 is looked for by differences', () => {
    const { result } = search('0..1.5', (value) => value <= 0.9);
    expect(result.ending).toBe('precise');
    expect(result.low).toBeLessThanOrEqual(0.9);
    expect(result.high).toBeGreaterThanOrEqual(0.9);
  });
});

describe('a range without a limit', () => {
  it('where everything holds says so, with the limit open above', () => {
    const { result } = search('100..5000', () => true);
    expect(result.ending).toBe('holds everywhere');
    expect(result.isHighOpen).toBe(true);
  });

  it('where nothing holds says so', () => {
    const { result } = search('100..5000', () => false);
    expect(result.ending).toBe('holds nowhere');
    expect(result.isLowOpen).toBe(true);
  });
});

describe('monotonicity', () => {
  it('is found wanting where a middle range fails and more of it holds again', () => {
    const { result } = search('100..5000', (value) => value < 200 || (value > 500 && value < 2000));
    expect(result.ending).toBe('not monotone');
    const evidence = result.monotonicity;
    expect(evidence?.isMonotone).toBe(false);
    expect(evidence?.nearer.held).toBe(0);
    expect(evidence?.further.failed).toBe(0);
    expect(evidence?.p).toBeLessThan(0.01);
  });

  it('is not doubted for a gradual limit, whatever goes the wrong way round by chance', () => {
    const stream = new RandomStreams('gradual', 1).stream('outcomes');
    const endings = Array.from({ length: 30 }, () => {
      const { result } = search(
        '100..5000',
        (value) => stream.next() < 1 / (1 + Math.exp(Math.log(value / 1000) / 0.4)),
      );
      return result.ending;
    });
    expect(endings.filter((ending) => ending === 'not monotone').length).toBeLessThanOrEqual(1);
  });
});

describe('probes', () => {
  it('are replications with numbers of their own, so that no two share their luck', () => {
    const { probes } = search('100..5000', (value) => value <= 900);
    expect(probes.map(({ replication }) => replication)).toEqual(probes.map((_, i) => i + 1));
  });

  it('begin at both ends and between, and end at the most that was given', () => {
    const coin = new RandomStreams('coin', 1).stream('outcomes');
    const { result, probes } = search('100..5000', () => coin.next() < 0.5, { mostProbes: 20 });
    const values = probes.slice(0, 4).map(({ value }) => value);
    expect(values[0]).toBe(100);
    expect(values[3]).toBe(5000);
    expect(probes.length).toBeLessThanOrEqual(20 + 12);
    expect(['probes used up', 'not monotone', 'holds nowhere']).toContain(result.ending);
  });

  it('that likely follow are guessed, and a guess changes nothing', () => {
    const options = { axis: axisOf('100..5000'), probability: 0.9, precision: 0.05, mostProbes: 40 };
    const [guessing, plain] = [new CapacitySearch(options), new CapacitySearch(options)];
    let right = 0;
    let round = guessing.nextRound();
    expect(plain.nextRound()).toEqual(round);
    while (round.length > 0) {
      const guess = guessing.likelyNextRound(round);
      for (const probe of round) for (const each of [guessing, plain]) each.record(probe, probe.value <= 1500);
      round = guessing.nextRound();
      expect(plain.nextRound()).toEqual(round);
      if (round.length > 0 && JSON.stringify(guess) === JSON.stringify(round)) right++;
    }
    expect(right).toBeGreaterThan(0);
  });
});
