/** What add-ons see of a cluster beyond its API: what runs on nodes, and the processes of the API servers. */
import type { AddonSurroundings } from './addons/index.ts';
import type { ClientGo, EventRecorderReplies } from './client-go/index.ts';
import type { Host } from './host/host.ts';
import type { ApiServer } from './kube-apiserver/index.ts';
import type { KubeletFleet } from './kubelet/index.ts';

/** The surroundings of add-ons; `hosts` are those of the API servers, in their order. */
export function addonSurroundings(
  clientGo: ClientGo,
  eventReplies: EventRecorderReplies,
  kubelets: KubeletFleet,
  servers: readonly ApiServer[],
  hosts: readonly Host[],
): AddonSurroundings {
  return {
    clientGo,
    eventReplies,
    nodePods: {
      podsOf: (node) => kubelets.ofNode(node)?.pods.keys() ?? [],
      podCount: (node) => kubelets.ofNode(node)?.pods.size ?? 0,
      templatesOf: (node) => kubelets.templatesOn(node),
      answers: (node) => {
        const kubelet = kubelets.ofNode(node);
        return kubelet?.isUp === true && kubelet.isRunning;
      },
    },
    apiServers: servers.map((server, index) => ({
      name: server.name,
      host: hosts[index] as Host,
      isUp: () => server.isUp,
    })),
  };
}
