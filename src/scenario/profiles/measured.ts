/** The machines on which our own measurements were made. */
import { kubernetesProfiles } from './kubernetes.ts';
import { networkProfiles } from './networks.ts';
import type { Profile } from './profile.ts';

export const measuredProfiles = {
  'measured-2core': {
    help: 'The machine of data/measured: all servers on one core, one etcd member, loopback, fake kubelets, Kubernetes 1.25.',
    source: 'data/measured/README.md',
    values: {
      ...kubernetesProfiles['kubernetes-1.25'].values,
      ...networkProfiles['network-loopback'].values,
      'host.controlPlaneCores': 1,
      'host.stackedEtcd': true,
      'etcd.members': 1,
      'etcd.tlsPerByte': 0,
      'kubeApiserver.replicas': 1,
      'kubeScheduler.cores': 1,
      'kubelet.imagesPresent': true,
    },
  },
} as const satisfies Record<string, Profile>;
