import { describe, expect, it } from 'vitest';
import { loadScenarioSource, profiles, resolveScenario, resolveVariant } from '../../src/scenario/index.ts';
import { parametersByPath } from '../../src/scenario/parameter-schema.ts';
import { profileValues } from '../../src/scenario/resolve-parameters.ts';
import { seconds } from '../../src/units/index.ts';
import { load, memoryFiles, problemsOf, scenarioText } from './support.ts';

describe('values of parameters', () => {
  const text = scenarioText('profile: [host-4-core, host-16-core]\nparameters: { etcd.members: 5 }');

  it('are the defaults where nobody says otherwise', () => {
    const { parameters, overrides } = load(scenarioText(''));
    expect(parameters.etcd?.members).toBe(3);
    expect(overrides).toEqual([]);
  });

  it('come from the profiles from left to right, then the scenario, then --set, then the variant', () => {
    expect(load(text).parameters.host?.controlPlaneCores).toBe(16);
    const sets = [
      ['host.controlPlaneCores', '32'],
      ['etcd.members', '1'],
    ] as const;
    expect(load(text, { sets }).parameters).toMatchObject({ host: { controlPlaneCores: 32 }, etcd: { members: 1 } });
    expect(load(text, { sets, values: { 'etcd.members': 7 } }).parameters.etcd?.members).toBe(7);
  });

  it('are recorded with who changed them', () => {
    expect(
      load(text, { sets: [['kubeApiserver.replicas', '3']], values: { 'etcd.walSyncPerByte': 1 } }).overrides,
    ).toEqual([
      { path: 'etcd.members', value: 5, default: 3, origin: 'scenario' },
      { path: 'etcd.walSyncPerByte', value: 1, default: 0.4, origin: 'variant' },
      { path: 'host.controlPlaneCores', value: 16, default: 8, origin: 'profile host-16-core' },
      { path: 'kubeApiserver.replicas', value: 3, default: 1, origin: '--set' },
    ]);
  });

  it('are not recorded where they are set to their default', () => {
    expect(load(scenarioText('parameters: { etcd.members: 3 }')).overrides).toEqual([]);
  });

  it('may be durations, quantities, switches and distributions', () => {
    const { parameters } = load(
      scenarioText(
        [
          'parameters:',
          '  etcd.heartbeatInterval: 250ms',
          '  objectSize.node: 20Ki',
          '  host.stackedEtcd: false',
          '  etcd.walSync: 2ms',
          '  etcd.walStall: { distribution: gamma, shape: 2, mean: 5ms }',
        ].join('\n'),
      ),
    );
    expect(parameters.host?.stackedEtcd).toBe(false);
    expect(parameters.objectSize?.node).toBe(20 * 1024);
    expect(parameters.etcd).toMatchObject({
      heartbeatInterval: 250e6,
      walSync: { distribution: 'constant', value: 2e6 },
      walStall: { distribution: 'gamma', shape: 2, mean: 5e6 },
    });
  });

  it('may be samples in a file beside the scenario', () => {
    const { parameters } = load(
      scenarioText('parameters: { etcd.walSync: { empirical: ./fsync.txt } }'),
      {},
      { 'fsync.txt': '# measured\n1ms\n2.5ms\n\n400us\n' },
    );
    expect(parameters.etcd?.walSync).toEqual({ distribution: 'empirical', values: [1e6, 2.5e6, 4e5] });
  });
});

describe('every profile', () => {
  it.each(Object.keys(profiles))('%s sets parameters that exist, to values that they take', (name) => {
    for (const path of Object.keys(profileValues(name))) expect(parametersByPath.has(path)).toBe(true);
    expect(profiles[name]?.source).not.toBe('');
    expect(load(scenarioText(`profile: ${name}`)).profiles).toEqual([name]);
  });
});

describe('PATHs', () => {
  const text = scenarioText('params: { nodes: 3, zone: a }', '    - createNodes: { count: $nodes, zones: [$zone] }');
  const nodesOf = (sets: readonly (readonly [string, string])[]) => load(text, { sets }).operations[0];

  it('name declared params, with values read as YAML', () => {
    expect(
      nodesOf([
        ['nodes', '7'],
        ['zone', 'b'],
      ]),
    ).toMatchObject({ count: 7, zones: ['b'] });
  });

  it('name any value below spec, with indices in brackets or between dots', () => {
    expect(nodesOf([['spec.operations[0].createNodes.count', '8']])).toMatchObject({ count: 8 });
    expect(nodesOf([['spec.operations.0.createNodes.zones', '[x, y]']])).toMatchObject({ zones: ['x', 'y'] });
    expect(load(text, { sets: [['spec.warmUp', '30s']] }).warmUp).toBe(seconds(30));
  });

  it('name settings of a scheduler, also of the default one', () => {
    const [scheduler] = load(text, {
      values: { 'schedulers.default-scheduler.settings.scoring': 'MostAllocated' },
    }).schedulers;
    expect(scheduler?.settings).toEqual({ scoring: 'MostAllocated' });
    expect(scheduler?.configuration.profiles[0]?.arguments.nodeResourcesFit.strategy).toBe('MostAllocated');
  });

  it.each([
    ['node', 'nodes'],
    ['etcd.member', 'etcd.members'],
    ['schedulers.default-schedular.settings.scoring', 'default-scheduler'],
    ['spec.operations[5].createNodes.count', undefined],
    ['spec.operatons', 'operations'],
  ])('that lead nowhere (%s) are P103 with the nearest name', (path, nearest) => {
    const [problem] = problemsOf(text, { sets: [[path, '3']] });
    expect([problem?.code, problem?.details.nearest, problem?.details.position]).toEqual(['P103', nearest, undefined]);
  });

  it('with a value that is refused say where the value came from', () => {
    const [problem] = problemsOf(text, { sets: [['nodes', '-5']] });
    expect(problem?.details.message).toBe('-5 is out of range (from $nodes, --set nodes=-5)');
    expect(problem?.details.position).toEqual({ file: 'scenario.yaml', line: 9, column: 29 });
    const [other] = problemsOf(text, { sets: [['etcd.members', 'many']] });
    expect([other?.details.path, other?.details.position]).toEqual(['spec.parameters["etcd.members"]', undefined]);
    expect(other?.details.message).toContain('--set etcd.members=many');
  });

  it('with --until and --replications', () => {
    expect(load(text, { until: '90s', replications: 4 })).toMatchObject({ until: seconds(90), replications: 4 });
    expect(problemsOf(text, { until: 'soon' })[0]?.details.message).toContain('--until soon');
  });
});

describe('params', () => {
  it('keep the type of their value, may use each other, and are cut into texts', () => {
    const scenario = load(
      scenarioText(
        'params: { size: 4, count: $size, app: web, zones: [a, b] }',
        `    - createNodes: { count: $count, zones: $zones }\n    - createPods: { name: "$app-$\{app}x", count: $count }`,
      ),
    );
    expect(scenario.operations).toMatchObject([
      { count: 4, zones: ['a', 'b'] },
      { name: 'web-webx', count: 4 },
    ]);
    expect(scenario.params).toEqual({ size: 4, count: 4, app: 'web', zones: ['a', 'b'] });
  });

  it('leave a doubled dollar sign alone', () => {
    const { operations } = load(scenarioText('', '    - createPods: { count: 1, image: registry/$$app }'));
    expect(operations).toMatchObject([{ template: { containers: [{ image: 'registry/$app' }] } }]);
  });
});

describe('one source', () => {
  it('is resolved for every point of a sweep without reading a file again', () => {
    let reads = 0;
    const inMemory = memoryFiles({
      'scenario.yaml': scenarioText(
        'params: { n: 1 }',
        '    - apply: { manifests: pod.yaml, replicas: { scale: $n } }',
      ),
      'pod.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a, image: a:1 }] }\n',
    });
    const count = (file: string) => {
      reads++;
      return inMemory.readText(file);
    };
    const source = loadScenarioSource({ ...inMemory, readText: count }, 'scenario.yaml');
    for (const n of [1, 2, 3]) expect(resolveVariant(source, { n }).params).toEqual({ n });
    expect(resolveScenario(source).params).toEqual({ n: 1 });
    expect(reads).toBe(2);
  });

  it('tells the question from the line that names the schema', () => {
    const text = `# yaml-language-server: $schema=x\n# How long?\n# And why?\n\n# An aside.\n${scenarioText('')}`;
    expect(load(text).question).toBe('How long? And why?');
    expect(load(scenarioText('').replace('# A question?\n', '')).question).toBe('');
  });
});

describe('files that --set names', () => {
  const text = scenarioText('params: { file: ./a.yaml }', '    - apply: { manifests: $file }');
  const pod = (name: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { containers: [{ name: a, image: a:1 }] }\n`;

  it('are looked for beside the scenario, then from the working directory', () => {
    const files = { 'scenarios/s.yaml': text, 'scenarios/a.yaml': pod('a'), 'shop/b.yaml': pod('b') };
    const source = loadScenarioSource(memoryFiles(files), 'scenarios/s.yaml');
    const applied = (sets: readonly (readonly [string, string])[]) => resolveScenario(source, { sets }).operations[0];
    expect(applied([])).toMatchObject({ intents: [{ name: 'a' }] });
    expect(applied([['file', '../shop/b.yaml']])).toMatchObject({ intents: [{ name: 'b' }] });
    expect(applied([['file', 'shop/b.yaml']])).toMatchObject({ intents: [{ name: 'b' }] });
  });
});
