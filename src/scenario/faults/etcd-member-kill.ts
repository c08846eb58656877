/** etcdMemberKill: the process of a member of etcd is killed. */
import type { MemberChoice } from '../../components/etcd/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { memberSchema } from './etcd-member.ts';
import { faultKind, outageSchema } from './fault.ts';

/** A kill, resolved. */
export interface EtcdMemberKill {
  readonly fault: 'etcdMemberKill';
  readonly member: MemberChoice;
  /** Span until the process is started again; null = never; undefined = as the parameter etcd.memberRestart says. */
  readonly duration?: Nanoseconds | null;
}

export const etcdMemberKill = faultKind({
  help: 'A member of etcd (a number from 0, `leader` or `follower`) is killed and started again after `duration` (etcd.memberRestart), or never.',
  shape: { member: memberSchema, duration: outageSchema.optional() },
  resolve: (written): EtcdMemberKill => ({
    fault: 'etcdMemberKill',
    member: written.member,
    ...(written.duration === undefined ? {} : { duration: written.duration === 'never' ? null : written.duration }),
  }),
});
