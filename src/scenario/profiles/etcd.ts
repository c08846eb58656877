/** Versions of etcd. The parameters' defaults are those of 3.6. */
import type { Profile } from './profile.ts';

/** Snapshots up to 3.5: old entries are dropped from memory with each. */
const BEFORE_3_6 = { 'etcd.snapshotCount': 100_000, 'etcd.logCompactionEntries': 100_000 } as const;

export const etcdProfiles = {
  'etcd-3.6': {
    help: 'etcd 3.6, the version that kubeadm 1.34-1.36 installs.',
    source: 'E:v3.6.8 server/embed/config.go',
    values: {},
  },
  'etcd-3.5': {
    help: 'etcd 3.5: a snapshot of the log only every 100,000 entries.',
    source:
      'E:server/etcdserver/server.go of 3.5: snapshot-count is 100,000 instead of 10,000, and old entries go with it',
    values: BEFORE_3_6,
  },
  'etcd-3.4': {
    help: 'etcd 3.4: a snapshot of the log only every 100,000 entries.',
    source: 'E:server/etcdserver/server.go of 3.4: snapshot-count is 100,000, as in 3.5',
    values: BEFORE_3_6,
  },
} as const satisfies Record<string, Profile>;
