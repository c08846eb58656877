/** Versions of Kubernetes, as far as their behaviour differs in what is modelled. The parameters' defaults are those of 1.36. */
import type { Profile } from './profile.ts';

/** Where the differences between versions are listed. */
const SOURCE = 'model-reference 11 (version deltas)';

/** What holds before 1.32: the node lifecycle controller waits 40 s for a lease, not 50 s. */
const BEFORE_1_32 = {} as const;

export const kubernetesProfiles = {
  'kubernetes-1.36': { help: 'Kubernetes 1.36: the defaults.', source: SOURCE, values: {} },
  'kubernetes-1.35': { help: 'Kubernetes 1.35.', source: SOURCE, values: {} },
  'kubernetes-1.34': { help: 'Kubernetes 1.34.', source: SOURCE, values: {} },
  'kubernetes-1.33': { help: 'Kubernetes 1.33.', source: SOURCE, values: {} },
  'kubernetes-1.32': { help: 'Kubernetes 1.32.', source: SOURCE, values: {} },
  'kubernetes-1.31': { help: 'Kubernetes 1.31.', source: SOURCE, values: { ...BEFORE_1_32 } },
  'kubernetes-1.25': { help: 'Kubernetes 1.25.', source: SOURCE, values: { ...BEFORE_1_32 } },
} as const satisfies Record<string, Profile>;
