/** spec.addons: what it accepts, and what operations need of it. */
import { describe, expect, it } from 'vitest';
import { addonRegistry } from '../../src/components/addons/index.ts';
import { load } from './support.ts';

const scenario = (spec: string, operations = '    - createNodes: { count: 1, preload: true }') =>
  load(`# ?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: addons }
spec:
  until: 1m
${spec === '' ? '' : `  ${spec}\n`}  operations:
${operations}
`);

describe('spec.addons', () => {
  it('takes every add-on of the registry without a setting, in the order of the registry', () => {
    const names = Object.keys(addonRegistry);
    const written = names.toReversed().map((name) => `${name}: {}`);
    expect(scenario(`addons: { ${written.join(', ')} }`).addons).toEqual(names.map((name) => ({ name, settings: {} })));
    expect(scenario('').addons).toEqual([]);
  });

  it('takes settings by their type and range, and names what there is', () => {
    expect(scenario('addons: { coredns: { replicas: 3, autoscaler: linear } }').addons).toEqual([
      { name: 'coredns', settings: { replicas: 3, autoscaler: 'linear' } },
    ]);
    expect(() => scenario('addons: { coredns: { replicas: 0 } }')).toThrow(/P20\d/);
    expect(() => scenario('addons: { coredns: { autoscaler: vertical } }')).toThrow(/P20\d/);
    expect(() => scenario('addons: { coredns: { size: 3 } }')).toThrow(/P20\d/);
    expect(() => scenario('addons: { corends: {} }')).toThrow(/P20\d/);
  });

  it('is asked for by operations that need an add-on', () => {
    const query = '    - queryDns: { rate: 10/s, for: 1s }';
    expect(() => scenario('', query)).toThrow(/queryDns needs the add-on coredns/);
    expect(() => scenario('', '    - writeLogs: { bytesPerPod: 1k, for: 1s }')).toThrow(/needs the add-on logAgent/);
    expect(scenario('addons: { coredns: {} }', query).operations).toHaveLength(1);
  });

  it('has no place in a scheduling cell', () => {
    const jobs = '    - createNodes: { count: 1, preload: true }';
    expect(() => scenario('model: schedulingCell\n  addons: { cni: {} }', jobs)).toThrow(
      /no add-ons in model schedulingCell/,
    );
  });
});

describe('queryDns', () => {
  const refused = (query: string) => () => scenario('addons: { coredns: {} }', `    - queryDns: { ${query} }`);

  it('needs one pace and an end', () => {
    expect(refused('for: 1s')).toThrow(/no pace/);
    expect(refused('rate: 1/s, callers: 2, for: 1s')).toThrow(/both rate and callers/);
    expect(refused('callers: 2, arrivals: poisson, for: 1s')).toThrow(/have no arrivals/);
    expect(refused('rate: 1/s')).toThrow(/never ends/);
    expect(refused('rate: 1/s, for: 1s, services: nowhere')).toThrow(/no operation creates "nowhere"/);
  });
});
