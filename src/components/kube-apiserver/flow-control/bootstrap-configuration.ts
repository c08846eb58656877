/**
 * The levels and schemas with which every cluster starts: the mandatory ones (exempt, catch-all) and the suggested ones.
 * K:pkg/apis/flowcontrol/bootstrap/default.go. Left out: the schema "probes", which matches health checks alone.
 */
import {
  EVERY,
  type FlowControlConfiguration,
  type FlowSchema,
  type PriorityLevel,
  type Queuing,
  type ResourceRule,
  type Subject,
} from './configuration.ts';

/** Requests that wait in one queue at most, in all levels of the bootstrap. */
const QUEUE_LENGTH = 50;
/** Few users write leases and few queues are dealt to each: a hand of 4 from 16. */
const FEW_QUEUES: Queuing = { queues: 16, handSize: 4, queueLengthLimit: QUEUE_LENGTH };
/** Hands of 6 from 64, for nodes and what serves them. */
const MANY_QUEUES: Queuing = { queues: 64, handSize: 6, queueLengthLimit: QUEUE_LENGTH };
/** Hands of 6 from 128, for workloads. */
const MOST_QUEUES: Queuing = { queues: 128, handSize: 6, queueLengthLimit: QUEUE_LENGTH };

function level(name: string, shares: number, lendablePercent: number, queuing: Queuing | null): PriorityLevel {
  return { name, exempt: false, shares, lendablePercent, borrowingLimitPercent: null, queuing };
}

/** Shares, lendable percentages and queues of the bootstrap. */
const levels: readonly PriorityLevel[] = [
  { name: 'exempt', exempt: true, shares: 0, lendablePercent: 0, borrowingLimitPercent: null, queuing: null },
  level('system', 30, 33, MANY_QUEUES),
  level('node-high', 40, 25, MANY_QUEUES),
  level('leader-election', 10, 0, FEW_QUEUES),
  level('workload-high', 40, 50, MOST_QUEUES),
  level('workload-low', 100, 90, MOST_QUEUES),
  level('global-default', 20, 50, MOST_QUEUES),
  level('catch-all', 5, 0, null),
];

const user = (name: string): Subject => ({ kind: 'User', name, namespace: '' });
const group = (name: string): Subject => ({ kind: 'Group', name, namespace: '' });
const systemAccount = (name: string): Subject => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' });
const everybody = [group('system:unauthenticated'), group('system:authenticated')];

const everything: readonly ResourceRule[] = [
  { verbs: [EVERY], apiGroups: [EVERY], resources: [EVERY], namespaces: [EVERY], clusterScope: true },
];

/** What holders of locks do to an object in any namespace. */
function locking(apiGroup: string, resource: string): ResourceRule {
  return {
    verbs: ['get', 'create', 'update'],
    apiGroups: [apiGroup],
    resources: [resource],
    namespaces: [EVERY],
    clusterScope: false,
  };
}

const leases = [locking('coordination.k8s.io', 'leases')];
const nodesAndTheirLeases: readonly ResourceRule[] = [
  {
    verbs: [EVERY],
    apiGroups: [''],
    resources: ['nodes', 'nodes/status'],
    namespaces: [EVERY],
    clusterScope: true,
  },
  {
    verbs: [EVERY],
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    namespaces: [EVERY],
    clusterScope: false,
  },
];

function schema(
  name: string,
  priorityLevel: string,
  matchingPrecedence: number,
  distinguisher: FlowSchema['distinguisher'],
  subjects: readonly Subject[],
  resourceRules: readonly ResourceRule[] = everything,
): FlowSchema {
  return { name, priorityLevel, matchingPrecedence, distinguisher, rules: [{ subjects, resourceRules }] };
}

const lockHolders = [user('system:kube-controller-manager'), user('system:kube-scheduler'), systemAccount(EVERY)];
const endpointControllers = [systemAccount('endpoint-controller'), systemAccount('endpointslicemirroring-controller')];

/** Precedences and what tells flows apart in the bootstrap. */
const schemas: readonly FlowSchema[] = [
  schema('exempt', 'exempt', 1, null, [group('system:masters')]),
  schema('system-leader-election', 'leader-election', 100, 'ByUser', lockHolders, leases),
  schema('endpoint-controller', 'workload-high', 150, 'ByUser', endpointControllers, [locking('', 'endpoints')]),
  schema('workload-leader-election', 'leader-election', 200, 'ByUser', [systemAccount(EVERY)], leases),
  schema('system-node-high', 'node-high', 400, 'ByUser', [group('system:nodes')], nodesAndTheirLeases),
  schema('system-nodes', 'system', 500, 'ByUser', [group('system:nodes')]),
  schema('kube-controller-manager', 'workload-high', 800, 'ByNamespace', [user('system:kube-controller-manager')]),
  schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', [user('system:kube-scheduler')]),
  schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', [systemAccount(EVERY)]),
  schema('service-accounts', 'workload-low', 9000, 'ByUser', [group('system:serviceaccounts')]),
  schema('global-default', 'global-default', 9900, 'ByUser', everybody),
  schema('catch-all', 'catch-all', 10000, 'ByUser', everybody),
];

export const bootstrapConfiguration: FlowControlConfiguration = { levels, schemas };
