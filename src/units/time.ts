/**
 * Time as the engine counts it: integer nanoseconds held in a double (exact for 104 days; instants end after 52, because the event queue has two keys for each).
 * An instant ({@link SimTime}) and a span ({@link Nanoseconds}) are different types, so that they cannot be mixed up.
 */
declare const brand: unique symbol;

/** A number that carries the name of its unit at compile time and nothing at run time. */
export type Branded<Name extends string> = number & { readonly [brand]: Name };

/** An instant: integer nanoseconds since the start of the run. */
export type SimTime = Branded<'SimTime'>;

/** A span: integer nanoseconds, 0 or more. */
export type Nanoseconds = Branded<'Nanoseconds'>;

/** Nanoseconds in one microsecond, millisecond and second. */
export const NS_PER_MICROSECOND = 1_000;
export const NS_PER_MILLISECOND = 1_000_000;
export const NS_PER_SECOND = 1_000_000_000;

/** Instant `n` nanoseconds after the start of the run. */
export function simTime(n: number): SimTime {
  return Math.round(n) as SimTime;
}

/** The start of every run. */
export const START_OF_RUN = 0 as SimTime;

/** An instant that no run reaches. */
export const NEVER = Number.MAX_SAFE_INTEGER as SimTime;

/** A span of `n` nanoseconds, rounded to whole ones. */
export function nanoseconds(n: number): Nanoseconds {
  return Math.round(n) as Nanoseconds;
}

/** A span of `n` microseconds. */
export function microseconds(n: number): Nanoseconds {
  return Math.round(n * NS_PER_MICROSECOND) as Nanoseconds;
}

/** A span of `n` milliseconds. */
export function milliseconds(n: number): Nanoseconds {
  return Math.round(n * NS_PER_MILLISECOND) as Nanoseconds;
}

/** A span of `n` seconds. */
export function seconds(n: number): Nanoseconds {
  return Math.round(n * NS_PER_SECOND) as Nanoseconds;
}

/** The instant `span` after `instant`. */
export function plus(instant: SimTime, span: Nanoseconds): SimTime {
  return (instant + span) as SimTime;
}

/** The span from `earlier` to `later`. */
export function between(earlier: SimTime, later: SimTime): Nanoseconds {
  return (later - earlier) as Nanoseconds;
}

/** The later of two instants. */
export function latest(a: SimTime, b: SimTime): SimTime {
  return a > b ? a : b;
}

/** A span or instant in seconds, for people and for CSV. */
export function toSeconds(value: Nanoseconds | SimTime): number {
  return value / NS_PER_SECOND;
}
