/** Settings of a descheduler itself, whatever its plugins. kubernetes-sigs/descheduler: cmd/descheduler/app/options, pkg/api/v1alpha2, plugins/defaultevictor. */
import {
  count,
  defineParameters,
  documentation,
  duration,
  flag,
  sourceCode,
  type ValuesOf,
} from '../../engine/index.ts';
import { milliseconds, seconds } from '../../units/index.ts';

const POLICY = 'kubernetes-sigs/descheduler: pkg/api/v1alpha2/types.go (DeschedulerPolicy)';
const EVICTOR = 'kubernetes-sigs/descheduler: pkg/framework/plugins/defaultevictor';
/** Most that a limit can be. */
const MOST = 1e9;
/** Priority of system-cluster-critical: pods from it on are never evicted by default. */
const SYSTEM_CRITICAL = 2_000_000_000;

/** What it can be set to. */
export const deschedulerSettings = defineParameters({
  deschedulingInterval: duration({
    help: 'Time from the beginning of a pass to that of the next.',
    default: seconds(300),
    range: [milliseconds(1), seconds(86_400)],
    source: documentation('kubernetes-sigs/descheduler: charts/descheduler/values.yaml (deschedulingInterval 5m)'),
  }),
  nodeFit: flag({
    help: 'Whether only pods are evicted that fit on some other node at that moment.',
    default: false,
    source: sourceCode(`${EVICTOR}/types.go (nodeFit)`),
  }),
  priorityThreshold: count({
    help: 'Pods of this priority and above are never evicted.',
    unit: 'priority',
    default: SYSTEM_CRITICAL,
    range: [-MOST, SYSTEM_CRITICAL],
    source: sourceCode(`${EVICTOR}/defaultevictor.go (system-cluster-critical)`),
  }),
  maxNoOfPodsToEvictPerNode: count({
    help: 'Most pods that a pass evicts from one node; 0 = no limit.',
    unit: 'pod',
    default: 0,
    range: [0, MOST],
    source: sourceCode(POLICY),
  }),
  maxNoOfPodsToEvictPerNamespace: count({
    help: 'Most pods that a pass evicts of one namespace (in a scheduling cell, of one queue); 0 = no limit.',
    unit: 'pod',
    default: 0,
    range: [0, MOST],
    source: sourceCode(POLICY),
  }),
  maxNoOfPodsToEvictTotal: count({
    help: 'Most pods that a pass evicts in all; 0 = no limit.',
    unit: 'pod',
    default: 0,
    range: [0, MOST],
    source: sourceCode(POLICY),
  }),
});

/** Their values. */
export type DeschedulerSettings = ValuesOf<typeof deschedulerSettings>;
