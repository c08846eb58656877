/** etcdPartition: members of etcd are cut off from the others. */
import { z } from 'zod';
import type { MemberChoice } from '../../components/etcd/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { positiveDurationSchema } from '../value-forms.ts';
import { memberSchema } from './etcd-member.ts';
import { faultKind } from './fault.ts';

/** A partition, resolved. */
export interface EtcdPartition {
  readonly fault: 'etcdPartition';
  readonly members: readonly MemberChoice[];
  readonly duration: Nanoseconds;
}

export const etcdPartition = faultKind({
  help: 'Members of etcd (a list of numbers, `leader` or `follower`) are cut off from all others for `duration`; API servers still reach both sides.',
  shape: { members: z.array(memberSchema).min(1), duration: positiveDurationSchema },
  resolve: ({ members, duration }): EtcdPartition => ({ fault: 'etcdPartition', members, duration }),
});
