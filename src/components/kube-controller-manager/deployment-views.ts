/** What a sync of a Deployment works with: copies of what the cache had when it began, since versions may be gone once it has yielded. */
import type {
  DeploymentStrategy,
  DeploymentVersions,
  LabelSelector,
  ObjectKey,
  PodTemplate,
  ReplicaSetVersions,
  VersionHandle,
} from '../../cluster/index.ts';

/** The Progressing condition, as the version table stores it. */
export const Progress = { None: 0, Progressing: 1, Complete: 2 } as const;

/** What status a Deployment has. */
export interface DeploymentStatus {
  readonly replicas: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly observedGeneration: number;
  /** A value of {@link Progress}. */
  readonly progress: number;
}

/** A Deployment as the cache had it when a sync began. */
export interface DeploymentView {
  readonly key: ObjectKey;
  readonly revision: number;
  readonly generation: number;
  readonly replicas: number;
  readonly template: PodTemplate;
  readonly selector: LabelSelector;
  readonly strategy: DeploymentStrategy;
  readonly minReady: number;
  readonly revisionHistoryLimit: number;
  /** Number of its rollout, as the sync has brought it up to date. */
  rollout: number;
  status: DeploymentStatus;
}

/** A ReplicaSet as the cache had it, brought up to date by the sync's own writes. */
export interface ReplicaSetView {
  readonly key: ObjectKey;
  readonly template: PodTemplate;
  readonly createdAt: number;
  revision: number;
  generation: number;
  replicas: number;
  rollout: number;
  /** Size of the Deployment when it last scaled this ReplicaSet, -1 = unknown. */
  desired: number;
  readonly observedGeneration: number;
  readonly statusReplicas: number;
  readonly ready: number;
  readonly available: number;
}

/** Copies a version of a Deployment. */
export function viewDeployment(deployments: DeploymentVersions, version: VersionHandle): DeploymentView {
  return {
    key: deployments.key.get(version) as ObjectKey,
    revision: deployments.revision.get(version),
    generation: deployments.generation.get(version),
    replicas: deployments.replicas.get(version),
    template: deployments.template.get(version) as PodTemplate,
    selector: deployments.selector.get(version),
    strategy: deployments.strategy.get(version) as DeploymentStrategy,
    minReady: deployments.minReady.get(version),
    revisionHistoryLimit: deployments.revisionHistoryLimit.get(version),
    rollout: deployments.rollout.get(version),
    status: {
      replicas: deployments.statusReplicas.get(version),
      updated: deployments.updatedReplicas.get(version),
      ready: deployments.readyReplicas.get(version),
      available: deployments.availableReplicas.get(version),
      observedGeneration: deployments.observedGeneration.get(version),
      progress: deployments.progress.get(version),
    },
  };
}

/** Copies a version of a ReplicaSet. */
export function viewReplicaSet(replicasets: ReplicaSetVersions, version: VersionHandle): ReplicaSetView {
  return {
    key: replicasets.key.get(version) as ObjectKey,
    template: replicasets.template.get(version) as PodTemplate,
    createdAt: replicasets.createdAt.get(version),
    revision: replicasets.revision.get(version),
    generation: replicasets.generation.get(version),
    replicas: replicasets.replicas.get(version),
    rollout: replicasets.rollout.get(version),
    desired: replicasets.desired.get(version),
    observedGeneration: replicasets.observedGeneration.get(version),
    statusReplicas: replicasets.statusReplicas.get(version),
    ready: replicasets.readyReplicas.get(version),
    available: replicasets.availableReplicas.get(version),
  };
}
