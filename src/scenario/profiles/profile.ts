/** A profile: a named set of parameter values, with where they come from. */

/** One profile. */
export interface Profile {
  /** What it stands for, in one sentence. */
  readonly help: string;
  /** Where the values come from; an assumption says so. */
  readonly source: string;
  /** Values by parameter path, written as in a scenario's `parameters`. */
  readonly values: Readonly<Record<string, unknown>>;
}
