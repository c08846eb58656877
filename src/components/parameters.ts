/**
 * All parameters of all components, by component and name: what scenarios, profiles, `list parameters` and `explain` go by.
 * Letters in their sources: K = Kubernetes 1.36.2, E = etcd 3.6.8, R = raft as etcd uses it.
 */
import type { ParameterSet, ValuesOf } from '../engine/index.ts';
import { csiProvisionerParameters } from './addons/csi-provisioner.parameters.ts';
import { deschedulerParameters } from './addons/descheduler.parameters.ts';
import { addonParameters } from './addons/index.ts';
import { objectSizeParameters } from './api-machinery/index.ts';
import { clientGoParameters } from './client-go/client-go.parameters.ts';
import { etcdParameters } from './etcd/index.ts';
import { hostParameters, networkParameters } from './host/host.parameters.ts';
import { kubeApiserverParameters } from './kube-apiserver/index.ts';
import { kubeControllerManagerParameters } from './kube-controller-manager/kube-controller-manager.parameters.ts';
import { kubeProxyParameters } from './kube-proxy/kube-proxy.parameters.ts';
import { kubeSchedulerParameters } from './kube-scheduler/kube-scheduler.parameters.ts';
import { kubeletParameters } from './kubelet/kubelet.parameters.ts';
import { serviceTrafficParameters } from './service-traffic/service-traffic.parameters.ts';

/** Parameters by component. Adding a component = one line. */
export const parameterRegistry = {
  host: hostParameters,
  network: networkParameters,
  objectSize: objectSizeParameters,
  etcd: etcdParameters,
  kubeApiserver: kubeApiserverParameters,
  clientGo: clientGoParameters,
  kubeControllerManager: kubeControllerManagerParameters,
  kubeScheduler: kubeSchedulerParameters,
  kubelet: kubeletParameters,
  kubeProxy: kubeProxyParameters,
  serviceTraffic: serviceTrafficParameters,
  csiProvisioner: csiProvisionerParameters,
  descheduler: deschedulerParameters,
  ...addonParameters,
} as const satisfies Record<string, ParameterSet>;

/** Name of a component that has parameters. */
export type ComponentName = keyof typeof parameterRegistry;

/** Values of all components' parameters as the components take them. */
export type ModelParameters = {
  readonly [Component in ComponentName]: ValuesOf<(typeof parameterRegistry)[Component]>;
};
