/** Versions of Deployments and ReplicaSets. */
import { kinds } from './kinds.ts';
import type { LabelSelector } from './labels.ts';
import type { DeploymentStrategy, PodTemplate } from './specifications.ts';
import { VersionTable } from './version-table.ts';

/** Versions of Deployments. */
export class DeploymentVersions extends VersionTable {
  /** spec.template; never null on a stored Deployment. */
  readonly template = this.reference<PodTemplate | null>(null);
  readonly selector = this.reference<LabelSelector>([]);
  /** spec.strategy; never null on a stored Deployment. */
  readonly strategy = this.reference<DeploymentStrategy | null>(null);
  /** spec.replicas [pod]. */
  readonly replicas = this.number(0);
  /** spec.minReadySeconds [ns]. */
  readonly minReady = this.number(0);
  /** spec.revisionHistoryLimit [ReplicaSet]. */
  readonly revisionHistoryLimit = this.number(10);
  /** metadata.generation: raised by each change of the spec. */
  readonly generation = this.number(1);
  /** status.observedGeneration. */
  readonly observedGeneration = this.number(0);
  /** Annotation deployment.kubernetes.io/revision: number of the current rollout. */
  readonly rollout = this.number(0);
  /** status.replicas, updatedReplicas, readyReplicas, availableReplicas [pod]. */
  readonly statusReplicas = this.number(0);
  readonly updatedReplicas = this.number(0);
  readonly readyReplicas = this.number(0);
  readonly availableReplicas = this.number(0);
  /** Progressing condition: 0 = none, 1 = new ReplicaSet created or progressing, 2 = complete. */
  readonly progress = this.number(0);

  constructor() {
    super(kinds.deployments);
  }
}

/** Versions of ReplicaSets. The owner of a ReplicaSet is a Deployment, or none. */
export class ReplicaSetVersions extends VersionTable {
  /** spec.template; never null on a stored ReplicaSet. */
  readonly template = this.reference<PodTemplate | null>(null);
  readonly selector = this.reference<LabelSelector>([]);
  /** spec.replicas [pod]. */
  readonly replicas = this.number(0);
  /** spec.minReadySeconds [ns]. */
  readonly minReady = this.number(0);
  readonly generation = this.number(1);
  readonly observedGeneration = this.number(0);
  /** Annotation deployment.kubernetes.io/revision of the owning Deployment's rollout. */
  readonly rollout = this.number(0);
  /** Annotation deployment.kubernetes.io/desired-replicas: the Deployment's size when it last scaled this ReplicaSet [pod], -1 = none. */
  readonly desired = this.number(-1);
  /** status.replicas, readyReplicas, availableReplicas [pod]. */
  readonly statusReplicas = this.number(0);
  readonly readyReplicas = this.number(0);
  readonly availableReplicas = this.number(0);

  constructor() {
    super(kinds.replicasets);
  }
}
