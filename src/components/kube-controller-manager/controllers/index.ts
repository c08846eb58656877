/** The registry of controllers by the name under which --controllers of kube-controller-manager knows them. Adding one = one line. */
import type { ControllerConstructor } from '../controller.ts';
import { DeploymentController } from './deployment.ts';
import { EndpointsController } from './endpoints.ts';
import { EndpointSliceController } from './endpointslice.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { NodeLifecycleController } from './node-lifecycle.ts';
import { PodGarbageCollector } from './pod-garbage-collector.ts';
import { ReplicaSetController } from './replicaset.ts';
import { TaintEvictionController } from './taint-eviction.ts';

export const controllers = {
  'deployment-controller': (around) => new DeploymentController(around),
  'replicaset-controller': (around) => new ReplicaSetController(around),
  'endpointslice-controller': (around) => new EndpointSliceController(around),
  'endpoints-controller': (around) => new EndpointsController(around),
  'node-lifecycle-controller': (around) => new NodeLifecycleController(around),
  'taint-eviction-controller': (around) => new TaintEvictionController(around),
  'pod-garbage-collector-controller': (around) => new PodGarbageCollector(around),
  'garbage-collector-controller': (around) => new GarbageCollector(around),
} as const satisfies Record<string, ControllerConstructor>;

/** Name of a controller. */
export type ControllerName = keyof typeof controllers;
