/**
 * The components of the control plane as processes of static pods: what kubelets of control-plane nodes kill and start. Node i runs API server i, member i of a
 * stacked etcd, instance i of the controller manager and of the first scheduler.
 */
import type { ElectedComponent } from './elected-component.ts';
import type { EtcdCluster } from './etcd/index.ts';
import type { ApiServer } from './kube-apiserver/index.ts';
import type { StaticProcess } from './kubelet/index.ts';

/** What runs on control-plane nodes. */
export interface ControlPlaneComponents {
  readonly servers: readonly ApiServer[];
  readonly store: EtcdCluster;
  /** Whether members of etcd run on the control-plane nodes. */
  readonly isStacked: boolean;
  readonly controllerManager: ElectedComponent;
  /** Undefined = all its instances work, without a lease. */
  readonly scheduler: ElectedComponent | undefined;
}

/** The process of a component on a control-plane node, by the node's number; undefined = it has none. */
export function staticProcess(
  { servers, store, isStacked, controllerManager, scheduler }: ControlPlaneComponents,
  component: string,
  node: number,
): StaticProcess | undefined {
  switch (component) {
    case 'kube-apiserver': {
      const own = servers[node]?.ownProcess;
      if (own === undefined) return undefined;
      return {
        component,
        supervise: (ended) => own.supervise(ended),
        stop: () => own.drain(),
        kill: () => own.kill(),
        start: () => own.start(),
      };
    }
    case 'etcd': {
      const { members } = store;
      if (!isStacked || !members.isMember(node)) return undefined;
      return {
        component,
        supervise: (ended) => members.supervise(node, ended),
        stop: () => {},
        kill: () => members.killProcess(node),
        start: () => members.startProcess(node),
      };
    }
    case 'kube-controller-manager':
      return electedProcess(component, controllerManager, node);
    case 'kube-scheduler':
      return scheduler === undefined ? undefined : electedProcess(component, scheduler, node);
    default:
      return undefined;
  }
}

function electedProcess(component: string, elected: ElectedComponent, instance: number): StaticProcess | undefined {
  if (instance >= elected.instances) return undefined;
  return {
    component,
    supervise: (ended) => elected.supervise(instance, ended),
    stop: () => {},
    kill: () => elected.killProcess(instance),
    start: () => elected.startProcess(instance),
  };
}
