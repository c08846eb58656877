/** Scenarios that are wrong as files, or at their head. */
import { describe, expect, it } from 'vitest';
import { DIRECTORY, problemsOf, scenarioText, whereOf } from './support.ts';
import { describeWrongScenarios } from './wrong-scenario.ts';

describeWrongScenarios([
  // Files and YAML.
  { name: 'an empty file', text: '', code: 'P205', at: 'scenario.yaml:1:1', fix: 'quickstart' },
  { name: 'a file of comments', text: '# only a question?\n', code: 'P205', at: 'scenario.yaml:1:1', message: 'empty' },
  { name: 'a text instead of a map', text: 'hello\n', code: 'P204', at: 'scenario.yaml:1:1', expected: 'a map' },
  {
    name: 'two documents',
    text: `${scenarioText('')}---\n${scenarioText('')}`,
    code: 'P202',
    at: 'scenario.yaml:11:1',
    message: 'several documents',
  },
  {
    name: 'a tab as indentation',
    text: 'apiVersion: plimsoll.dev/v1\nspec:\n\tuntil: 5m\n',
    code: 'P202',
    at: 'scenario.yaml:3:1',
    fix: 'spaces',
  },
  {
    name: 'a list that is not closed',
    text: scenarioText('profile: [scale-test'),
    code: 'P202',
    at: 'scenario.yaml:8:3',
  },
  {
    name: 'a key given twice',
    text: scenarioText('warmUp: 1m\nwarmUp: 2m'),
    code: 'P202',
    at: 'scenario.yaml:8:3',
    message: 'twice',
    fix: 'keep one',
  },
  {
    name: 'an alias without anchor',
    text: scenarioText('warmUp: *none'),
    code: 'P202',
    at: 'scenario.yaml:7:11',
    message: 'none',
  },
  {
    name: 'a bomb of aliases',
    text: scenarioText(
      [
        'params:',
        '  a: &a [x, x, x, x, x, x, x, x, x]',
        ...[...'bcdefgh'].map((name, i) => `  ${name}: &${name} [${Array(9).fill(`*${'abcdefg'[i]}`).join(', ')}]`),
      ].join('\n'),
    ),
    code: 'P202',
    at: 'scenario.yaml:9:12',
    message: 'aliases',
    fix: 'write the values out',
  },
  // The head.
  {
    name: 'a wrong apiVersion',
    text: scenarioText('').replace('plimsoll.dev/v1', 'plimsol.dev/v1'),
    code: 'P208',
    at: 'scenario.yaml:2:13',
    path: 'apiVersion',
    nearest: 'plimsoll.dev/v1',
  },
  {
    name: 'a wrong kind',
    text: scenarioText('').replace('kind: Scenario', 'kind: Deployment'),
    code: 'P208',
    at: 'scenario.yaml:3:7',
    path: 'kind',
    expected: 'Scenario',
  },
  {
    name: 'no name',
    text: scenarioText('').replace('{ name: test }', '{}'),
    code: 'P205',
    at: 'scenario.yaml:4:11',
    path: 'metadata.name',
  },
  {
    name: 'a name with blanks',
    text: scenarioText('').replace('{ name: test }', '{ name: My test }'),
    code: 'P204',
    at: 'scenario.yaml:4:19',
    path: 'metadata.name',
    expected: 'lower-case',
  },
  {
    name: 'no end',
    text: scenarioText('').replace('  until: 10m\n', ''),
    code: 'P205',
    at: 'scenario.yaml:6:3',
    path: 'spec.until',
    expected: 'duration',
  },
  {
    name: 'no operations',
    text: scenarioText('', '    []'),
    code: 'P205',
    at: 'scenario.yaml:8:5',
    path: 'spec.operations',
  },
  {
    name: 'a misspelt key of spec',
    text: scenarioText('replicatons: 3'),
    code: 'P203',
    at: 'scenario.yaml:7:3',
    path: 'spec.replicatons',
    nearest: 'replications',
  },
]);

describe('many mistakes in one file', () => {
  it('are reported at once, in the order of the file', () => {
    const text = scenarioText(
      'replicatons: 3\nwarmUp: 10 minutes\nprofile: [nope]',
      '    - createNodes: { count: -1 }\n    - creatPods: {}',
    );
    expect(problemsOf(text).map((problem) => [problem.code, whereOf(problem)])).toEqual([
      ['P203', 'scenario.yaml:7:3'],
      ['P204', 'scenario.yaml:8:11'],
      ['P208', 'scenario.yaml:9:13'],
      ['P206', 'scenario.yaml:11:29'],
      ['P203', 'scenario.yaml:12:7'],
    ]);
  });

  it('read like this', () => {
    const text = scenarioText('params: { nodes: 3 }', '    - createNodes: { count: $nodse }');
    expect(problemsOf(text)[0]?.format()).toBe(
      [
        'scenario.yaml:9:29: error P207: $nodse is not declared',
        '  at:       spec.operations[0].createNodes.count',
        '  expected: one of $nodes',
        '  nearest:  $nodes',
        '  fix:      declare it under spec.params ("nodse: <value>"), or write $$ for a plain dollar sign',
      ].join('\n'),
    );
  });
});

describe('a scenario file that cannot be read', () => {
  it('is named', () => {
    const [problem] = problemsOf('', {}, { 'scenario.yaml': DIRECTORY });
    expect(problem?.code).toBe('P201');
    expect(problem?.details.message).toBe('scenario.yaml is a directory, not a file');
  });
});
