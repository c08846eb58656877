/** The kubelet. */
export { Kubelet } from './kubelet.ts';
export * from './kubelet.parameters.ts';
export * from './kubelet-fleet.ts';
