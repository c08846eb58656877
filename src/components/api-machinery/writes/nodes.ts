/** Writes of nodes and leases. */
import {
  ConditionStatus,
  kinds,
  type NodeImage,
  type NodeSpecification,
  type Taint,
  type VersionHandle,
} from '../../../cluster/index.ts';
import type { RequestId } from '../requests.ts';
import { Verb } from '../verbs.ts';
import { CHANGED, UNCHANGED, type Write, type WriteContext } from './write.ts';

/** POST nodes by a kubelet that registers. Object: the specification with the labels and taints it registers with. Number: Ready condition. */
export const nodeCreate: Write = {
  verb: Verb.Create,
  kind: kinds.nodes,
  subresource: '',
  apply({ tables: { nodes }, requests, sizes, now }, draft, request) {
    const specification = requests.object[request] as NodeSpecification;
    nodes.specification.set(draft, specification);
    nodes.taints.set(draft, specification.taints);
    nodes.unschedulable.set(draft, specification.unschedulable ? 1 : 0);
    nodes.ready.set(draft, requests.number(request, 0));
    nodes.heartbeatAt.set(draft, now);
    nodes.bytes.set(draft, sizes.node);
    return CHANGED;
  },
};

/**
 * PATCH nodes/status by the kubelet. Numbers: Ready condition, heartbeat by the node's clock, conditions of pressure. Object: the images of the node,
 * null = as before.
 */
export const nodeStatus: Write = {
  verb: Verb.Patch,
  kind: kinds.nodes,
  subresource: 'status',
  apply({ tables: { nodes }, requests }, draft, request) {
    nodes.ready.set(draft, requests.number(request, 0));
    nodes.heartbeatAt.set(draft, requests.number(request, 1));
    nodes.pressure.set(draft, requests.number(request, 2));
    const images = requests.object[request] as readonly NodeImage[] | null;
    if (images !== null) nodes.images.set(draft, images);
    return CHANGED;
  },
};

/** PATCH nodes/status by node-problem-detector: its conditions, with their heartbeat. Number 0: how many are True. */
export const nodeProblems: Write = {
  verb: Verb.Patch,
  kind: kinds.nodes,
  subresource: 'status',
  apply({ tables: { nodes }, requests }, draft, request) {
    nodes.problems.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** PUT nodes/status by the node lifecycle controller: all conditions Unknown. */
export const nodeUnknown: Write = {
  verb: Verb.Update,
  kind: kinds.nodes,
  subresource: 'status',
  apply({ tables: { nodes } }, draft) {
    if (nodes.ready.get(draft) === ConditionStatus.Unknown) return UNCHANGED;
    nodes.ready.set(draft, ConditionStatus.Unknown);
    nodes.pressure.set(draft, 0);
    return CHANGED;
  },
};

/** PATCH nodes: taints taken off and put on (controller.PatchNodeTaints). Object: `{ remove: keys with effects, add: taints }`. */
export const nodeTaints: Write = {
  verb: Verb.Patch,
  kind: kinds.nodes,
  subresource: '',
  apply({ tables: { nodes }, requests }, draft, request) {
    const change = requests.object[request] as TaintChange;
    const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
    const before = nodes.taints.get(draft);
    const kept = before.filter((taint) => !change.remove.some((gone) => same(gone, taint)));
    const added = change.add.filter((taint) => !kept.some((present) => same(present, taint)));
    if (kept.length === before.length && added.length === 0) return UNCHANGED;
    nodes.taints.set(draft, [...kept, ...added]);
    return CHANGED;
  },
};

/** Taints to take off and to put on. */
export interface TaintChange {
  readonly remove: readonly Taint[];
  readonly add: readonly Taint[];
}

/** PATCH nodes by `kubectl cordon`. Number 0: 1 = unschedulable. */
export const nodeCordon: Write = {
  verb: Verb.Patch,
  kind: kinds.nodes,
  subresource: '',
  apply({ tables: { nodes }, requests }, draft, request) {
    if (nodes.unschedulable.get(draft) === requests.number(request, 0)) return UNCHANGED;
    nodes.unschedulable.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** POST leases. Number 0: renewTime. */
export const leaseCreate: Write = {
  verb: Verb.Create,
  kind: kinds.leases,
  subresource: '',
  apply({ tables: { leases }, requests, sizes }, draft, request) {
    leases.renewedAt.set(draft, requests.number(request, 0));
    leases.bytes.set(draft, sizes.lease);
    return CHANGED;
  },
};

/** PUT leases. Number 0: renewTime. Refused with 422 without a resourceVersion. */
export const leaseRenew: Write = {
  verb: Verb.Update,
  kind: kinds.leases,
  subresource: '',
  apply({ tables: { leases }, requests }, draft, request) {
    leases.renewedAt.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** Fills the lease of a leader. Numbers: renewTime, holder, transitions. */
function fillElectionLease(
  { tables: { leases }, requests, sizes }: WriteContext,
  draft: VersionHandle,
  request: RequestId,
) {
  leases.renewedAt.set(draft, requests.number(request, 0));
  leases.holder.set(draft, requests.number(request, 1));
  leases.transitions.set(draft, requests.number(request, 2));
  leases.bytes.set(draft, sizes.lease);
  return CHANGED;
}

/** POST of a leader's lease. */
export const electionLeaseCreate: Write = {
  verb: Verb.Create,
  kind: kinds.leases,
  subresource: '',
  apply: fillElectionLease,
};

/** PUT of a leader's lease, on the resourceVersion that the candidate has seen. */
export const electionLeaseUpdate: Write = { ...electionLeaseCreate, verb: Verb.Update };
