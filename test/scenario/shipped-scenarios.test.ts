import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Files, loadScenario } from '../../src/scenario/index.ts';

const directory = path.join(import.meta.dirname, '../../scenarios');
const boutique = path.join(import.meta.dirname, '../../../shared/data/manifests/online-boutique.yaml');
const names = readdirSync(directory).filter((name) => name.endsWith('.yaml'));

const files: Files = {
  readText: (file) => readFileSync(file, 'utf8'),
  resolve: (from, relative) => path.resolve(path.dirname(from), relative),
};

describe('the scenarios that come with the program', () => {
  it.each(names)('%s loads, and its first comment is the question', (name) => {
    const scenario = loadScenario(files, path.join(directory, name));
    expect(scenario.name).toBe(name.replace('.yaml', ''));
    expect(scenario.question).toMatch(/\?$|\?\s/);
    expect(scenario.objectives.length).toBeGreaterThan(0);
    expect(
      scenario.operations.some((operation) => 'measure' in operation && operation.measure) ||
        scenario.warmUp > 0 ||
        name === 'node-failure.yaml',
    ).toBe(true);
  });

  it('are plain data, so that they cross to a worker as they are', () => {
    for (const name of names) {
      const scenario = loadScenario(files, path.join(directory, name));
      expect(structuredClone(scenario)).toEqual(scenario);
    }
  });

  it('the shop applies with all its kinds, and what has no effect is named', () => {
    const scenario = loadScenario(files, path.join(directory, 'online-boutique.yaml'));
    const apply = scenario.operations.find((operation) => operation.kind === 'apply');
    expect(new Set(apply?.intents.map((intent) => intent.kind))).toEqual(
      new Set(['ConfigMap', 'ServiceAccount', 'Deployment', 'Service']),
    );
    expect(apply?.intents.flatMap((intent) => (intent.kind === 'Deployment' ? [intent.replicas] : []))).toEqual(
      Array(9).fill(20),
    );
    expect(scenario.acceptedWithoutEffect).toContain('Deployment spec.template.spec.securityContext');
    expect(scenario.acceptedWithoutEffect.filter((field) => field.includes('unknown field'))).toEqual([]);
  });

  it.skipIf(!existsSync(boutique))(
    'online-boutique takes the real Online Boutique by --set (skipped where its manifests are not beside the project)',
    () => {
      const scenario = loadScenario(files, path.join(directory, 'online-boutique.yaml'), {
        sets: [['manifests', boutique]],
      });
      const apply = scenario.operations.find((operation) => operation.kind === 'apply');
      const deployments = apply?.intents.filter((intent) => intent.kind === 'Deployment') ?? [];
      expect(deployments.map((intent) => intent.name)).toContain('recommendationservice');
      expect(deployments).toHaveLength(12);
      expect(scenario.acceptedWithoutEffect).toEqual([
        'Deployment spec.template.metadata.annotations',
        'Deployment spec.template.spec.containers[].env',
        'Deployment spec.template.spec.containers[].securityContext',
        'Deployment spec.template.spec.containers[].volumeMounts',
        'Deployment spec.template.spec.initContainers[].command',
        'Deployment spec.template.spec.initContainers[].env',
        'Deployment spec.template.spec.initContainers[].securityContext',
        'Deployment spec.template.spec.securityContext',
        'Deployment spec.template.spec.volumes[].emptyDir',
      ]);
    },
  );
});
