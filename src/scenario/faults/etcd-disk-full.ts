/** etcdDiskFull: the disk of a member of etcd is full. */
import type { MemberChoice } from '../../components/etcd/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { positiveDurationSchema } from '../value-forms.ts';
import { memberSchema } from './etcd-member.ts';
import { faultKind } from './fault.ts';

/** The fault, resolved. */
export interface EtcdDiskFull {
  readonly fault: 'etcdDiskFull';
  readonly member: MemberChoice;
  readonly duration: Nanoseconds;
}

export const etcdDiskFull = faultKind({
  help: 'The disk of a member is full for `duration`: its next write ends the process, which is started again when there is room.',
  shape: { member: memberSchema, duration: positiveDurationSchema },
  resolve: ({ member, duration }): EtcdDiskFull => ({ fault: 'etcdDiskFull', member, duration }),
});
