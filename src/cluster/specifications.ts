/**
 * Immutable specifications: what users write and what many object versions share (a Deployment's template, a Service's ports).
 * Object versions hold a reference to one of these; nothing here is ever changed after it was made.
 */

import type { Bytes, MilliCpu, Nanoseconds } from '../units/index.ts';
import type { ApplicationBehaviour, PreStopHook } from './application.ts';
import type { PodDisruptionBudgetIntent } from './disruption.ts';
import type { LabelSelector, Labels } from './labels.ts';
import type { IngressIntent, NetworkPolicyIntent } from './network-objects.ts';
import type { PodGroupIntent } from './pod-groups.ts';
import type { PriorityClass } from './priorities.ts';
import type { Probe } from './probes.ts';
import type { LimitRangeItem, QuotaAmounts } from './quotas.ts';
import type { ServiceSpecification } from './service-specification.ts';
import type { SettingsReference } from './settings.ts';

/** Amounts of node resources. Absent extended resources count as 0. */
export interface ResourceList {
  readonly cpu: MilliCpu;
  readonly memory: Bytes;
  readonly ephemeralStorage: Bytes;
  /** Extended resources such as `nvidia.com/gpu`, in whole units. */
  readonly extended: Readonly<Record<string, number>>;
}

/** GPUs of a node. Each can be shared: it has 1,000 thousandths. */
export interface NodeGpus {
  readonly count: number;
  /** Type of the GPUs, such as V100M32; "" = not known. */
  readonly model: string;
}

/** GPUs that a pod asks for. */
export interface GpuRequest {
  readonly count: number;
  /** Share of each GPU, in thousandths; 1,000 = whole GPUs. Below 1,000 the count is 1. */
  readonly milli: number;
  /** Types that will do; empty = any. */
  readonly models: readonly string[];
}

/** A taint of a node. */
export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** A toleration of a pod. `key` "" with Exists tolerates everything; `effect` "" matches all effects. */
export interface Toleration {
  readonly key: string;
  readonly operator: 'Exists' | 'Equal';
  readonly value: string;
  readonly effect: '' | Taint['effect'];
  /** How long a NoExecute taint is tolerated; undefined = forever. */
  readonly tolerationSeconds?: number;
}

/** A port of a container; `hostPort` 0 = none. */
export interface ContainerPort {
  readonly name: string;
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** A container of a pod. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly requests: ResourceList;
  readonly limits: ResourceList;
  readonly ports: readonly ContainerPort[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  /** lifecycle.preStop; left out = none. */
  readonly preStop?: PreStopHook;
  /** How its program behaves, as the scenario says; left out = it starts, and runs for ever. */
  readonly application?: ApplicationBehaviour;
  /** True for a native sidecar (an init container with restartPolicy Always). */
  readonly sidecar: boolean;
}

/** One alternative of a node selector: all expressions and all fields must match. */
export interface NodeSelectorTerm {
  readonly matchExpressions: LabelSelector;
  /** Only `metadata.name` exists as a field. */
  readonly matchFields: LabelSelector;
}

/** Node affinity of a pod. */
export interface NodeAffinity {
  /** Alternatives, one of which must match; undefined = no requirement. */
  readonly required?: readonly NodeSelectorTerm[];
  readonly preferred: readonly { readonly weight: number; readonly term: NodeSelectorTerm }[];
}

/** Pods near which, or away from which, a pod wants to be: those that one term selects, by topology. */
export interface PodAffinityTerm {
  /** Label of nodes whose equal values mean "together". */
  readonly topologyKey: string;
  /** Labels of the pods; undefined selects none, an empty list all. */
  readonly selector?: LabelSelector;
  /** Their namespaces by name. Without these and `namespaceSelector`: the pod's own. */
  readonly namespaces: readonly string[];
  /** Their namespaces by label, beside those by name; undefined selects none, an empty list all. */
  readonly namespaceSelector?: LabelSelector;
  /** Labels of the pod itself whose values the others must have, or must not have. */
  readonly matchLabelKeys: readonly string[];
  readonly mismatchLabelKeys: readonly string[];
}

/** podAffinity or podAntiAffinity of a pod. */
export interface PodAffinity {
  readonly required: readonly PodAffinityTerm[];
  readonly preferred: readonly { readonly weight: number; readonly term: PodAffinityTerm }[];
}

/** How evenly pods are to lie over the values of a label of nodes. */
export interface TopologySpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
  /** Labels of the pods that are counted; undefined counts none. */
  readonly selector?: LabelSelector;
  /** With fewer values than this the least is taken for 0. */
  readonly minDomains: number;
  /** Whether nodes that the pod's nodeSelector and required node affinity, or its tolerations, rule out are left out of the count. */
  readonly nodeAffinityPolicy: 'Honor' | 'Ignore';
  readonly nodeTaintsPolicy: 'Honor' | 'Ignore';
  /** Labels of the pod itself whose values the counted pods must have. */
  readonly matchLabelKeys: readonly string[];
}

/** Devices that a claim asks for. */
export interface DeviceRequest {
  readonly name: string;
  readonly deviceClass: string;
  readonly count: number;
}

/** Most scheduling gates of a pod: bits of a positive 32-bit integer. */
export const MAXIMUM_GATES = 30;

/** Everything that a pod is made from. Shared by all pods of a template; `id` is dense, in order of creation. */
export interface PodTemplate {
  readonly id: number;
  readonly labels: Labels;
  /** metadata.finalizers of its pods; left out = none. */
  readonly finalizers?: readonly string[];
  /** Volumes that claims back; left out = none. Volumes of the node, ConfigMaps and Secrets are not among them. */
  readonly volumes?: readonly PodVolume[];
  /** Secrets and ConfigMaps that it refers to, each once; left out = none beside the root certificate. */
  readonly settings?: readonly SettingsReference[];
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  /** Effective request of the pod: max(sum of containers and sidecars, init peak) + overhead. */
  readonly requests: ResourceList;
  /** GPUs, shared ones included; undefined = none. Whole devices of device plugins are extended resources instead. */
  readonly gpu?: GpuRequest;
  readonly nodeSelector: Labels;
  readonly nodeAffinity: NodeAffinity;
  /** Left out = none. */
  readonly podAffinity?: PodAffinity;
  readonly podAntiAffinity?: PodAffinity;
  readonly topologySpread?: readonly TopologySpreadConstraint[];
  /** Claims on devices, each made for the pod from a template of claims; left out = none. */
  readonly resourceClaims?: readonly { readonly name: string; readonly templateName: string }[];
  /** Gates that hold its pods back until somebody takes them off, at most {@link MAXIMUM_GATES}; left out = none. */
  readonly schedulingGates?: readonly string[];
  readonly tolerations: readonly Toleration[];
  readonly schedulerName: string;
  /** Node named by the user, "" = to be scheduled. */
  readonly nodeName: string;
  readonly priority: number;
  /** PriorityClass named by the user, "" = none: admission takes priority and preemption policy from it. */
  readonly priorityClassName: string;
  /** spec.schedulingGroup.podGroupName: the group that its pods belong to; undefined = none. */
  readonly podGroup?: string;
  /** Whether its pods may preempt others; undefined = nothing was said, which means that they may. */
  readonly preemptionPolicy?: 'PreemptLowerPriority' | 'Never';
  readonly hostNetwork: boolean;
  readonly serviceAccountName: string;
  readonly terminationGracePeriod: Nanoseconds;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  /** Serialised size of a pod made from this template at creation. */
  readonly bytes: Bytes;
  /** How long a pod's containers run before they exit with success, as quantiles drawn per pod; undefined = until stopped. */
  readonly lifetime?: { quantile(u: number): number };
}

/** Ways in which a volume may be mounted, as a manifest names them. */
export const accessModes = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'] as const;

/** A way in which a volume may be mounted. */
export type AccessMode = (typeof accessModes)[number];

/** What a claim asks for. */
export interface ClaimSpecification {
  /** spec.resources.requests.storage. */
  readonly request: Bytes;
  /** spec.storageClassName: "" = of no class; undefined = of the default class, once there is one. */
  readonly storageClass?: string;
  readonly accessModes: readonly AccessMode[];
  /** Serialised size of the claim at creation. */
  readonly bytes: Bytes;
}

/** A volume of a pod that is backed by a claim. */
export interface PodVolume {
  readonly name: string;
  /** Name of the claim; left out = a claim of the pod's own, with the name `<pod>-<volume>`. */
  readonly claimName?: string;
  /** What the pod's own claim asks for, if the ephemeral volume controller is to make it (spec.volumes[].ephemeral). */
  readonly ephemeral?: ClaimSpecification;
}

/** What a PersistentVolume is. */
export interface VolumeSpecification {
  readonly capacity: Bytes;
  /** spec.storageClassName, "" = of no class. */
  readonly storageClass: string;
  readonly accessModes: readonly AccessMode[];
  /** CSI driver that attaches it, "" = none counts it. */
  readonly driver: string;
  /** Labels, of which the zone and region bind pods to nodes. */
  readonly labels: Labels;
  /** spec.nodeAffinity.required: terms of which a node has to meet one; undefined = it can be used everywhere. */
  readonly nodeAffinity?: readonly NodeSelectorTerm[];
  readonly reclaimPolicy: 'Retain' | 'Delete';
  /** Serialised size of the volume at creation. */
  readonly bytes: Bytes;
}

/** What a StorageClass says. */
export interface StorageClassSpecification {
  readonly provisioner: string;
  /** volumeBindingMode: WaitForFirstConsumer = volumes are chosen or made where the scheduler puts the first pod. */
  readonly waitsForConsumer: boolean;
  /** allowedTopologies: terms of which a node has to meet one; undefined = volumes can be made for every node. */
  readonly allowedTopologies?: readonly NodeSelectorTerm[];
  readonly reclaimPolicy: 'Retain' | 'Delete';
  /** Whether claims that name no class get this one. */
  readonly isDefault: boolean;
  readonly bytes: Bytes;
}

/** Rolling update or recreate, with the bounds as written (a share of replicas, or a number). */
export interface DeploymentStrategy {
  readonly type: 'RollingUpdate' | 'Recreate';
  /** "25%" or a whole number. */
  readonly maxSurge: string | number;
  readonly maxUnavailable: string | number;
}

/** An image that a node has. */
export interface NodeImage {
  /** Name with its tag, or digest. */
  readonly name: string;
  readonly size: Bytes;
}

/** What a node offers. */
export interface NodeSpecification {
  readonly allocatable: ResourceList;
  /** Largest number of pods. */
  readonly pods: number;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  /** Volumes that CSI drivers can attach to it, by driver; left out = it has no drivers. */
  readonly csiDrivers?: Readonly<Record<string, number>>;
  /** GPUs that pods may share; undefined = none. */
  readonly gpus?: NodeGpus;
  /** Devices by driver, which its drivers tell of in resource slices; left out = none. */
  readonly devices?: Readonly<Record<string, number>>;
  /** Images that it has from the start and tells of in its status; left out = none. */
  readonly images?: readonly NodeImage[];
}

/** A ResourceQuota as it is created. */
export interface ResourceQuotaIntent {
  readonly kind: 'ResourceQuota';
  readonly namespace: string;
  readonly name: string;
  readonly hard: QuotaAmounts;
  readonly bytes: Bytes;
}

/** A LimitRange as it is created. */
export interface LimitRangeIntent {
  readonly kind: 'LimitRange';
  readonly namespace: string;
  readonly name: string;
  readonly limits: readonly LimitRangeItem[];
  readonly bytes: Bytes;
}

/** A PersistentVolume, a PersistentVolumeClaim or a StorageClass as it is created. */
export type StorageIntent =
  | {
      readonly kind: 'PersistentVolume';
      readonly namespace: '';
      readonly name: string;
      readonly specification: VolumeSpecification;
      /** spec.claimRef. */
      readonly claim?: { readonly namespace: string; readonly name: string };
    }
  | {
      readonly kind: 'PersistentVolumeClaim';
      readonly namespace: string;
      readonly name: string;
      readonly specification: ClaimSpecification;
      /** spec.volumeName. */
      readonly volume?: string;
    }
  | {
      readonly kind: 'StorageClass';
      readonly namespace: '';
      readonly name: string;
      readonly specification: StorageClassSpecification;
    };
/** A DeviceClass or a ResourceClaimTemplate as it is created. */
export type DeviceIntent =
  | {
      readonly kind: 'DeviceClass';
      readonly namespace: '';
      readonly name: string;
      readonly driver: string;
      readonly bytes: Bytes;
    }
  | {
      readonly kind: 'ResourceClaimTemplate';
      readonly namespace: string;
      readonly name: string;
      readonly requests: readonly DeviceRequest[];
      readonly bytes: Bytes;
    };

/** A PriorityClass as it is created. */
export interface PriorityClassIntent {
  readonly kind: 'PriorityClass';
  readonly namespace: '';
  readonly name: string;
  readonly content: PriorityClass;
  readonly bytes: Bytes;
}

/** Objects as users hand them over, in the order in which they are to be applied. */
export type Intent =
  | ResourceQuotaIntent
  | LimitRangeIntent
  | StorageIntent
  | DeviceIntent
  | PriorityClassIntent
  | PodDisruptionBudgetIntent
  | PodGroupIntent
  | IngressIntent
  | NetworkPolicyIntent
  | {
      readonly kind: 'Namespace' | 'ServiceAccount' | 'ConfigMap' | 'Secret';
      readonly namespace: string;
      readonly name: string;
      /** Labels of a Namespace; left out = none, or none that matter. */
      readonly labels?: Labels;
      /** metadata.finalizers; left out = none. */
      readonly finalizers?: readonly string[];
      /** Whether a ConfigMap or Secret may never be changed. */
      readonly immutable?: true;
      readonly bytes: Bytes;
    }
  | { readonly kind: 'Pod'; readonly namespace: string; readonly name: string; readonly template: PodTemplate }
  | {
      readonly kind: 'Deployment';
      readonly namespace: string;
      readonly name: string;
      readonly replicas: number;
      readonly selector: LabelSelector;
      readonly template: PodTemplate;
      readonly strategy: DeploymentStrategy;
      readonly minReady: Nanoseconds;
      readonly revisionHistoryLimit: number;
      readonly bytes: Bytes;
    }
  | {
      readonly kind: 'ReplicaSet';
      readonly namespace: string;
      readonly name: string;
      readonly replicas: number;
      readonly selector: LabelSelector;
      readonly template: PodTemplate;
      readonly bytes: Bytes;
    }
  | {
      readonly kind: 'Service';
      readonly namespace: string;
      readonly name: string;
      readonly specification: ServiceSpecification;
      /** Addresses that are listed for it although no pod has them: somebody else's; left out = none. */
      readonly endpoints?: number;
      readonly bytes: Bytes;
    };
