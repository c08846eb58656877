/** Faults: what breaks, when, and for how long. */
import { type ControllerManagerCrash, describeFault, type Fault, type SchedulerCrash } from '../faults/index.ts';
import { injectEtcdFault, isEtcdFault } from './etcd-faults.ts';
import type { Execution } from './execution.ts';
import { injectNodeFault, isNodeFault } from './node-faults.ts';

/** Carries a fault out now. */
export function injectFault(execution: Execution, fault: Fault): void {
  const { cluster } = execution;
  cluster.store.timeline.disturb('fault', describeFault(fault));
  if (isEtcdFault(fault)) {
    injectEtcdFault(execution, fault);
    return;
  }
  if (isNodeFault(fault)) {
    injectNodeFault(execution, fault);
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
