/** Connections to Services. */
export * from './service-traffic.parameters.ts';
export * from './service-traffic.ts';
export { trafficOf } from './traffic-of-cluster.ts';
