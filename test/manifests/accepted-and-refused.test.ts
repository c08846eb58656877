import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { deploymentText, podText, problemsOf, read } from './support.ts';

describe('fields without effect', () => {
  it('are named once each, with their path and without indices', () => {
    const text = deploymentText(
      ['paused: true'],
      [
        'securityContext: { runAsUser: 1 }',
        'containers:',
        '  - { name: a, image: a:1, env: [{ name: X, value: "1" }] }',
        '  - { name: b, image: b:1, env: [] , command: [sh] }',
      ],
    );
    expect(read(`${text}---\n${text}`).accepted).toEqual([
      'Deployment spec.paused',
      'Deployment spec.template.spec.containers[].command',
      'Deployment spec.template.spec.containers[].env',
      'Deployment spec.template.spec.securityContext',
    ]);
  });

  it('are told from fields that Kubernetes does not have', () => {
    expect(read(podText('containers: [{ name: a, image: a:1, imagePolicy: Always }]', 'nodePool: x')).accepted).toEqual(
      ['Pod spec.containers[].imagePolicy (unknown field)', 'Pod spec.nodePool (unknown field)'],
    );
  });

  it('are not those that are null, as in Kubernetes', () => {
    expect(read(podText('containers: [{ name: a, image: a:1, command: null }]', 'affinity: null')).accepted).toEqual(
      [],
    );
  });
});

describe('manifests that the API server would refuse', () => {
  const pod = (...spec: string[]) => problemsOf(() => read(podText(...spec)));
  const deployment = (spec: string[], podSpec?: string[]) => problemsOf(() => read(deploymentText(spec, podSpec)));

  it.each([
    [
      'no object',
      () => problemsOf(() => read('# nothing\n')),
      'P301 shop.yaml:1:1 : there is no Kubernetes object in the file',
    ],
    ['a list', () => problemsOf(() => read('- a\n')), 'P301 shop.yaml:1:1 : ["a"] is not a map'],
    [
      'an object without kind',
      () => problemsOf(() => read('apiVersion: v1\n')),
      'P301 shop.yaml:1:1 : kind is missing',
    ],
    [
      'a kind under another apiVersion',
      () => problemsOf(() => read(deploymentText().replace('apps/v1', 'v1'))),
      'P301 shop.yaml:1:13 apiVersion: Deployment is not served under apiVersion "v1"',
    ],
    [
      'a kind that cannot be applied yet',
      () => problemsOf(() => read('apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: a }\n')),
      'P302 shop.yaml:2:7 kind: StatefulSet cannot be applied yet',
    ],
    [
      'an object without name',
      () => problemsOf(() => read('apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n')),
      'P303 shop.yaml:3:11 ConfigMap metadata.name: name is missing',
    ],
    [
      'a pod without containers',
      () => pod('containers: []'),
      'P303 shop.yaml:5:15 Pod spec.containers: a pod needs at least one container',
    ],
    [
      'two containers of one name',
      () => pod('containers: [{ name: a, image: a:1 }, { name: a, image: b:1 }]'),
      'P303 shop.yaml:5:49 Pod spec.containers[1].name: there are two containers named "a"',
    ],
    [
      'a quantity with a unit of another world',
      () => pod('containers: [{ name: a, image: a:1, resources: { requests: { memory: 500mb } } }]'),
      'P303 shop.yaml:5:72 Pod spec.containers[0].resources.requests.memory: "500mb" is not a quantity of bytes',
    ],
    [
      'a request above its limit',
      () => pod('containers: [{ name: a, image: a:1, resources: { requests: { cpu: 2 }, limits: { cpu: 1 } } }]'),
      'P303 shop.yaml:5:62 Pod spec.containers[0].resources.requests: the cpu request is above its limit',
    ],
    [
      'a probe without handler',
      () => pod('containers: [{ name: a, image: a:1, readinessProbe: { periodSeconds: 5 } }]'),
      'P303 shop.yaml:5:55 Pod spec.containers[0].readinessProbe.httpGet: the probe has no handler',
    ],
    [
      'a port beyond the last',
      () => pod('containers: [{ name: a, image: a:1, ports: [{ containerPort: 70000 }] }]'),
      'P303 shop.yaml:5:64 Pod spec.containers[0].ports[0].containerPort: 70000 is not allowed',
    ],
    [
      'a misspelt policy',
      () => pod('containers: [{ name: a, image: a:1 }]', 'restartPolicy: Allways'),
      'P303 shop.yaml:6:18 Pod spec.restartPolicy: "Allways" is not known (Always)',
    ],
    [
      'a number as a label',
      () => pod('containers: [{ name: a, image: a:1 }]', 'nodeSelector: { tier: 1 }'),
      'P303 shop.yaml:6:25 Pod spec.nodeSelector.tier: 1 is not a text',
    ],
    [
      'a toleration of everything without saying so',
      () => pod('containers: [{ name: a, image: a:1 }]', 'tolerations: [{ effect: NoExecute }]'),
      'P303 shop.yaml:6:17 Pod spec.tolerations[0].operator: a toleration without key must have operator Exists',
    ],
    [
      'negative replicas',
      () => deployment(['replicas: -1']),
      'P303 shop.yaml:6:13 Deployment spec.replicas: -1 is not allowed',
    ],
    [
      'a selector for other pods',
      () =>
        problemsOf(() => read(deploymentText().replace('{ app: web } }\n  template', '{ app: wed } }\n  template'))),
      'P303 shop.yaml:5:13 Deployment spec.selector: the selector does not match the labels of the template',
    ],
    [
      'a strategy that cannot move',
      () => deployment(['strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } }']),
      'P303 shop.yaml:6:61 Deployment spec.strategy.rollingUpdate.maxUnavailable: maxSurge and maxUnavailable may not both be 0',
    ],
    [
      'pods of a workload that are not restarted',
      () => deployment([], ['restartPolicy: Never', 'containers: [{ name: a, image: a:1 }]']),
      'P303 shop.yaml:7:5 Deployment spec.template: restartPolicy Never is not allowed in a workload',
    ],
    [
      'a service without ports',
      () =>
        problemsOf(() =>
          read('apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { selector: { app: a } }\n'),
        ),
      'P303 shop.yaml:4:7 Service spec.ports: a service needs at least one port',
    ],
  ])('%s', (_, problems, expected) => {
    expect(problems()).toContain(expected);
  });

  it('are refused with all their problems at once, also over documents and the items of a List', () => {
    const list = [
      'apiVersion: v1',
      'kind: List',
      'items:',
      '  - { apiVersion: v1, kind: Secret, metadata: { name: A } }',
      '  - { apiVersion: batch/v1, kind: Job, metadata: { name: b } }',
    ].join('\n');
    expect(problemsOf(() => read(`${list}\n---\n${podText('containers: []')}`))).toEqual([
      'P303 shop.yaml:4:55 Secret metadata.name: "A" is not a name',
      'P302 shop.yaml:5:35 items[1].kind: Job cannot be applied yet',
      'P303 shop.yaml:11:15 Pod spec.containers: a pod needs at least one container',
    ]);
  });
});

describe('real manifests', () => {
  const boutique = path.join(import.meta.dirname, '../../../shared/data/manifests/online-boutique.yaml');

  it.skipIf(!existsSync(boutique))(
    'Online Boutique is read unmodified (skipped where it is not beside the project)',
    () => {
      const { intents, accepted } = read(readFileSync(boutique, 'utf8'));
      const count = (kind: string) => intents.filter((intent) => intent.kind === kind).length;
      expect([count('Deployment'), count('Service'), count('ServiceAccount'), intents.length]).toEqual([
        12, 12, 11, 35,
      ]);
      expect(accepted.filter((field) => field.includes('unknown'))).toEqual([]);
    },
  );
});
