/** All kinds of faults, by the word that `fault: {kind: …}` takes. To add one: a file here and a line below. */
import { apiserverRestart } from './apiserver-restart.ts';
import { controllerManagerCrash } from './controller-manager-crash.ts';
import { etcdLeaderLoss } from './etcd-leader-loss.ts';
import { nodeCrash } from './node-crash.ts';
import { schedulerCrash } from './scheduler-crash.ts';
import { webhookOutage } from './webhook-outage.ts';

export const faultKinds = {
  nodeCrash,
  etcdLeaderLoss,
  apiserverRestart,
  webhookOutage,
  schedulerCrash,
  controllerManagerCrash,
} as const;

/** Name of a kind of fault. */
export type FaultName = keyof typeof faultKinds;

/** One fault, resolved. */
export type Fault = ReturnType<(typeof faultKinds)[FaultName]['resolve']>;

export type { ApiserverRestart } from './apiserver-restart.ts';
export type { ControllerManagerCrash } from './controller-manager-crash.ts';
export type { EtcdLeaderLoss } from './etcd-leader-loss.ts';
export type { NodeChoice, NodeCrash } from './node-crash.ts';
export type { SchedulerCrash } from './scheduler-crash.ts';
export type { WebhookOutage } from './webhook-outage.ts';
