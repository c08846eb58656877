/** Finalizers, as users set them and take them off. */
import { describe, expect, it } from 'vitest';
import { kinds, NO_VERSION } from '../../src/cluster/index.ts';
import { ClusterWorld } from '../components/cluster-world.ts';
import { load, scenarioText } from './support.ts';

const PROTECTED_CONFIG_MAP = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, finalizers: [example.com/backup, example.com/audit] }
data: { a: b }
`;

/** Objects of a kind that are there, and how many of them are being deleted. */
function count(world: ClusterWorld, kind: typeof kinds.pods | typeof kinds.configmaps, prefix: string) {
  const { store } = world.cluster;
  let there = 0;
  let terminating = 0;
  store.forEachCurrent(kind, (key) => {
    if (!world.tables.keysOf(kind).name(key).startsWith(prefix)) return;
    there++;
    const version = store.current(kind, key);
    if (version !== NO_VERSION && world.tables.of(kind).deletedAt.get(version) >= 0) terminating++;
  });
  return { there, terminating };
}

describe('finalizers of a scenario', () => {
  it('hold deleted pods back, though their containers have stopped, until removeFinalizers releases them', () => {
    const world = new ClusterWorld({
      spec: 'parameters: { kubelet.imagesPresent: true }',
      operations: `
    - createNodes: { count: 2, preload: true }
    - createPods: { name: held, count: 4, finalizers: [example.com/hold], terminationGracePeriod: 1s }
    - createPods: { name: free, count: 4, terminationGracePeriod: 1s }
    - delete: { pods: all }
    - removeFinalizers: { resource: pods, objects: held, finalizers: [example.com/hold] }`,
    });
    world.perform();
    world.runFor(20);
    world.perform();
    world.runFor(20);
    world.perform();
    world.runFor(60);
    expect(count(world, kinds.pods, 'free')).toEqual({ there: 0, terminating: 0 });
    expect(count(world, kinds.pods, 'held')).toEqual({ there: 4, terminating: 4 });
    world.perform();
    world.runFor(5);
    expect(count(world, kinds.pods, 'held')).toEqual({ there: 0, terminating: 0 });
  });

  it('come from manifests as well, and an object goes only with the last of them', () => {
    const world = new ClusterWorld({
      operations: `
    - apply: { manifests: protected.yaml }
    - delete: { configmaps: settings }
    - removeFinalizers: { resource: configmaps, objects: settings, finalizers: [example.com/backup] }
    - removeFinalizers: { resource: configmaps, objects: settings, finalizers: [example.com/audit] }`,
      files: { 'protected.yaml': PROTECTED_CONFIG_MAP },
    });
    const states: unknown[] = [];
    for (let step = 0; step < 4; step++) {
      world.perform();
      world.runFor(3);
      states.push(count(world, kinds.configmaps, 'settings'));
    }
    const held = { there: 1, terminating: 1 };
    expect(states).toEqual([{ there: 1, terminating: 0 }, held, held, { there: 0, terminating: 0 }]);
  });

  it('are part of preloaded objects', () => {
    const world = new ClusterWorld({
      operations: `
    - createObjects: { resource: configmaps, name: kept, count: 3, finalizers: [example.com/hold], preload: true }
    - delete: { configmaps: kept }`,
    });
    world.perform();
    world.runFor(3);
    expect(count(world, kinds.configmaps, 'kept')).toEqual({ there: 3, terminating: 3 });
  });

  it('of templates belong to the pods, and equal templates with other finalizers are others', () => {
    const text = scenarioText(
      '',
      [
        '    - createDeployment: { name: a, replicas: 1, labels: { app: x }, finalizers: [example.com/hold] }',
        '    - createDeployment: { name: b, replicas: 1, labels: { app: x } }',
      ].join('\n'),
    );
    const { operations, templates } = load(text);
    expect(operations).toHaveLength(2);
    expect(templates.map(({ template }) => template.finalizers)).toEqual([['example.com/hold'], undefined]);
  });

  it('are at most 31 different ones in a scenario, which is said', () => {
    const names = Array.from({ length: 32 }, (_, i) => `example.com/f${i}`).join(', ');
    const text = scenarioText('', `    - createObjects: { resource: secrets, count: 1, finalizers: [${names}] }`);
    expect(() => load(text)).toThrow('the scenario names 32 different finalizers');
  });
});
