import { describe, expect, it } from 'vitest';
import {
  authenticated,
  byPrecedence,
  matchesSchema,
} from '../../../src/components/kube-apiserver/flow-control/rule-matching.ts';
import { seatLimits } from '../../../src/components/kube-apiserver/flow-control/seat-limits.ts';
import { bootstrapConfiguration } from '../../../src/components/kube-apiserver/index.ts';

/** Name of the schema that a request of a user belongs to. */
function schemaOf(user: string, groups: string[], verb: string, resource: string, namespace = '', apiGroup = '') {
  const [name = '', subresource = ''] = resource.split('/');
  const identity = authenticated({ user, groups });
  const request = { verb, apiGroup, resource: name, subresource, namespace };
  return byPrecedence(bootstrapConfiguration.schemas).find((schema) => matchesSchema(schema, identity, request))?.name;
}

describe('the levels of the bootstrap configuration', () => {
  const levels = bootstrapConfiguration.levels;

  // Model reference 2.2; K:pkg/apis/flowcontrol/bootstrap/default.go with --max-requests-inflight 400 and 200 for writes.
  it.each([
    ['exempt', 0, 0, Number.POSITIVE_INFINITY],
    ['system', 74, 50, 12],
    ['node-high', 98, 73, 15],
    ['leader-election', 25, 25, 4],
    ['workload-high', 98, 49, 15],
    ['workload-low', 245, 24, 37],
    ['global-default', 49, 24, 8],
    ['catch-all', 13, 13, Number.POSITIVE_INFINITY],
  ])('%s has %d seats of 600, keeps %d and lets requests take up to %d', (name, nominal, least, widest) => {
    const limits = seatLimits(levels, 600)[levels.findIndex((level) => level.name === name)];
    expect(limits).toMatchObject({ nominal, least, widest });
  });

  it('have the seats that the measured machine had with 20 reads and 10 writes in flight', () => {
    const seats = Object.fromEntries(seatLimits(levels, 30).map(({ nominal }, i) => [levels[i]?.name, nominal]));
    expect(seats).toMatchObject({ 'global-default': 3, 'workload-low': 13, 'node-high': 5 });
  });

  it('hold back half of what is lendable when a process starts', () => {
    const low = seatLimits(levels, 600)[levels.findIndex((level) => level.name === 'workload-low')];
    expect(low?.initial).toBe(245 - Math.floor(221 / 2));
  });
});

describe('the schemas of the bootstrap configuration', () => {
  const node = ['system:nodes'];
  const account = ['system:serviceaccounts', 'system:serviceaccounts:kube-system'];
  const inSystem = (name: string) => `system:serviceaccount:kube-system:${name}`;
  const manager = 'system:kube-controller-manager';
  const leases = 'coordination.k8s.io';

  it.each([
    ['a cluster admin', 'admin', ['system:masters'], 'list', 'pods', '', '', 'exempt'],
    [
      'a lease of a component',
      'system:kube-scheduler',
      [],
      'update',
      'leases',
      'kube-system',
      leases,
      'system-leader-election',
    ],
    ['a watch of all leases', manager, [], 'watch', 'leases', '', leases, 'kube-controller-manager'],
    ['a patch of a lease', manager, [], 'patch', 'leases', 'kube-system', leases, 'kube-controller-manager'],
    [
      'endpoints by their controller',
      inSystem('endpoint-controller'),
      account,
      'update',
      'endpoints',
      'default',
      '',
      'endpoint-controller',
    ],
    [
      'the heartbeat of a node',
      'system:node:a',
      node,
      'update',
      'leases',
      'kube-node-lease',
      leases,
      'system-node-high',
    ],
    ['the status of a node', 'system:node:a', node, 'patch', 'nodes/status', '', '', 'system-node-high'],
    ['the status of a pod by a node', 'system:node:a', node, 'patch', 'pods/status', 'default', '', 'system-nodes'],
    ['a binding', 'system:kube-scheduler', [], 'create', 'pods/binding', 'default', '', 'kube-scheduler'],
    [
      'a controller',
      inSystem('replicaset-controller'),
      account,
      'create',
      'pods',
      'default',
      '',
      'kube-system-service-accounts',
    ],
    ['kube-proxy', inSystem('kube-proxy'), account, 'watch', 'services', '', '', 'kube-system-service-accounts'],
    [
      'an account of a user',
      'system:serviceaccount:ci:bot',
      ['system:serviceaccounts'],
      'create',
      'pods',
      'ci',
      '',
      'service-accounts',
    ],
    ['a user', 'alice', [], 'create', 'pods', 'default', '', 'global-default'],
    ['nobody known', 'system:anonymous', ['system:unauthenticated'], 'get', 'pods', 'default', '', 'global-default'],
  ])('put %s where it belongs', (_, user, groups, verb, resource, namespace, apiGroup, expected) => {
    expect(schemaOf(user, groups, verb, resource, namespace, apiGroup)).toBe(expected);
  });

  it('all name a level', () => {
    const names = bootstrapConfiguration.levels.map((level) => level.name);
    for (const schema of bootstrapConfiguration.schemas) expect(names).toContain(schema.priorityLevel);
  });
});
