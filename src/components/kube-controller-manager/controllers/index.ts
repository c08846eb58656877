/** The registry of controllers by the name under which --controllers of kube-controller-manager knows them. Adding one = one line. */
import type { ControllerConstructor } from '../controller.ts';
import { DeploymentController } from './deployment.ts';
import { DisruptionController } from './disruption.ts';
import { EndpointsController } from './endpoints.ts';
import { EndpointSliceController } from './endpointslice.ts';
import { EphemeralVolumeController } from './ephemeral-volume.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { NodeLifecycleController } from './node-lifecycle.ts';
import { PersistentVolumeBinder } from './persistent-volume-binder.ts';
import { PodGarbageCollector } from './pod-garbage-collector.ts';
import { ReplicaSetController } from './replicaset.ts';
import { ResourceClaimController } from './resource-claim.ts';
import { ResourceQuotaController } from './resource-quota.ts';
import { TaintEvictionController } from './taint-eviction.ts';

/** A controller: what it does, and how it is made. */
interface ControllerDefinition {
  readonly help: string;
  readonly create: ControllerConstructor;
}

export const controllers = {
  'deployment-controller': {
    help: 'Rolls Deployments: creates and scales their ReplicaSets by maxSurge and maxUnavailable.',
    create: (around) => new DeploymentController(around),
  },
  'replicaset-controller': {
    help: 'Keeps the number of pods of each ReplicaSet: slow start, expectations, order of deletion.',
    create: (around) => new ReplicaSetController(around),
  },
  'endpointslice-controller': {
    help: 'Lists the pods of each Service in EndpointSlices of at most 100 endpoints.',
    create: (around) => new EndpointSliceController(around),
  },
  'endpoints-controller': {
    help: 'Lists the pods of each Service in one Endpoints object of at most 1,000 addresses.',
    create: (around) => new EndpointsController(around),
  },
  'node-lifecycle-controller': {
    help: 'Judges nodes by their leases: conditions Unknown, pods not Ready, taints at the rates of their zone.',
    create: (around) => new NodeLifecycleController(around),
  },
  'taint-eviction-controller': {
    help: 'Evicts pods from nodes with NoExecute taints once their toleration is over.',
    create: (around) => new TaintEvictionController(around),
  },
  'pod-garbage-collector-controller': {
    help: 'Deletes pods of nodes that are gone, and ended pods beyond a number.',
    create: (around) => new PodGarbageCollector(around),
  },
  'garbage-collector-controller': {
    help: 'Deletes what deleted Deployments, ReplicaSets and Services leave behind.',
    create: (around) => new GarbageCollector(around),
  },
  'persistentvolume-binder-controller': {
    help: 'Binds claims to volumes, asks provisioners for those that are missing, and releases volumes whose claims are gone.',
    create: (around) => new PersistentVolumeBinder(around),
  },
  'ephemeral-volume-controller': {
    help: 'Makes the claims of generic ephemeral volumes of pods.',
    create: (around) => new EphemeralVolumeController(around),
  },
  'resourcequota-controller': {
    help: 'Counts what the ResourceQuotas of a namespace bound, when something goes and every five minutes.',
    create: (around) => new ResourceQuotaController(around),
  },
  'resourceclaim-controller': {
    help: 'Makes the claims on devices of pods from their templates, and gives them back when pods end.',
    create: (around) => new ResourceClaimController(around),
  },
  'disruption-controller': {
    help: 'Counts how many pods of each PodDisruptionBudget may be missing.',
    create: (around) => new DisruptionController(around),
  },
} as const satisfies Record<string, ControllerDefinition>;

/** Name of a controller. */
export type ControllerName = keyof typeof controllers;
