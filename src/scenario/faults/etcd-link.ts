/** etcdLink: the links between members of etcd are slow or lossy for a while. */
import type { MemberChoice } from '../../components/etcd/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { durationSchema, positiveDurationSchema, shareSchema } from '../value-forms.ts';
import { memberSchema } from './etcd-member.ts';
import { faultKind } from './fault.ts';

/** Bad links, resolved. */
export interface EtcdLink {
  readonly fault: 'etcdLink';
  /** Whose links; undefined = all. */
  readonly member?: MemberChoice;
  /** How much longer a message takes one way. */
  readonly delay: Nanoseconds;
  /** Share of packets that are lost and sent again. */
  readonly loss: number;
  readonly duration: Nanoseconds;
}

export const etcdLink = faultKind({
  help: 'Messages between members of etcd (all, or to and from one `member`) take `delay` longer each way, and a share `loss` of packets is lost, for `duration`.',
  shape: {
    member: memberSchema.optional(),
    delay: durationSchema.optional(),
    loss: shareSchema.optional(),
    duration: positiveDurationSchema,
  },
  resolve: (written): EtcdLink => ({
    fault: 'etcdLink',
    ...(written.member === undefined ? {} : { member: written.member }),
    delay: written.delay ?? nanoseconds(0),
    loss: written.loss ?? 0,
    duration: written.duration,
  }),
});
