/** Proxies on their nodes, and services whose endpoints only the test writes: they have no selector. */
import type { ObjectKey, ServiceSpecification, SliceEndpoint } from '../../../src/cluster/index.ts';
import { writes } from '../../../src/components/api-machinery/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld, parametersLine } from '../cluster-world.ts';
import { CLUSTER_IP } from './services.ts';

export class ProxyWorld extends ClusterWorld {
  private readonly slices = new Map<ObjectKey, ObjectKey>();

  constructor(nodes: number, ...parameters: string[]) {
    const network = ['network.nodeDelay: 100us', 'network.controlPlaneDelay: 100us', 'etcd.members: 1'];
    super({
      spec: parametersLine([...network, ...parameters]),
      operations: `
    - createNodes: { count: ${nodes}, preload: true }
    - createNodes: { count: 1 }`,
    });
    this.runFor(1);
  }

  createService(name: string, specification: ServiceSpecification = CLUSTER_IP): ObjectKey {
    const key = this.tables.keysOf('services').intern('default', name);
    const request = this.user.write(writes.serviceCreate, key);
    this.cluster.requests.object[request] = specification;
    this.send(request);
    return key;
  }

  /** Writes the one slice of a service. `trigger`: instant of the change behind it [s], none if left out. */
  writeEndpoints(service: ObjectKey, endpoints: number, trigger?: number): void {
    const known = this.slices.get(service);
    const slice = known ?? this.tables.keysOf('endpointslices').generate('default', 'slice');
    this.slices.set(service, slice);
    const write = known === undefined ? writes.endpointSliceCreate : writes.endpointSliceUpdate;
    const request = this.user.write(write, slice);
    const { requests } = this.cluster;
    requests.setNumber(request, 0, service);
    requests.setNumber(request, 1, trigger === undefined ? -1 : seconds(trigger));
    const endpoint: SliceEndpoint = {
      pod: 0 as ObjectKey,
      node: 0 as ObjectKey,
      ready: true,
      serving: true,
      terminating: false,
    };
    requests.object[request] = Array(endpoints).fill(endpoint);
    this.send(request);
  }

  syncs(kind: 'full' | 'partial'): number {
    return this.series('plimsoll_kube_proxy_syncs_total', `kind=${kind}`)?.statistics.final ?? 0;
  }

  /** Value of a counter without labels. */
  counter(name: string): number {
    return this.series(name)?.statistics.final ?? 0;
  }

  /** Sum of the times of all syncs so far [s]. */
  syncTime(): number {
    return this.series('kubeproxy_sync_proxy_rules_duration_seconds')?.statistics.sum ?? 0;
  }

  /** Observations and their sum [s] of the network programming latency. */
  latency(): { readonly count: number; readonly sum: number } {
    const { count = 0, sum = 0 } = this.series('kubeproxy_network_programming_duration_seconds')?.statistics ?? {};
    return { count, sum };
  }
}

/** Simulation events between which a proxy syncs. */
export const BEGIN = 'kube-proxy: sync begins';
export const END = 'kube-proxy: sync ends';
