/** Versions of Event objects (the API objects that describe what happened; simulation events are another thing). */
import { kinds } from './kinds.ts';
import { VersionTable } from './version-table.ts';

/** Reasons of the events that the modelled components write. The number of a reason is its index. */
export const eventReasons = [
  'SuccessfulCreate',
  'SuccessfulDelete',
  'ScalingReplicaSet',
  'Scheduled',
  'FailedScheduling',
  'Pulling',
  'Pulled',
  'Created',
  'Started',
  'Killing',
  'NodeNotReady',
  'NodeReady',
  'RegisteredNode',
  'TaintManagerEviction',
  'OutOfcpu',
  'OutOfmemory',
  'OutOfpods',
  'NodeAffinity',
  'NodePorts',
  'Starting',
  'NodeHasSufficientMemory',
  'NodeHasNoDiskPressure',
  'NodeHasSufficientPID',
  'NodeAllocatableEnforced',
  'BackOff',
  'WaitForFirstConsumer',
  'FailedBinding',
  'ExternalProvisioning',
  'Provisioning',
  'ProvisioningSucceeded',
  'Preempted',
  'OutOfephemeral-storage',
  'OutOfextended-resource',
  'FailedCreatePodSandBox',
  'FailedMount',
  'Descheduled',
  'Unhealthy',
  'Failed',
  'ErrImageNeverPull',
  'Evicted',
  'FreeDiskSpaceFailed',
  'EvictionThresholdMet',
  'NodeHasInsufficientMemory',
  'NodeHasDiskPressure',
  // Of node-problem-detector: a condition of its own has changed (upstream has a reason for each), or a process was killed.
  'NodeCondition',
  'OOMKilling',
] as const;

/** Reason of an event. */
export type EventReason = (typeof eventReasons)[number];

/** Number of a reason, as it is stored. */
export function eventReasonNumber(reason: EventReason): number {
  return eventReasons.indexOf(reason);
}

/** Versions of Event objects. */
export class EventRecordVersions extends VersionTable {
  /** Index into {@link eventReasons}. */
  readonly reason = this.number(0);
  /** How often it happened, after correlation. */
  readonly count = this.number(1);

  constructor() {
    super(kinds.events);
  }
}
