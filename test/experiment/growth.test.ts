import { describe, expect, it } from 'vitest';
import { growthOf } from '../../src/experiment/index.ts';
import { gridOf, valuesOfVariant, variantName } from '../../src/experiment/sweep.ts';
import { growthTable } from '../../src/report/index.ts';
import { exampleRun, exampleScenario } from './example-run.ts';

const SIZES = [10, 100, 1000, 10_000];
const EXPONENT = { metric: 'pod_startup_latency_seconds', labels: {}, statistic: 'sum', over: 'services' };

/** Runs of a sweep over services and modes in which so many seconds were measured. */
function sweep(seconds: (services: number, mode: string) => number) {
  const scenario = exampleScenario({ experiment: { vary: {}, variants: {}, exponents: [EXPONENT] } });
  return gridOf({ services: SIZES, 'kubeProxy.mode': ['a', 'b'] }).map((point) => {
    const value = seconds(Number(point.services), String(point['kubeProxy.mode']));
    return { ...exampleRun([{ starts: [value] }]), scenario, variant: variantName(point) };
  });
}

describe('growth over a sweep', () => {
  it('is the power with which a statistic grows, for each combination of the other values', () => {
    const [growth] = growthOf(sweep((services, mode) => (mode === 'a' ? 3 * services : 0.1 * services ** 2)));
    expect(growth?.lines.map(({ fixed }) => fixed['kubeProxy.mode'])).toEqual(['a', 'b']);
    expect(growth?.lines.map(({ exponent }) => exponent?.toFixed(6))).toEqual(['1.000000', '2.000000']);
  });

  it('tells where growth goes in the end: what is constant at first may dominate small sizes', () => {
    const [growth] = growthOf(sweep((services) => 10_000 + services ** 2));
    const [line] = growth?.lines ?? [];
    expect(line?.exponent).toBeLessThan(1.5);
    expect(line?.atTheEnd).toBeGreaterThan(1.9);
    expect(line?.half).toBeGreaterThan(0.3);
  });

  it('takes only points above nothing, and says nothing with fewer than two', () => {
    const [growth] = growthOf(sweep((services) => (services === 10 ? 5 : 0)));
    expect(growth?.lines[0]).toMatchObject({ exponent: undefined, half: undefined, atTheEnd: undefined });
  });

  it('has no say in a sweep over other values', () => {
    const runs = sweep((services) => services).map((run) => ({ ...run, variant: 'nodes=5' }));
    expect(growthOf(runs)).toEqual([]);
    expect(growthTable(runs)).toBe('');
  });

  it('is printed with its exponents', () => {
    const text = growthTable(sweep((services) => 3 * services));
    expect(text).toContain('growth of the sum of pod_startup_latency_seconds over services');
    expect(text).toContain('kubeProxy.mode=a');
    expect(text).toContain('1.00 to 1.00');
  });
});

describe('the values of a point', () => {
  it('are what its name says', () => {
    expect(valuesOfVariant(variantName({ nodes: 5, 'kubeProxy.mode': 'ipvs' }))).toEqual({
      nodes: '5',
      'kubeProxy.mode': 'ipvs',
    });
    expect(valuesOfVariant('')).toEqual({});
  });
});
