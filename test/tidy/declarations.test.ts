import { describe, expect, it } from 'vitest';
import { parameterRegistry } from '../../src/components/parameters.ts';
import { createDistribution, type ParameterDefinition } from '../../src/engine/index.ts';
import { metricNames } from '../../src/metrics/index.ts';
import { sourcesIn } from './sources.ts';

const parameters = Object.entries(parameterRegistry).flatMap(([component, set]) =>
  Object.entries<ParameterDefinition>(set).map(([name, definition]) => [`${component}.${name}`, definition] as const),
);

describe('every parameter', () => {
  it('has a help text and a source with its date', () => {
    for (const [name, { help, unit, source }] of parameters) {
      expect(help.length, name).toBeGreaterThan(5);
      expect(unit, name).not.toBe('');
      expect(source.where.length, name).toBeGreaterThan(2);
      expect(source.retrieved, name).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(['measured', 'source-code', 'documentation', 'paper', 'assumption'], name).toContain(source.kind);
    }
  });

  it('has a default within its range, among its choices, or a distribution that can be sampled', () => {
    for (const [name, definition] of parameters) {
      if (definition.type === 'number' || definition.type === 'duration') {
        const [least, most] = definition.range;
        expect(least, name).toBeLessThan(most);
        expect(definition.default, name).toBeGreaterThanOrEqual(least);
        expect(definition.default, name).toBeLessThanOrEqual(most);
        if (definition.type === 'number' && definition.integer)
          expect(Number.isInteger(definition.default), name).toBe(true);
      } else if (definition.type === 'choice') {
        expect(definition.choices, name).toContain(definition.default);
      } else if (definition.type === 'distribution') {
        expect(createDistribution(definition.default).quantile(0.5), name).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('is read by its component', () => {
    const components = sourcesIn('src').filter(({ path }) => !path.endsWith('.parameters.ts'));
    const code = components.map((source) => source.code).join('\n');
    const unread = parameters.filter(([name]) => !new RegExp(`\\b${name.slice(name.indexOf('.') + 1)}\\b`).test(code));
    expect(unread.map(([name]) => name)).toEqual([]);
  });
});

describe('metrics', () => {
  const recording = sourcesIn('src').filter(
    ({ path }) => /^src\/(metrics|components)\//.test(path) && !path.endsWith('.metrics.ts'),
  );
  const recorded = new Set(
    recording.flatMap(({ text }) => [...text.matchAll(/'([a-z][a-z0-9]*_[a-z0-9_]+)'/g)].map(([, name]) => name)),
  );

  it('of the catalogue are recorded by somebody', () => {
    expect(metricNames.filter((name) => !recorded.has(name))).toEqual([]);
  });

  it('that are recorded are in the catalogue', () => {
    const calls = recording.flatMap(({ text }) => [...text.matchAll(/\.(?:counter|gauge|histogram)\(\s*'([^']+)'/g)]);
    expect(calls.length).toBeGreaterThan(30);
    for (const [, name] of calls) expect(metricNames as readonly string[]).toContain(name);
  });
});
