/** kube-controller-manager. */
export type { ControllerConstructor, ControllerSurroundings, KubeControllerManagerValues } from './controller.ts';
export { type ControllerName, controllers } from './controllers/index.ts';
export { hintsFor } from './endpoint-hints.ts';
export * from './kube-controller-manager.parameters.ts';
export * from './kube-controller-manager.ts';
