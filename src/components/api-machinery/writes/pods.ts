/** Writes of pods: create, binding, and the status patches of kubelet, scheduler and controllers. */
import { kinds, PodCondition, PodPhase, type PodTemplate } from '../../../cluster/index.ts';
import { conditionsAfter, phaseAfter, saysNothingNew } from '../pod-status.ts';
import { StatusCode, Verb } from '../verbs.ts';
import { CHANGED, NOMINATION_KEPT, UNCHANGED, type Write } from './write.ts';

/** POST pods. Number 0: key of the owning ReplicaSet or -1. Number 1: key of the node named by the user or -1. Object: the template. */
export const podCreate: Write = {
  verb: Verb.Create,
  kind: kinds.pods,
  subresource: '',
  apply({ tables: { pods, finalizers }, requests, sizes }, draft, request) {
    const template = requests.object[request] as PodTemplate;
    if (template.finalizers !== undefined) pods.finalizers.set(draft, finalizers.bitsOf(template.finalizers));
    pods.template.set(draft, template);
    pods.gates.set(draft, 2 ** (template.schedulingGates?.length ?? 0) - 1);
    pods.owner.set(draft, requests.number(request, 0));
    pods.node.set(draft, requests.number(request, 1));
    pods.bytes.set(draft, template.bytes + sizes.podManagedFields);
    return CHANGED;
  },
};

/** PATCH of spec.schedulingGates: some are taken off. Object: their names; null = all. */
export const podGates: Write = {
  verb: Verb.Patch,
  kind: kinds.pods,
  subresource: '',
  apply({ tables: { pods }, requests }, draft, request) {
    const removed = requests.object[request] as readonly string[] | null;
    const gates = pods.template.get(draft)?.schedulingGates ?? [];
    const before = pods.gates.get(draft);
    let left = before;
    gates.forEach((gate, place) => {
      if (removed === null || removed.includes(gate)) left &= ~(1 << place);
    });
    if (left === before) return UNCHANGED;
    pods.gates.set(draft, left);
    return CHANGED;
  },
};

/** POST pods/binding. Number 0: key of the node. A pod that is bound, gated or being deleted is refused (BindingREST.assignPod). */
export const podBinding: Write = {
  verb: Verb.Create,
  kind: kinds.pods,
  subresource: 'binding',
  apply({ tables: { pods }, requests, now }, draft, request) {
    if (pods.node.get(draft) >= 0 || pods.gates.get(draft) !== 0 || pods.isTerminating(draft))
      return StatusCode.Conflict;
    pods.node.set(draft, requests.number(request, 0));
    // ClearingNominatedNodeNameAfterBinding, on since 1.35.
    pods.nominatedNode.set(draft, -1);
    pods.scheduledAt.set(draft, now);
    const conditions = pods.conditions.get(draft) & ~PodCondition.Unschedulable;
    pods.conditions.set(draft, conditions | PodCondition.Scheduled);
    return CHANGED;
  },
};

/** POST pods/eviction. What it changes of the pod before it is deleted is its condition; the rest is the API server's (object-evictions.ts). */
export const podEviction: Write = { ...disruptionTarget(0), verb: Verb.Create, subresource: 'eviction' };

/**
 * PATCH pods/status by the kubelet. Numbers: phase, condition bits, reason, 1 if the pod has an IP, instant at which the containers ran (-1 = not yet),
 * number that stands for the container statuses, most restarts of a container and of a sidecar.
 * Conditions that are not the kubelet's own (PodScheduled, DisruptionTarget) stay; a terminal phase never goes back.
 */
export const podStatus: Write = {
  verb: Verb.Patch,
  kind: kinds.pods,
  subresource: 'status',
  apply({ tables: { pods }, requests, sizes, now }, draft, request) {
    if (saysNothingNew(pods, draft, requests, request)) return UNCHANGED;
    const conditions = conditionsAfter(pods, draft, requests, request);
    const phase = phaseAfter(pods, draft, requests, request);
    const wasReady = pods.isReady(draft);
    const isReady = (conditions & PodCondition.Ready) !== 0;
    pods.phase.set(draft, phase);
    pods.conditions.set(draft, conditions);
    pods.reason.set(draft, requests.number(request, 2));
    pods.hasIp.set(draft, requests.number(request, 3));
    pods.runningAt.set(draft, requests.number(request, 4));
    pods.containers.set(draft, requests.number(request, 5));
    pods.restarts.set(draft, requests.number(request, 6));
    pods.sidecarRestarts.set(draft, requests.number(request, 7));
    if (isReady !== wasReady) pods.readyAt.set(draft, now);
    const template = pods.template.get(draft) as PodTemplate;
    pods.bytes.set(draft, template.bytes + sizes.podManagedFields + sizes.podStatus * template.containers.length);
    return CHANGED;
  },
};

/**
 * PATCH pods/status by the scheduler after a failed attempt: PodScheduled = False, reason Unschedulable. Number 0: the message. Number 1: key of the
 * nominated node, -1 = none, {@link NOMINATION_KEPT}.
 */
export const podUnschedulable: Write = {
  verb: Verb.Patch,
  kind: kinds.pods,
  subresource: 'status',
  apply({ tables: { pods }, requests }, draft, request) {
    const conditions = pods.conditions.get(draft);
    const message = requests.number(request, 0);
    const written = requests.number(request, 1);
    const nominated = written === NOMINATION_KEPT ? pods.nominatedNode.get(draft) : written;
    const saysSo = (conditions & PodCondition.Unschedulable) !== 0 && pods.unschedulableMessage.get(draft) === message;
    if ((saysSo && pods.nominatedNode.get(draft) === nominated) || pods.node.get(draft) >= 0) return UNCHANGED;
    pods.conditions.set(draft, conditions | PodCondition.Unschedulable);
    pods.unschedulableMessage.set(draft, message);
    pods.nominatedNode.set(draft, nominated);
    return CHANGED;
  },
};

/** PATCH pods/status by the scheduler: the nominated node alone. Number 0: its key, -1 = none. */
export const podNomination: Write = {
  verb: Verb.Patch,
  kind: kinds.pods,
  subresource: 'status',
  apply({ tables: { pods }, requests }, draft, request) {
    const node = requests.number(request, 0);
    if (pods.nominatedNode.get(draft) === node || pods.node.get(draft) >= 0) return UNCHANGED;
    pods.nominatedNode.set(draft, node);
    return CHANGED;
  },
};

/** PUT pods/status by the node lifecycle controller when the pod's node is lost: Ready = False (nodeutil.MarkPodsNotReady). */
export const podNotReady: Write = {
  verb: Verb.Update,
  kind: kinds.pods,
  subresource: 'status',
  apply({ tables: { pods }, now }, draft) {
    if (!pods.isReady(draft)) return UNCHANGED;
    pods.conditions.set(draft, pods.conditions.get(draft) & ~PodCondition.Ready);
    pods.readyAt.set(draft, now);
    return CHANGED;
  },
};

/** PATCH pods/status before an eviction by taint: DisruptionTarget = True. */
export const podDisruptionTarget = disruptionTarget(0);

/** PATCH pods/status before a preemption: the same with reason PreemptionByScheduler. */
export const podPreempted = disruptionTarget(PodCondition.Preempted);

/** `reason`: the bit of the condition's reason, 0 where the model needs none. An earlier reason is written over. */
function disruptionTarget(reason: number): Write {
  return {
    verb: Verb.Patch,
    kind: kinds.pods,
    subresource: 'status',
    apply({ tables: { pods } }, draft) {
      const before = pods.conditions.get(draft);
      const after = (before & ~PodCondition.Preempted) | PodCondition.DisruptionTarget | reason;
      if (after === before) return UNCHANGED;
      pods.conditions.set(draft, after);
      return CHANGED;
    },
  };
}

/** PATCH pods/status by the pod garbage collector before it deletes an orphan: phase Failed. */
export const podFailed: Write = {
  verb: Verb.Patch,
  kind: kinds.pods,
  subresource: 'status',
  apply({ tables: { pods }, now }, draft) {
    if (pods.isTerminal(draft)) return UNCHANGED;
    if (pods.isReady(draft)) pods.readyAt.set(draft, now);
    pods.phase.set(draft, PodPhase.Failed);
    pods.conditions.set(draft, pods.conditions.get(draft) & ~(PodCondition.Ready | PodCondition.ContainersReady));
    return CHANGED;
  },
};
