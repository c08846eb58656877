/** The registry of controllers by the name under which kube-controller-manager's --controllers knows them. Adding one = one line. */
import type { ControllerConstructor } from '../controller.ts';
import { DeploymentController } from './deployment.ts';
import { EndpointsController } from './endpoints.ts';
import { EndpointSliceController } from './endpointslice.ts';
import { ReplicaSetController } from './replicaset.ts';

export const controllers = {
  'deployment-controller': (around) => new DeploymentController(around),
  'replicaset-controller': (around) => new ReplicaSetController(around),
  'endpointslice-controller': (around) => new EndpointSliceController(around),
  'endpoints-controller': (around) => new EndpointsController(around),
} as const satisfies Record<string, ControllerConstructor>;

/** Name of a controller. */
export type ControllerName = keyof typeof controllers;
