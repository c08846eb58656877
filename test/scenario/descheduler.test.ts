/** spec.descheduler: how it is written, and what is said where it is wrong. */
import { describe, expect, it } from 'vitest';
import { seconds } from '../../src/units/index.ts';
import { load, scenarioText } from './support.ts';
import { describeWrongScenarios } from './wrong-scenario.ts';

const inCell = (...lines: string[]) => scenarioText(['model: schedulingCell', 'descheduler:', ...lines].join('\n'));

describe('a descheduler', () => {
  it('has its plugins in the order in which they are written, and its own settings with all defaults', () => {
    const { descheduler } = load(
      inCell(
        '  settings: { deschedulingInterval: 2m, nodeFit: true }',
        '  plugins:',
        '    - name: RemoveDuplicates',
        '    - { name: LowNodeUtilization, settings: { cpu: 30, targetCpu: 70 } }',
      ),
    );
    expect(descheduler?.plugins).toEqual([
      { name: 'RemoveDuplicates', settings: {} },
      { name: 'LowNodeUtilization', settings: { cpu: 30, targetCpu: 70 } },
    ]);
    expect(descheduler?.settings).toMatchObject({
      deschedulingInterval: seconds(120),
      nodeFit: true,
      maxNoOfPodsToEvictPerNode: 0,
      priorityThreshold: 2_000_000_000,
    });
  });
});

describeWrongScenarios([
  {
    name: 'an unknown plugin of the descheduler',
    text: inCell('  plugins: [{ name: LowNodeUtilisation }]'),
    code: 'P208',
    at: 'scenario.yaml:9:23',
    nearest: 'LowNodeUtilization',
  },
  {
    name: 'an unknown setting of a plugin',
    text: inCell('  plugins: [{ name: HighNodeUtilization, settings: { cpus: 20 } }]'),
    code: 'P208',
    at: 'scenario.yaml:9:62',
    nearest: 'cpu',
  },
  {
    name: 'a threshold beyond 100 %',
    text: inCell('  plugins: [{ name: HighNodeUtilization, settings: { cpu: 120 } }]'),
    code: 'P206',
    at: 'scenario.yaml:9:61',
  },
]);
