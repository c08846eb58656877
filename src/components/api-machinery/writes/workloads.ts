/** Writes of Deployments and ReplicaSets. */
import {
  type DeploymentStrategy,
  type DeploymentVersions,
  kinds,
  type LabelSelector,
  type PodTemplate,
  type VersionHandle,
} from '../../../cluster/index.ts';
import { Verb } from '../verbs.ts';
import { CHANGED, UNCHANGED, type Write } from './write.ts';

/** What a Deployment is created from. */
export interface DeploymentBody {
  readonly replicas: number;
  readonly template: PodTemplate;
  readonly selector: LabelSelector;
  readonly strategy: DeploymentStrategy;
  /** spec.minReadySeconds [ns]. */
  readonly minReady: number;
  readonly revisionHistoryLimit: number;
  /** Stored size [B]. */
  readonly bytes: number;
}

/** POST deployments. Object: a {@link DeploymentBody}. */
export const deploymentCreate: Write = {
  verb: Verb.Create,
  kind: kinds.deployments,
  subresource: '',
  apply({ tables: { deployments }, requests }, draft, request) {
    const body = requests.object[request] as DeploymentBody;
    deployments.template.set(draft, body.template);
    deployments.selector.set(draft, body.selector);
    deployments.strategy.set(draft, body.strategy);
    deployments.replicas.set(draft, body.replicas);
    deployments.minReady.set(draft, body.minReady);
    deployments.revisionHistoryLimit.set(draft, body.revisionHistoryLimit);
    deployments.bytes.set(draft, body.bytes);
    return CHANGED;
  },
};

/** A change of a Deployment's spec raises its generation. */
function raiseGeneration(deployments: DeploymentVersions, draft: VersionHandle): number {
  deployments.generation.set(draft, deployments.generation.get(draft) + 1);
  return CHANGED;
}

/** PATCH deployments/scale. Number 0: replicas. */
export const deploymentScale: Write = {
  verb: Verb.Patch,
  kind: kinds.deployments,
  subresource: 'scale',
  apply({ tables: { deployments }, requests }, draft, request) {
    if (deployments.replicas.get(draft) === requests.number(request, 0)) return UNCHANGED;
    deployments.replicas.set(draft, requests.number(request, 0));
    return raiseGeneration(deployments, draft);
  },
};

/** PATCH deployments with another template, as `kubectl rollout restart` and `kubectl set image` do. Object: the template. */
export const deploymentTemplate: Write = {
  verb: Verb.Patch,
  kind: kinds.deployments,
  subresource: '',
  apply({ tables: { deployments }, requests }, draft, request) {
    if (deployments.template.get(draft) === requests.object[request]) return UNCHANGED;
    deployments.template.set(draft, requests.object[request] as PodTemplate);
    return raiseGeneration(deployments, draft);
  },
};

/**
 * PUT deployments/status by which the deployment controller records a rollout (getNewReplicaSet: the annotation travels with the status).
 * Numbers: the rollout's number, progress.
 */
export const deploymentRollout: Write = {
  verb: Verb.Update,
  kind: kinds.deployments,
  subresource: 'status',
  apply({ tables: { deployments }, requests }, draft, request) {
    const rollout = requests.number(request, 0);
    const progress = requests.number(request, 1);
    if (deployments.rollout.get(draft) === rollout && deployments.progress.get(draft) === progress) return UNCHANGED;
    deployments.rollout.set(draft, rollout);
    deployments.progress.set(draft, progress);
    return CHANGED;
  },
};

/** PUT deployments/status. Numbers: replicas, updated, ready, available, observedGeneration, progress. */
export const deploymentStatus: Write = {
  verb: Verb.Update,
  kind: kinds.deployments,
  subresource: 'status',
  apply({ tables: { deployments }, requests }, draft, request) {
    deployments.statusReplicas.set(draft, requests.number(request, 0));
    deployments.updatedReplicas.set(draft, requests.number(request, 1));
    deployments.readyReplicas.set(draft, requests.number(request, 2));
    deployments.availableReplicas.set(draft, requests.number(request, 3));
    deployments.observedGeneration.set(draft, requests.number(request, 4));
    deployments.progress.set(draft, requests.number(request, 5));
    return CHANGED;
  },
};

/** What a ReplicaSet is created from. */
export interface ReplicaSetBody {
  readonly replicas: number;
  readonly template: PodTemplate;
  readonly selector: LabelSelector;
  /** spec.minReadySeconds [ns]. */
  readonly minReady: number;
  /** Key of the owning Deployment, -1 = none. */
  readonly owner: number;
  /** Number of the owner's rollout that it serves. */
  readonly rollout: number;
  /** Size of the owning Deployment, written as an annotation [pod]; -1 = no owner. */
  readonly desired: number;
}

/** POST replicasets. Object: a {@link ReplicaSetBody}. */
export const replicaSetCreate: Write = {
  verb: Verb.Create,
  kind: kinds.replicasets,
  subresource: '',
  apply({ tables: { replicasets }, requests, sizes }, draft, request) {
    const body = requests.object[request] as ReplicaSetBody;
    replicasets.template.set(draft, body.template);
    replicasets.selector.set(draft, body.selector);
    replicasets.replicas.set(draft, body.replicas);
    replicasets.minReady.set(draft, body.minReady);
    replicasets.owner.set(draft, body.owner);
    replicasets.rollout.set(draft, body.rollout);
    replicasets.desired.set(draft, body.desired);
    replicasets.bytes.set(draft, sizes.replicaSet);
    return CHANGED;
  },
};

/** PUT replicasets. Numbers: replicas, rollout number and desired size of the annotations. */
export const replicaSetUpdate: Write = {
  verb: Verb.Update,
  kind: kinds.replicasets,
  subresource: '',
  apply({ tables: { replicasets }, requests }, draft, request) {
    const replicas = requests.number(request, 0);
    const rollout = requests.number(request, 1);
    const desired = requests.number(request, 2);
    const resized = replicasets.replicas.get(draft) !== replicas;
    if (!resized && replicasets.rollout.get(draft) === rollout && replicasets.desired.get(draft) === desired)
      return UNCHANGED;
    if (resized) replicasets.generation.set(draft, replicasets.generation.get(draft) + 1);
    replicasets.replicas.set(draft, replicas);
    replicasets.rollout.set(draft, rollout);
    replicasets.desired.set(draft, desired);
    return CHANGED;
  },
};

/** PUT replicasets/status. Numbers: replicas, ready, available, observedGeneration. */
export const replicaSetStatus: Write = {
  verb: Verb.Update,
  kind: kinds.replicasets,
  subresource: 'status',
  apply({ tables: { replicasets }, requests }, draft, request) {
    replicasets.statusReplicas.set(draft, requests.number(request, 0));
    replicasets.readyReplicas.set(draft, requests.number(request, 1));
    replicasets.availableReplicas.set(draft, requests.number(request, 2));
    replicasets.observedGeneration.set(draft, requests.number(request, 3));
    return CHANGED;
  },
};
