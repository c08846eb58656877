/** Versions of nodes and of the leases by which they (and leaders) show that they are alive. */
import { kinds } from './kinds.ts';
import type { NodeImage, NodeSpecification, Taint } from './specifications.ts';
import { VersionTable } from './version-table.ts';

/** status of the Ready condition as it is stored. */
export const ConditionStatus = { False: 0, True: 1, Unknown: 2 } as const;

/** Kinds of pressure whose conditions a node has, as bits. */
export const NodePressure = { Memory: 1, Disk: 2, Pid: 4 } as const;

/** Keys of the taints that the system itself puts on nodes (api/core/v1/well_known_taints.go). */
export const TAINT_NOT_READY = 'node.kubernetes.io/not-ready';
export const TAINT_UNREACHABLE = 'node.kubernetes.io/unreachable';
export const TAINT_UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
export const TAINT_MEMORY_PRESSURE = 'node.kubernetes.io/memory-pressure';
export const TAINT_DISK_PRESSURE = 'node.kubernetes.io/disk-pressure';
export const TAINT_PID_PRESSURE = 'node.kubernetes.io/pid-pressure';

/** Label that names a node's zone, and the one that names the node itself. */
export const LABEL_ZONE = 'topology.kubernetes.io/zone';
export const LABEL_HOSTNAME = 'kubernetes.io/hostname';

/** Versions of nodes. */
export class NodeVersions extends VersionTable {
  /** What the node offers; never null on a stored node. */
  readonly specification = this.reference<NodeSpecification | null>(null);
  /** spec.taints: the specification's own and those that controllers put on. */
  readonly taints = this.reference<readonly Taint[]>([]);
  /** 1 if spec.unschedulable. */
  readonly unschedulable = this.number(0);
  /** Ready condition: a value of {@link ConditionStatus}. */
  readonly ready = this.number(ConditionStatus.False);
  /** Conditions of pressure that are True: bits of {@link NodePressure}. */
  readonly pressure = this.number(0);
  /** Conditions that node-problem-detector has set to True [condition]. */
  readonly problems = this.number(0);
  /** status.images as the kubelet has told them; null = it has told nothing, and they are those of the specification. */
  readonly images = this.reference<readonly NodeImage[] | null>(null);
  /** lastHeartbeatTime of the Ready condition [ns]. */
  readonly heartbeatAt = this.number(0);

  constructor() {
    super(kinds.nodes);
  }
}

/** Versions of leases (coordination.k8s.io). The key of a node's lease has the node's name in namespace kube-node-lease. */
export class LeaseVersions extends VersionTable {
  /** spec.renewTime [ns]. */
  readonly renewedAt = this.number(0);
  /** spec.holderIdentity of a leader's lease: number of the candidate, -1 = nobody. */
  readonly holder = this.number(-1);
  /** spec.leaseTransitions. */
  readonly transitions = this.number(0);

  constructor() {
    super(kinds.leases);
  }
}
