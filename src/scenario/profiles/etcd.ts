/** Versions of etcd. The parameters' defaults are those of 3.6. */
import type { Profile } from './profile.ts';

export const etcdProfiles = {
  'etcd-3.6': {
    help: 'etcd 3.6, the version that kubeadm 1.34-1.36 installs.',
    source: 'E:v3.6.8 server/embed/config.go',
    values: {},
  },
  'etcd-3.5': {
    help: 'etcd 3.5: nothing that is modelled differs from 3.6.',
    source:
      'E:server/etcdserver/server.go of 3.5: snapshot-count is 100,000 instead of 10,000, which the model does not look at',
    values: {},
  },
  'etcd-3.4': {
    help: 'etcd 3.4: nothing that is modelled differs from 3.6.',
    source: 'data/measured/README.md: snapshot-count is 100,000, which the model does not look at',
    values: {},
  },
} as const satisfies Record<string, Profile>;
