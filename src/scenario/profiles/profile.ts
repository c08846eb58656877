/** A profile: a named set of parameter values, with where they come from. */

/** Families of profiles; a scenario takes at most one of each that starts with a component's name. */
export type ProfileFamily = 'kubernetes' | 'etcd' | 'disk' | 'host' | 'network' | 'scale-test' | 'measured';

/** One profile. */
export interface Profile {
  readonly family: ProfileFamily;
  /** What it stands for, in one sentence. */
  readonly help: string;
  /** Where the values come from. */
  readonly source: string;
  /** Values by parameter path, written as in a scenario's `parameters`. */
  readonly values: Readonly<Record<string, unknown>>;
}
