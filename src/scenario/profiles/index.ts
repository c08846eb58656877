/** All profiles by name. To add one: an entry in the file of its family. */
import type { Profile } from './profile.ts';

export type { Profile, ProfileFamily } from './profile.ts';

export const profiles: Readonly<Record<string, Profile>> = {};
