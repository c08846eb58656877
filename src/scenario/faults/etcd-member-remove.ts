/** etcdMemberRemove: a member is removed from etcd. */
import type { MemberChoice } from '../../components/etcd/index.ts';
import { memberSchema } from './etcd-member.ts';
import { faultKind } from './fault.ts';

/** A removal, resolved. */
export interface EtcdMemberRemove {
  readonly fault: 'etcdMemberRemove';
  readonly member: MemberChoice;
}

export const etcdMemberRemove = faultKind({
  help: 'A member (a number from 0, `leader` or `follower`) is removed for good, unless the others would have no quorum.',
  shape: { member: memberSchema },
  resolve: ({ member }): EtcdMemberRemove => ({ fault: 'etcdMemberRemove', member }),
});
