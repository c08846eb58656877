/** etcdLeaderLoss: the leader of etcd is killed; the others elect a new one. */
import type { Nanoseconds } from '../../units/index.ts';
import { faultKind, outageSchema } from './fault.ts';

/** A loss of the leader, resolved. */
export interface EtcdLeaderLoss {
  readonly fault: 'etcdLeaderLoss';
  /** Span until the member comes back; null = never; undefined = as the parameter etcd.memberRestart says. */
  readonly duration?: Nanoseconds | null;
}

export const etcdLeaderLoss = faultKind({
  help: 'The leader of etcd is killed and comes back as a follower after `duration` (etcd.memberRestart), or never.',
  shape: { duration: outageSchema.optional() },
  resolve: (written): EtcdLeaderLoss => ({
    fault: 'etcdLeaderLoss',
    ...(written.duration === undefined ? {} : { duration: written.duration === 'never' ? null : written.duration }),
  }),
});
