/** Faults of etcd, and what operators do to it by hand. */
import { type Nanoseconds, NS_PER_SECOND, nanoseconds } from '../../units/index.ts';
import type { Fault } from '../faults/index.ts';
import type { Execution } from './execution.ts';

/** A fault of etcd. */
type EtcdFault = Extract<Fault, { readonly fault: `etcd${string}` }>;

/** Time that an operator leaves between the steps of a recovery [ns]. */
const OPERATOR_PAUSE = 5 * NS_PER_SECOND;

/** Whether a fault is one of etcd. */
export function isEtcdFault(fault: Fault): fault is EtcdFault {
  return fault.fault.startsWith('etcd');
}

/** Carries it out now. */
export function injectEtcdFault(execution: Execution, fault: EtcdFault): void {
  const { store, parameters } = execution.cluster;
  const { faults, membership, maintenance } = store;
  switch (fault.fault) {
    case 'etcdLeaderLoss':
      store.killLeader(fault.duration);
      break;
    case 'etcdMemberKill':
      faults.kill(fault.member, fault.duration === undefined ? parameters.etcd.memberRestart : fault.duration);
      break;
    case 'etcdPartition':
      faults.partition(fault.members, fault.duration);
      break;
    case 'etcdSlowDisk':
      faults.slowDisk(fault.member, fault.factor, fault.added, fault.duration);
      break;
    case 'etcdDiskFull':
      faults.fillDisk(fault.member, fault.duration);
      break;
    case 'etcdPause':
      faults.pause(fault.member, fault.duration);
      break;
    case 'etcdLink':
      faults.worsenLinks(fault.member, fault.delay, fault.loss, fault.duration);
      break;
    case 'etcdMemberAdd':
      membership.add();
      break;
    case 'etcdMemberRemove': {
      const seat = faults.choose(fault.member);
      if (seat !== undefined) membership.remove(seat);
      break;
    }
    case 'etcdTransferLeader':
      membership.transfer(fault.to);
      break;
    case 'etcdDefragment':
      maintenance.defragmentAll();
      break;
    case 'etcdSnapshotSave':
      if (!maintenance.saveSnapshot()) execution.notes.push('no snapshot of etcd was saved: nobody led');
      break;
    case 'etcdDisarmAlarm':
      execution.cluster.simulation.processes.spawn('etcd operator', makeSpace(execution));
      break;
    case 'etcdQuorumLossRestore':
      execution.cluster.simulation.processes.spawn('etcd operator', restore(execution, fault.duration));
      break;
  }
}

/** Compacts everything, defragments all members, and disarms the alarm, each when the step before is done. */
function* makeSpace({ cluster }: Execution): Generator<number, void, number> {
  const { store } = cluster;
  const { maintenance, members } = store;
  while (members.leader === undefined) yield OPERATOR_PAUSE;
  store.compact(store.revision);
  do yield OPERATOR_PAUSE;
  while (maintenance.isBusy);
  maintenance.defragmentAll();
  do yield OPERATOR_PAUSE;
  while (maintenance.isBusy || members.leader === undefined);
  store.alarmRequests.disarm();
}

/** A quorum is lost for good; later all members start anew from the latest snapshot. */
function* restore({ cluster, notes }: Execution, delay: Nanoseconds): Generator<number, void, number> {
  const { faults, members, maintenance } = cluster.store;
  const { voters } = members.configuration;
  const lost = Math.floor(voters.length / 2) + 1;
  for (const voter of voters.slice(0, lost)) faults.kill(voter, null);
  yield nanoseconds(delay);
  if (!maintenance.restoreSnapshot()) notes.push('etcd was not restored: no snapshot had been saved');
}
