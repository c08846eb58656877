/** The kubelet. */

export * from './kubelet.parameters.ts';
export { Kubelet } from './kubelet.ts';
export * from './kubelet-fleet.ts';
export type { NetworkAnswer, PodNetwork } from './pod-network.ts';
export type { StaticProcess } from './static-pods.ts';
