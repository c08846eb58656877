/** etcdQuorumLossRestore: a quorum of etcd is lost for good, and all members are restored from a snapshot. */
import type { Nanoseconds } from '../../units/index.ts';
import { positiveDurationSchema } from '../value-forms.ts';
import { faultKind } from './fault.ts';

/** A loss of the quorum, resolved. */
export interface EtcdQuorumLossRestore {
  readonly fault: 'etcdQuorumLossRestore';
  /** Span until the operator begins to restore. */
  readonly duration: Nanoseconds;
}

export const etcdQuorumLossRestore = faultKind({
  help: 'A quorum of members is lost for good; after `duration` an operator restores all members from the latest snapshot (etcdSnapshotSave), which takes a time by its size.',
  shape: { duration: positiveDurationSchema },
  resolve: ({ duration }): EtcdQuorumLossRestore => ({ fault: 'etcdQuorumLossRestore', duration }),
});
