/** kube-proxy. */
export * from './kube-proxy.parameters.ts';
export * from './kube-proxy-fleet.ts';
export * from './modes/index.ts';
export { ServiceHistory } from './service-history.ts';
