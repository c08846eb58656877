/** PriorityClasses and PodDisruptionBudgets from YAML. */
import { expect, it } from 'vitest';
import { podText, problemsOf, read, readOne } from './support.ts';

const priorityClass = (fields: string) =>
  `apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: { name: high }\n${fields}\n`;
const budget = (spec: string) =>
  `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: b, namespace: shop }\nspec: { ${spec} }\n`;

it('a PriorityClass is read with its defaults', () => {
  const { name, namespace, content } = readOne('PriorityClass', priorityClass('value: 7\ndescription: x'));
  expect({ name, namespace, content }).toEqual({
    name: 'high',
    namespace: '',
    content: { value: 7, globalDefault: false, preemptionPolicy: 'PreemptLowerPriority' },
  });
});

it('a budget is read with its selector and one bound', () => {
  const text = budget('minAvailable: 50%, selector: { matchLabels: { app: web } }');
  expect(readOne('PodDisruptionBudget', text).budget).toEqual({
    minAvailable: '50%',
    selector: [{ key: 'app', operator: 'In', values: ['web'] }],
  });
});

it('a pod may say of itself that it preempts nobody', () => {
  const { template } = readOne('Pod', podText('containers: [{ name: a, image: a:1 }]', 'preemptionPolicy: Never'));
  expect(template).toMatchObject({ preemptionPolicy: 'Never', priorityClassName: '' });
});

it.each([
  ['a class without value', priorityClass('globalDefault: true'), 'value is missing'],
  ['a class above the highest priority', priorityClass('value: 1000000001'), '1000000001 is not allowed'],
  ['a budget with both bounds', budget('minAvailable: 1, maxUnavailable: 1'), 'exclude each other'],
  ['a budget with half a pod', budget('minAvailable: 1.5'), '1.5 is not allowed'],
])('%s is refused', (_, text, message) => {
  expect(problemsOf(() => read(text)).join()).toContain(message);
});
