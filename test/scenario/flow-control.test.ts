import { describe, expect, it } from 'vitest';
import { bootstrapConfiguration } from '../../src/components/kube-apiserver/index.ts';
import { load, problemsOf, scenarioText } from './support.ts';

const level = (name: string, shares: number) =>
  'apiVersion: flowcontrol.apiserver.k8s.io/v1\nkind: PriorityLevelConfiguration\n' +
  `metadata: { name: ${name} }\nspec: { type: Limited, limited: { nominalConcurrencyShares: ${shares}, limitResponse: {} } }\n`;
const schema = (name: string, of: string) =>
  `apiVersion: flowcontrol.apiserver.k8s.io/v1\nkind: FlowSchema\nmetadata: { name: ${name} }\nspec: { priorityLevelConfiguration: { name: ${of} } }\n`;

describe('spec.flowControl', () => {
  it('left out gives the levels and schemas that every cluster has', () => {
    expect(load(scenarioText('')).flowControl).toEqual(bootstrapConfiguration);
  });

  it('adds levels and schemas, and changes those of a known name in their place', () => {
    const files = {
      'levels.yaml': `${level('builds', 5)}---\n${level('system', 90)}`,
      'schemas.yaml': schema('builds', 'builds'),
    };
    const { levels, schemas } = load(scenarioText('flowControl: [levels.yaml, schemas.yaml]'), {}, files).flowControl;
    expect(levels.map(({ name, shares }) => [name, shares])).toEqual([
      ['exempt', 0],
      ['system', 90],
      ...bootstrapConfiguration.levels.slice(2).map(({ name, shares }) => [name, shares]),
      ['builds', 5],
    ]);
    expect(schemas.at(-1)).toMatchObject({ name: 'builds', priorityLevel: 'builds' });
  });

  it('may not name a level that does not exist', () => {
    const files = { 'schemas.yaml': schema('builds', 'workload-lo') };
    const [problem] = problemsOf(scenarioText('flowControl: schemas.yaml'), {}, files);
    expect(problem?.code).toBe('P208');
    expect(problem?.details.nearest).toBe('workload-low');
  });
});

describe('the client of an operation', () => {
  it('that names a service account is in the groups of all accounts and of its namespace', () => {
    const operations = '    - createPods: { count: 1, client: { user: "system:serviceaccount:ci:runner" } }';
    const [operation] = load(scenarioText('', operations)).operations;
    expect(operation).toMatchObject({
      client: { groups: ['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated'] },
    });
  });
});
