/** Sizes of the control-plane hosts. */
import type { Profile } from './profile.ts';

/** Control-plane hosts with so many cores. */
function host(cores: number, example: string): Profile {
  return {
    help: `Control-plane hosts with ${cores} cores (${example}).`,
    source: 'assumption: a size of machine that clouds offer',
    values: { 'host.controlPlaneCores': cores },
  };
}

export const hostProfiles = {
  'host-2-core': host(2, "kubeadm's minimum"),
  'host-4-core': host(4, 'small clusters'),
  'host-8-core': host(8, 'hundreds of nodes'),
  'host-16-core': host(16, 'a thousand nodes'),
  'host-32-core': host(32, 'several thousand nodes'),
  'host-64-core': host(64, 'the machine of the official 5,000-node tests'),
} as const satisfies Record<string, Profile>;
