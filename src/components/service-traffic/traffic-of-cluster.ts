/** Traffic, put together from the parts of a cluster. */
import type { ObjectKey } from '../../cluster/index.ts';
import type { ValuesOf } from '../../engine/index.ts';
import type { kubeProxyParameters } from '../kube-proxy/index.ts';
import type { KubeletFleet } from '../kubelet/index.ts';
import type { serviceTrafficParameters } from './service-traffic.parameters.ts';
import { ServiceTraffic, type ServiceTrafficOptions } from './service-traffic.ts';

/** Milli-CPU of a core. */
const MILLI = 1000;

/** What of a cluster it needs. */
interface ClusterParts extends Pick<ServiceTrafficOptions, 'simulation' | 'tables' | 'store' | 'recorder' | 'proxies'> {
  readonly kubelets: KubeletFleet;
  readonly parameters: {
    readonly kubeProxy: ValuesOf<typeof kubeProxyParameters>;
    readonly serviceTraffic: ValuesOf<typeof serviceTrafficParameters>;
  };
}

/** Connections to the Services of a cluster. */
export function trafficOf({
  simulation,
  tables,
  store,
  recorder,
  proxies,
  kubelets,
  parameters,
}: ClusterParts): ServiceTraffic {
  const { kubeProxy, serviceTraffic } = parameters;
  return new ServiceTraffic({
    simulation,
    tables,
    store,
    recorder,
    proxies,
    mode: kubeProxy.mode,
    modeParameters: kubeProxy,
    parameters: serviceTraffic,
    machines: {
      isUp: (node: ObjectKey) => kubelets.ofNode(node)?.isUp,
      coresOf: (node: ObjectKey) => (kubelets.ofNode(node)?.specification.allocatable.cpu ?? 0) / MILLI,
    },
  });
}
