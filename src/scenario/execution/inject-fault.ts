/** Faults: what breaks, when, and for how long. */
import type { Kubelet } from '../../components/kubelet/index.ts';
import {
  type ControllerManagerCrash,
  describeFault,
  type Fault,
  type NodeCrash,
  type SchedulerCrash,
} from '../faults/index.ts';
import { injectEtcdFault, isEtcdFault } from './etcd-faults.ts';
import type { Execution } from './execution.ts';

/** Carries a fault out now. */
export function injectFault(execution: Execution, fault: Fault): void {
  const { cluster } = execution;
  cluster.store.timeline.disturb('fault', describeFault(fault));
  if (isEtcdFault(fault)) {
    injectEtcdFault(execution, fault);
    return;
  }
  switch (fault.fault) {
    case 'apiserverRestart': {
      const server = cluster.servers[fault.server];
      if (server === undefined) {
        execution.notes.push(`there is no API server ${fault.server}: nothing was restarted`);
        return;
      }
      if (fault.graceful) server.restartGracefully(fault.duration);
      else server.crash(fault.duration);
      break;
    }
    case 'apiserverRollingRestart':
      cluster.restartServersInTurn(fault.duration);
      break;
    case 'webhookOutage':
      cluster.failWebhook(fault.name, fault.mode, fault.duration, fault.factor);
      break;
    case 'schedulerCrash':
    case 'controllerManagerCrash':
      crashProcess(execution, fault);
      break;
    case 'nodeCrash':
      for (const kubelet of chooseNodes(execution, fault)) {
        cluster.crashNode(kubelet.nodeKey, fault.duration ?? undefined);
      }
      break;
  }
}

/** Ends the process of one instance of an elected component. */
function crashProcess(execution: Execution, fault: SchedulerCrash | ControllerManagerCrash): void {
  const { cluster } = execution;
  const component = fault.fault === 'schedulerCrash' ? cluster.scheduler(fault.scheduler) : cluster.controllerManager;
  if (component?.crash(fault.instance, fault.graceful, fault.duration) === true) return;
  const which = fault.instance === 'leader' ? 'no instance leads' : `instance ${fault.instance} does not run`;
  execution.notes.push(`${fault.fault}: ${which}, so nothing ended`);
}

/** The nodes of a crash: named ones, or as many as asked for, drawn at random from those that run. */
function chooseNodes(execution: Execution, { nodes }: NodeCrash): Kubelet[] {
  const running = execution.cluster.nodes.filter((kubelet) => kubelet.isUp);
  if (nodes.choose === 'names') {
    const wanted = new Set(nodes.names);
    const found = running.filter((kubelet) => wanted.has(kubelet.nodeName));
    if (found.length < wanted.size) {
      execution.notes.push(`${wanted.size - found.length} of the nodes named in a nodeCrash do not exist or are down`);
    }
    return found;
  }
  const count = nodes.choose === 'count' ? nodes.count : Math.round(nodes.share * running.length);
  const chosen: Kubelet[] = [];
  while (chosen.length < count && running.length > 0) {
    const index = Math.floor(execution.choices.next() * running.length);
    chosen.push(...running.splice(index, 1));
  }
  return chosen;
}
