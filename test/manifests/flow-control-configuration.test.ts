import { describe, expect, it } from 'vitest';
import { AcceptedFields, readFlowControlManifests } from '../../src/manifests/index.ts';
import { problemsOf } from './support.ts';

const read = (text: string, accepted = new AcceptedFields()) => readFlowControlManifests('levels.yaml', text, accepted);

function level(limited: string, name = 'builds', type = 'Limited'): string {
  return [
    'apiVersion: flowcontrol.apiserver.k8s.io/v1',
    'kind: PriorityLevelConfiguration',
    `metadata: { name: ${name} }`,
    'spec:',
    `  type: ${type}`,
    `  limited: ${limited}`,
    '',
  ].join('\n');
}

function schema(spec: string, name = 'builds'): string {
  const head = 'apiVersion: flowcontrol.apiserver.k8s.io/v1\nkind: FlowSchema\n';
  return `${head}metadata: { name: ${name} }\nspec:\n  priorityLevelConfiguration: { name: builds }\n${spec}`;
}

describe('a PriorityLevelConfiguration', () => {
  it('gets the defaults of the API server', () => {
    const { levels } = read(level('{ limitResponse: { type: Queue } }'));
    expect(levels).toEqual([
      {
        name: 'builds',
        exempt: false,
        shares: 30,
        lendablePercent: 0,
        borrowingLimitPercent: null,
        queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 },
      },
    ]);
  });

  it('has no queues if it rejects', () => {
    const [read1] = read(level('{ nominalConcurrencyShares: 7, borrowingLimitPercent: 0, limitResponse: {} }')).levels;
    expect(read1).toMatchObject({ shares: 7, borrowingLimitPercent: 0, queuing: null });
  });

  it.each([
    [
      'a hand larger than the deck',
      level('{ limitResponse: { type: Queue, queuing: { queues: 4, handSize: 5 } } }'),
      '5 queues are dealt of 4',
    ],
    [
      'more hands than hashes',
      level('{ limitResponse: { type: Queue, queuing: { queues: 1000, handSize: 8 } } }'),
      'more hands than a hash',
    ],
    ['a share that cannot be lent', level('{ lendablePercent: 101, limitResponse: {} }'), '101 is not allowed'],
    [
      'queues of a level that rejects',
      level('{ limitResponse: { type: Reject, queuing: {} } }'),
      'a level that rejects',
    ],
    ['another exempt level', level('{ limitResponse: {} }', 'vip', 'Exempt'), 'no other one, is of type Exempt'],
    ['the level of the last resort', level('{ limitResponse: {} }', 'catch-all'), 'cannot be changed'],
    ['another kind', 'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n', '"Pod" is no part of flow control'],
  ])('may not be %s', (_, text, message) => {
    expect(problemsOf(() => read(text)).join('\n')).toContain(message);
  });
});

describe('a FlowSchema', () => {
  it('reads subjects and rules; rules for URLs that are no resources have no effect, and are named', () => {
    const accepted = new AcceptedFields();
    const { schemas } = read(
      schema(
        [
          '  distinguisherMethod: { type: ByNamespace }',
          '  rules:',
          '    - subjects:',
          '        - { kind: ServiceAccount, serviceAccount: { namespace: ci, name: "*" } }',
          '        - { kind: User, user: { name: alice } }',
          '      resourceRules:',
          '        - { verbs: [list], apiGroups: [""], resources: [pods], namespaces: [ci] }',
          '      nonResourceRules: [{ verbs: [get], nonResourceURLs: [/metrics] }]',
          '',
        ].join('\n'),
      ),
      accepted,
    );
    expect(schemas).toEqual([
      {
        name: 'builds',
        priorityLevel: 'builds',
        matchingPrecedence: 1000,
        distinguisher: 'ByNamespace',
        rules: [
          {
            subjects: [
              { kind: 'ServiceAccount', namespace: 'ci', name: '*' },
              { kind: 'User', namespace: '', name: 'alice' },
            ],
            resourceRules: [
              { verbs: ['list'], apiGroups: [''], resources: ['pods'], namespaces: ['ci'], clusterScope: false },
            ],
          },
        ],
      },
    ]);
    expect(accepted.list().join()).toContain('nonResourceRules');
  });

  it.each([
    [
      'match nothing',
      '  rules: [{ resourceRules: [{ verbs: [get], apiGroups: [""], resources: [pods] }] }]\n',
      'the rule matches nothing',
    ],
    ['come before the first', '  matchingPrecedence: 0\n', '0 is not allowed'],
    ['have a subject without a name', '  rules: [{ subjects: [{ kind: Group, group: {} }] }]\n', 'name is missing'],
  ])('may not %s', (_, spec, message) => {
    expect(problemsOf(() => read(schema(spec))).join('\n')).toContain(message);
  });
});
