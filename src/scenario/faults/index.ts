/** All kinds of faults, by the word that `fault: {kind: …}` takes. To add one: a file here and a line below. */
import { apiserverRestart } from './apiserver-restart.ts';
import { apiserverRollingRestart } from './apiserver-rolling-restart.ts';
import { controllerManagerCrash } from './controller-manager-crash.ts';
import { etcdDefragment } from './etcd-defragment.ts';
import { etcdDisarmAlarm } from './etcd-disarm-alarm.ts';
import { etcdDiskFull } from './etcd-disk-full.ts';
import { etcdLeaderLoss } from './etcd-leader-loss.ts';
import { etcdLink } from './etcd-link.ts';
import { etcdMemberAdd } from './etcd-member-add.ts';
import { etcdMemberKill } from './etcd-member-kill.ts';
import { etcdMemberRemove } from './etcd-member-remove.ts';
import { etcdPartition } from './etcd-partition.ts';
import { etcdPause } from './etcd-pause.ts';
import { etcdQuorumLossRestore } from './etcd-quorum-loss-restore.ts';
import { etcdSlowDisk } from './etcd-slow-disk.ts';
import { etcdSnapshotSave } from './etcd-snapshot-save.ts';
import { etcdTransferLeader } from './etcd-transfer-leader.ts';
import { kubeProxyRestart } from './kube-proxy-restart.ts';
import { kubeletCrash } from './kubelet-crash.ts';
import { kubeletRestart } from './kubelet-restart.ts';
import { networkDegradation } from './network-degradation.ts';
import { networkPartition } from './network-partition.ts';
import { nodeClockSkew, nodeClockStop } from './node-clock.ts';
import { nodeCrash } from './node-crash.ts';
import { containerRuntimeOutage } from './runtime-outage.ts';
import { schedulerCrash } from './scheduler-crash.ts';
import { staticPodChange } from './static-pod-change.ts';
import { webhookOutage } from './webhook-outage.ts';

export const faultKinds = {
  nodeCrash,
  etcdLeaderLoss,
  etcdDefragment,
  etcdDisarmAlarm,
  etcdDiskFull,
  etcdLink,
  etcdMemberAdd,
  etcdMemberKill,
  etcdMemberRemove,
  etcdPartition,
  etcdPause,
  etcdQuorumLossRestore,
  etcdSlowDisk,
  etcdSnapshotSave,
  etcdTransferLeader,
  apiserverRestart,
  webhookOutage,
  schedulerCrash,
  controllerManagerCrash,
  apiserverRollingRestart,
  kubeletCrash,
  kubeletRestart,
  containerRuntimeOutage,
  kubeProxyRestart,
  networkPartition,
  networkDegradation,
  nodeClockStop,
  nodeClockSkew,
  staticPodChange,
} as const;

/** Name of a kind of fault. */
export type FaultName = keyof typeof faultKinds;

/** One fault, resolved. */
export type Fault = ReturnType<(typeof faultKinds)[FaultName]['resolve']>;

export type { ApiserverRestart } from './apiserver-restart.ts';
export type { ApiserverRollingRestart } from './apiserver-rolling-restart.ts';
export type { ControllerManagerCrash } from './controller-manager-crash.ts';
export { describeFault } from './describe-fault.ts';
export type { EtcdDefragment } from './etcd-defragment.ts';
export type { EtcdDisarmAlarm } from './etcd-disarm-alarm.ts';
export type { EtcdDiskFull } from './etcd-disk-full.ts';
export type { EtcdLeaderLoss } from './etcd-leader-loss.ts';
export type { EtcdLink } from './etcd-link.ts';
export type { EtcdMemberAdd } from './etcd-member-add.ts';
export type { EtcdMemberKill } from './etcd-member-kill.ts';
export type { EtcdMemberRemove } from './etcd-member-remove.ts';
export type { EtcdPartition } from './etcd-partition.ts';
export type { EtcdPause } from './etcd-pause.ts';
export type { EtcdQuorumLossRestore } from './etcd-quorum-loss-restore.ts';
export type { EtcdSlowDisk } from './etcd-slow-disk.ts';
export type { EtcdSnapshotSave } from './etcd-snapshot-save.ts';
export type { EtcdTransferLeader } from './etcd-transfer-leader.ts';
export type { KubeProxyRestart } from './kube-proxy-restart.ts';
export type { KubeletCrash } from './kubelet-crash.ts';
export type { KubeletRestart } from './kubelet-restart.ts';
export type { NetworkDegradation } from './network-degradation.ts';
export { addedDelay } from './network-degradation.ts';
export type { NetworkPartition } from './network-partition.ts';
export type { NodeChoice } from './node-choice.ts';
export type { NodeClockSkew, NodeClockStop } from './node-clock.ts';
export type { NodeCrash } from './node-crash.ts';
export type { ContainerRuntimeOutage } from './runtime-outage.ts';
export type { SchedulerCrash } from './scheduler-crash.ts';
export type { StaticPodChange } from './static-pod-change.ts';
export type { WebhookOutage } from './webhook-outage.ts';
