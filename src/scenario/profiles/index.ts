/** All profiles by name. To add one: an entry in the file of its family. */
import { diskProfiles } from './disks.ts';
import { etcdProfiles } from './etcd.ts';
import { featureProfiles } from './features.ts';
import { hostProfiles } from './hosts.ts';
import { kubernetesProfiles } from './kubernetes.ts';
import { measuredProfiles } from './measured.ts';
import { networkProfiles } from './networks.ts';
import type { Profile } from './profile.ts';
import { scaleTestProfiles } from './scale-test.ts';

export type { Profile } from './profile.ts';

export const profiles: Readonly<Record<string, Profile>> = {
  ...kubernetesProfiles,
  ...featureProfiles,
  ...etcdProfiles,
  ...diskProfiles,
  ...hostProfiles,
  ...networkProfiles,
  ...scaleTestProfiles,
  ...measuredProfiles,
};
