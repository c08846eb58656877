/** PriorityClasses: what admission makes of a pod that names one, or none. */
import { expect, it } from 'vitest';
import type { PodTemplate } from '../../../src/cluster/index.ts';
import { ClusterWorld } from '../cluster-world.ts';

const classes = [
  '{ apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: { name: high }, value: 1000 }',
  '{ apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: { name: meek }, value: 10, preemptionPolicy: Never }',
];
const globalDefault =
  '{ apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: { name: usual }, value: 5, globalDefault: true }';

/** Applies classes, creates a pod described so; priority and policy as it is stored, undefined = it was refused. */
function stored(pod: string, documents: readonly string[], preload = false): [number, string] | undefined {
  const world = new ClusterWorld({
    operations: `
    - createNodes: { count: 1, preload: true }
    - apply: { manifests: classes.yaml, preload: ${preload} }
    - createPods: { name: p, count: 1, ${pod}, preload: ${preload} }`,
    files: { 'classes.yaml': documents.join('\n---\n') },
  });
  if (!preload) {
    world.perform();
    world.runFor(2);
    world.perform();
    world.runFor(2);
  }
  const [key] = world.podKeys();
  if (key === undefined) {
    expect(world.of('POST pods').map(({ code }) => code)).toEqual([403]);
    return undefined;
  }
  const { priority, preemptionPolicy } = world.tables.pods.template.get(world.pod(key)) as PodTemplate;
  return [priority, preemptionPolicy ?? 'PreemptLowerPriority'];
}

it.each([
  ['priorityClassName: high', [1000, 'PreemptLowerPriority']],
  ['priorityClassName: meek', [10, 'Never']],
  ['priorityClassName: system-node-critical', [2_000_001_000, 'PreemptLowerPriority']],
  ['priorityClassName: high, priority: 1000', [1000, 'PreemptLowerPriority']],
  ['priorityClassName: high, priority: 7', undefined],
  ['priorityClassName: meek, preemptionPolicy: PreemptLowerPriority', undefined],
  ['priorityClassName: nobody', undefined],
  ['priority: 7, preemptionPolicy: Never', [7, 'Never']],
  ['labels: {}', [0, 'PreemptLowerPriority']],
])('a pod of %s is stored with %j', (pod, expected) => {
  expect(stored(pod, classes)).toEqual(expected);
});

it('a pod that names no class gets the global default, one with a priority of its own keeps it', () => {
  expect(stored('labels: {}', [...classes, globalDefault])).toEqual([5, 'PreemptLowerPriority']);
  expect(stored('priority: 7', [...classes, globalDefault])).toEqual([7, 'PreemptLowerPriority']);
});

it('a preloaded pod has the priority that admission would have given it', () => {
  expect(stored('priorityClassName: meek', classes, true)).toEqual([10, 'Never']);
});
