/** etcdPause: the process of a member of etcd stands still. */
import type { MemberChoice } from '../../components/etcd/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { positiveDurationSchema } from '../value-forms.ts';
import { memberSchema } from './etcd-member.ts';
import { faultKind } from './fault.ts';

/** The fault, resolved. */
export interface EtcdPause {
  readonly fault: 'etcdPause';
  readonly member: MemberChoice;
  readonly duration: Nanoseconds;
}

export const etcdPause = faultKind({
  help: 'A member stands still for `duration` (SIGSTOP, a pause of its garbage collector, a frozen machine) and then goes on.',
  shape: { member: memberSchema, duration: positiveDurationSchema },
  resolve: ({ member, duration }): EtcdPause => ({ fault: 'etcdPause', member, duration }),
});
