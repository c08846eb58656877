/** Feature gates of Kubernetes that are off by default and that a scenario may turn on. */
import type { Profile } from './profile.ts';

export const featureProfiles = {
  'gang-scheduling': {
    help: 'Pods of a PodGroup with a gang are bound together or not at all (alpha).',
    source: 'K:pkg/features/kube_features.go: GenericWorkload, GangScheduling',
    values: { 'kubeScheduler.gangScheduling': true },
  },
} as const satisfies Record<string, Profile>;
