/** Which watches the agents of CNI plugins keep on each node. Adding a plugin = an entry here. */
import { kinds } from '../../../cluster/index.ts';
import type { AgentWatch } from '../agent-fleet.ts';

/** One plugin. */
export interface CniPlugin {
  /** What its agent does, in one sentence. */
  readonly help: string;
  readonly watches: readonly AgentWatch[];
  /** Whether it programs NetworkPolicies. */
  readonly hasPolicies: boolean;
  /** Whether fan-out proxies can watch in place of the agents. */
  readonly hasTypha: boolean;
}

export const cniPlugins = {
  /** https://github.com/flannel-io/flannel: pkg/subnet/kube. */
  flannel: {
    help: 'routes to every node: watches all nodes; no network policies',
    watches: [{ kind: kinds.nodes }],
    hasPolicies: false,
    hasTypha: false,
  },
  /** https://github.com/projectcalico/calico: libcalico-go/lib/backend/k8s, felix. */
  calico: {
    help: 'routes and network policies: watches all pods, nodes, Namespaces and NetworkPolicies, or has Typha do so',
    watches: [{ kind: kinds.pods }, { kind: kinds.nodes }, { kind: kinds.namespaces }, { kind: kinds.networkpolicies }],
    hasPolicies: true,
    hasTypha: true,
  },
  /** https://github.com/cilium/cilium: pkg/k8s/watchers. */
  cilium: {
    help: 'routes, network policies and Services: watches its own pods, and all nodes, Namespaces, NetworkPolicies, Services and EndpointSlices',
    watches: [
      { kind: kinds.pods, ofOwnNode: true },
      { kind: kinds.nodes },
      { kind: kinds.namespaces },
      { kind: kinds.networkpolicies },
      { kind: kinds.services },
      { kind: kinds.endpointslices },
    ],
    hasPolicies: true,
    hasTypha: false,
  },
} as const satisfies Record<string, CniPlugin>;
