/** etcdSlowDisk: the disk of a member of etcd is slow for a while. */
import type { MemberChoice } from '../../components/etcd/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { durationSchema, numberSchema, positiveDurationSchema } from '../value-forms.ts';
import { memberSchema } from './etcd-member.ts';
import { faultKind } from './fault.ts';

/** A slow disk, resolved. */
export interface EtcdSlowDisk {
  readonly fault: 'etcdSlowDisk';
  readonly member: MemberChoice;
  /** How many times as long as usual a sync takes. */
  readonly factor: number;
  /** How much longer it takes beside. */
  readonly added: Nanoseconds;
  readonly duration: Nanoseconds;
}

/** Largest factor. */
const MOST_SLOWED = 1e6;

export const etcdSlowDisk = faultKind({
  help: "Syncs of a member's disk (WAL and database) take `factor` times as long, and `added` longer, for `duration`.",
  shape: {
    member: memberSchema,
    factor: numberSchema(1, MOST_SLOWED).optional(),
    added: durationSchema.optional(),
    duration: positiveDurationSchema,
  },
  resolve: (written): EtcdSlowDisk => ({
    fault: 'etcdSlowDisk',
    member: written.member,
    factor: written.factor ?? 1,
    added: written.added ?? nanoseconds(0),
    duration: written.duration,
  }),
});
