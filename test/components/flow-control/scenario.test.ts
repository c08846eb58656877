import { expect, it } from 'vitest';
import { ClusterWorld } from '../cluster-world.ts';

/** Pods of a crowd of builds that exist after a second, if builds have a level of so many shares that borrows nothing. */
function podsAfterASecond(shares: number): number {
  const world = new ClusterWorld({
    spec: 'flowControl: builds.yaml\nparameters: { kubeApiserver.createCpu: 20ms, host.controlPlaneCores: 64 }',
    operations:
      '    - createPods: { name: build, count: 3000, client: { user: "system:serviceaccount:ci:runner", qps: -1 } }',
    files: {
      'builds.yaml': [
        'apiVersion: flowcontrol.apiserver.k8s.io/v1',
        'kind: PriorityLevelConfiguration',
        'metadata: { name: builds }',
        'spec:',
        '  type: Limited',
        '  limited:',
        `    nominalConcurrencyShares: ${shares}`,
        '    borrowingLimitPercent: 0',
        '    limitResponse: { type: Queue, queuing: { queues: 16, handSize: 8, queueLengthLimit: 1000 } }',
        '---',
        'apiVersion: flowcontrol.apiserver.k8s.io/v1',
        'kind: FlowSchema',
        'metadata: { name: builds }',
        'spec:',
        '  priorityLevelConfiguration: { name: builds }',
        '  matchingPrecedence: 500',
        '  rules:',
        '    - subjects: [{ kind: Group, group: { name: "system:serviceaccounts:ci" } }]',
        '      resourceRules: [{ verbs: ["create"], apiGroups: [""], resources: [pods], namespaces: [default] }]',
        '',
      ].join('\n'),
    },
  });
  world.runFor(1);
  world.perform();
  world.runFor(1);
  return world.of('POST pods').length;
}

it('a level of its own bounds how fast a scenario creates pods: twice the shares, twice the pace', () => {
  const [few, more] = [podsAfterASecond(2), podsAfterASecond(4)];
  expect(few).toBeGreaterThan(50);
  expect(more / few).toBeGreaterThan(1.5);
  expect(more / few).toBeLessThan(2.2);
});
