import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { metricNames } from '../../src/metrics/index.ts';
import { operationKinds, profiles, scenarioJsonSchema } from '../../src/scenario/index.ts';
import { parametersByPath } from '../../src/scenario/parameter-schema.ts';

const directory = path.join(import.meta.dirname, '../../scenarios');
const schema = scenarioJsonSchema() as Parameters<typeof z.fromJSONSchema>[0];
const text = JSON.stringify(schema);
// An independent reading of the schema: zod makes a validator of it again, which knows nothing of ours.
const validator = z.fromJSONSchema(schema);

describe('the JSON Schema of scenarios', () => {
  it('has a definition for every reference', () => {
    const references = [...text.matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)].map((match) => match[1] as string);
    const definitions = (schema as { $defs: Record<string, unknown> }).$defs;
    expect(references.filter((name) => !Object.hasOwn(definitions, name))).toEqual([]);
  });

  it('accepts every scenario that comes with the program', () => {
    for (const name of readdirSync(directory).filter((file) => file.endsWith('.yaml'))) {
      expect([name, validator.safeParse(parse(readFileSync(path.join(directory, name), 'utf8'))).error]).toEqual([
        name,
        undefined,
      ]);
    }
  });

  it.each([
    ['a misspelt key', (spec: Record<string, unknown>) => ({ ...spec, replicatons: 3 })],
    ['a missing key', ({ until: _, ...spec }: Record<string, unknown>) => spec],
    ['an unknown operation', (spec: Record<string, unknown>) => ({ ...spec, operations: [{ createNode: {} }] })],
    ['an unknown profile', (spec: Record<string, unknown>) => ({ ...spec, profile: ['nope'] })],
    ['an unknown parameter', (spec: Record<string, unknown>) => ({ ...spec, parameters: { 'etcd.member': 3 } })],
    [
      'an unknown metric',
      (spec: Record<string, unknown>) => ({ ...spec, objectives: [{ metric: 'x', statistic: 'p99', below: 1 }] }),
    ],
  ])('refuses %s', (_, spoil) => {
    const good = parse(readFileSync(path.join(directory, 'quickstart.yaml'), 'utf8'));
    expect(validator.safeParse({ ...good, spec: spoil(good.spec) }).success).toBe(false);
  });

  it('completes operations, parameters, profiles and metrics by name', () => {
    for (const name of [
      ...Object.keys(operationKinds),
      ...parametersByPath.keys(),
      ...Object.keys(profiles),
      ...metricNames,
    ]) {
      expect(text).toContain(`"${name}"`);
    }
  });

  it('is the file that is published (npm start --silent -- schema > schema/scenario.schema.json writes it)', () => {
    const published = readFileSync(path.join(import.meta.dirname, '../../schema/scenario.schema.json'), 'utf8');
    expect(JSON.parse(published)).toEqual(JSON.parse(text));
  });
});
