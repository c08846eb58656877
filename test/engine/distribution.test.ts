import { describe, expect, it } from 'vitest';
import {
  constantDistribution,
  createDistribution,
  type DistributionSpec,
  RandomStreams,
} from '../../src/engine/index.ts';
import { gammaProbability, gammaQuantile, logGamma, normalQuantile } from '../../src/engine/quantile-functions.ts';

/** The standard normal distribution function by numerical integration: slow, and made of nothing but its definition. */
function normalProbability(z: number): number {
  const steps = 4_000;
  const width = Math.abs(z) / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    // Simpson's rule on each piece.
    const [a, b, c] = [i, i + 0.5, i + 1].map((x) => Math.exp(-((x * width) ** 2) / 2)) as [number, number, number];
    sum += ((a + 4 * b + c) * width) / 6;
  }
  const half = sum / Math.sqrt(2 * Math.PI);
  return z > 0 ? 0.5 + half : 0.5 - half;
}

/** Distribution functions, each from its own formula. */
const sigmaOf = (p50: number, p99: number): number => Math.log(p99 / p50) / 2.3263478740408408;
const cases: readonly {
  readonly spec: DistributionSpec;
  readonly mean: number;
  readonly probability: (x: number) => number;
}[] = [
  {
    spec: { distribution: 'exponential', mean: 1e6 },
    mean: 1e6,
    probability: (x) => 1 - Math.exp(-x / 1e6),
  },
  {
    spec: { distribution: 'uniform', min: 2e5, max: 6e5 },
    mean: 4e5,
    probability: (x) => (x - 2e5) / 4e5,
  },
  {
    spec: { distribution: 'lognormal', p50: 1e6, p99: 8e6 },
    mean: 1e6 * Math.exp(sigmaOf(1e6, 8e6) ** 2 / 2),
    probability: (x) => normalProbability(Math.log(x / 1e6) / sigmaOf(1e6, 8e6)),
  },
  {
    // Shape 2 and 1/2 have distribution functions of their own, so that the incomplete gamma function is not its own judge.
    spec: { distribution: 'gamma', shape: 2, mean: 1e6 },
    mean: 1e6,
    probability: (x) => 1 - Math.exp(-x / 5e5) * (1 + x / 5e5),
  },
  {
    spec: { distribution: 'gamma', shape: 0.5, mean: 1e6 },
    mean: 1e6,
    probability: (x) => 2 * normalProbability(Math.sqrt(x / 1e6)) - 1,
  },
  {
    spec: { distribution: 'pareto', min: 1e5, alpha: 1.8 },
    mean: (1.8 * 1e5) / 0.8,
    probability: (x) => 1 - (1e5 / x) ** 1.8,
  },
];

describe.each(cases)('the $spec.distribution distribution', ({ spec, mean, probability }) => {
  const distribution = createDistribution(spec);

  it('has the quantiles of its distribution function, in the middle and in both tails', () => {
    for (const u of [
      0.0001, 0.0004, 0.001, 0.01, 0.05, 0.1234567, 0.5, 0.75, 0.9, 0.99, 0.995, 0.9961, 0.999, 0.999999,
    ]) {
      const reached = probability(distribution.quantile(u));
      // Within a twentieth of one cell of the table in the middle, within a thousandth of itself in the tails.
      const tolerance = Math.min(2.5e-5, 0.02 * Math.min(u, 1 - u));
      expect(Math.abs(reached - u), `at ${u}: ${reached}`).toBeLessThan(tolerance);
    }
  });

  it('never falls as its argument rises', () => {
    let last = -1;
    for (let i = 0; i < 100_000; i++) {
      const value = distribution.quantile(i / 100_000);
      expect(value).toBeGreaterThanOrEqual(last);
      last = value;
    }
  });

  it('has the mean that it says, within 0.2 %', () => {
    expect(distribution.mean / mean).toBeCloseTo(1, 9);
    // Average over a fine grid, finer still in the last cells, where a heavy tail has its weight.
    let sum = 0;
    const cells = 200_000;
    for (let i = 0; i < cells - 1; i++) sum += distribution.quantile((i + 0.5) / cells);
    const octaves = 30;
    for (let octave = 0; octave < octaves; octave++) {
      const width = 0.5 ** (octave + 1);
      for (let i = 0; i < 100; i++) {
        sum += (distribution.quantile(1 - (2 - (i + 0.5) / 100) * (width / cells)) * width) / 100;
      }
    }
    expect(Math.abs(sum / cells / mean - 1)).toBeLessThan(0.002);
  });

  it('gives spans that are whole and not negative', () => {
    const stream = new RandomStreams('seed', 0).stream('x');
    for (let i = 0; i < 10_000; i++) {
      const span = distribution.sample(stream);
      expect(Number.isInteger(span) && span >= 0).toBe(true);
    }
  });
});

describe('a distribution', () => {
  it('takes exactly one draw for each sample, whatever its kind, so that variants keep in step', () => {
    const specs: DistributionSpec[] = [
      ...cases.map(({ spec }) => spec),
      { distribution: 'constant', value: 5 },
      { distribution: 'empirical', values: [1, 2, 3] },
    ];
    for (const spec of specs) {
      let draws = 0;
      createDistribution(spec).sample({ next: () => ++draws / 1_000 });
      expect(draws).toBe(1);
    }
  });

  it('can be keyed: the same entity and counter have the same span', () => {
    const keyed = new RandomStreams('seed', 0).keyed('x');
    const distribution = createDistribution({ distribution: 'exponential', mean: 1e6 });
    expect(distribution.keyedSample(keyed, 3, 4)).toBe(distribution.span(keyed.uniform(3, 4)));
    expect(distribution.keyedSample(keyed, 3, 4)).not.toBe(distribution.keyedSample(keyed, 4, 3));
  });

  it('is constant where that is asked for', () => {
    const constant = constantDistribution(1_234.4);
    expect([constant.mean, constant.quantile(0.7), constant.span(0.999)]).toEqual([1_234.4, 1_234.4, 1_234]);
    expect(createDistribution({ distribution: 'lognormal', p50: 7, p99: 7 }).quantile(0.999)).toBe(7);
    expect(createDistribution({ distribution: 'uniform', min: 7, max: 7 }).quantile(0.999)).toBe(7);
  });

  it('gives each measured value the same share', () => {
    const values = [50, 10, 40, 10, 90];
    const empirical = createDistribution({ distribution: 'empirical', values });
    expect(empirical.mean).toBe(40);
    const drawn = Array.from({ length: 1_000 }, (_, i) => empirical.quantile(i / 1_000));
    expect(new Set(drawn)).toEqual(new Set(values));
    expect(drawn.filter((value) => value === 10).length).toBe(400);
    expect(empirical.quantile(0.999999)).toBe(90);
  });

  it('is made once for each specification', () => {
    const spec = { distribution: 'gamma', shape: 3, mean: 100 } as const;
    expect(createDistribution(spec)).toBe(createDistribution({ ...spec }));
    expect(createDistribution(spec)).not.toBe(createDistribution({ ...spec, mean: 101 }));
  });

  it('refuses numbers that make no sense, naming them', () => {
    const bad: [DistributionSpec, RegExp][] = [
      [{ distribution: 'constant', value: -1 }, /constant.*value.*-1/],
      [{ distribution: 'exponential', mean: 0 }, /exponential.*mean/],
      [{ distribution: 'uniform', min: 2, max: 1 }, /uniform.*max/],
      [{ distribution: 'lognormal', p50: 2, p99: 1 }, /lognormal.*p99/],
      [{ distribution: 'lognormal', p50: 0, p99: 1 }, /lognormal.*p50/],
      [{ distribution: 'gamma', shape: 0, mean: 1 }, /gamma.*shape/],
      [{ distribution: 'pareto', min: 1, alpha: Number.NaN }, /pareto.*alpha/],
      [{ distribution: 'empirical', values: [] }, /empirical.*values/],
      [{ distribution: 'empirical', values: [1, Number.POSITIVE_INFINITY] }, /empirical.*values/],
    ];
    for (const [spec, message] of bad) expect(() => createDistribution(spec)).toThrow(message);
  });
});

describe('the quantile functions', () => {
  it('invert the normal distribution far into the tails', () => {
    for (const p of [1e-6, 0.001, 0.02, 0.0749, 0.0751, 0.3, 0.5, 0.77, 0.93, 0.999, 1 - 1e-6]) {
      expect(Math.abs(normalProbability(normalQuantile(p)) - p)).toBeLessThan(1e-11);
    }
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 13);
    expect(normalQuantile(1e-15)).toBeCloseTo(-7.941345326170997, 10);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it('invert the gamma distribution for small and large shapes', () => {
    for (const shape of [0.05, 0.3, 1, 1.7, 10, 300]) {
      for (const p of [0.001, 0.1, 0.5, 0.9, 0.9999]) {
        expect(gammaProbability(shape, gammaQuantile(shape, p)) / p).toBeCloseTo(1, 9);
      }
    }
    // The exponential is the gamma of shape 1.
    expect(gammaQuantile(1, 0.9)).toBeCloseTo(Math.log(10), 11);
  });

  it('know the gamma function', () => {
    expect(logGamma(5)).toBeCloseTo(Math.log(24), 12);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12);
    expect(logGamma(0.1)).toBeCloseTo(2.252712651734206, 11);
  });
});
