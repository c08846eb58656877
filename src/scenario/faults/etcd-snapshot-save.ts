/** etcdSnapshotSave: an operator saves a snapshot of etcd. */
import { faultKind } from './fault.ts';

/** It, resolved. */
export interface EtcdSnapshotSave {
  readonly fault: 'etcdSnapshotSave';
}

export const etcdSnapshotSave = faultKind({
  help: 'An operator saves a snapshot of the leader: what etcdQuorumLossRestore starts from.',
  shape: {},
  resolve: (): EtcdSnapshotSave => ({ fault: 'etcdSnapshotSave' }),
});
