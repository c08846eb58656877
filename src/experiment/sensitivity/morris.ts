/**
 * Elementary effects (M. Morris, 1991): along each trajectory through the unit cube one parameter after the other takes one large step. The mean of
 * the absolute effects (F. Campolongo, 2007) tells how much a parameter matters, their spread whether that depends on the others.
 */
import { RandomStreams, shuffled, Tally } from '../../engine/index.ts';

/** Levels of each parameter; a step is half of them and a bit, so that all levels are as likely. */
const LEVELS = 4;
const STEP = LEVELS / (2 * (LEVELS - 1));

/** One trajectory: its points in their order, and which parameter changed before each but the first. */
export interface Trajectory {
  readonly points: readonly (readonly number[])[];
  readonly changed: readonly number[];
}

/** What a parameter does. */
export interface ElementaryEffects {
  /** Mean of the absolute effects, for a change over the whole range. */
  readonly meanAbsolute: number;
  /** Mean of the effects: their direction. */
  readonly mean: number;
  /** Spread of the effects; undefined for one trajectory. */
  readonly spread: number | undefined;
}

/** Random trajectories; each has one point more than there are parameters. */
export function trajectories(count: number, parameters: number, seed: string): Trajectory[] {
  const stream = new RandomStreams(seed, 0).stream('morris');
  return Array.from({ length: count }, () => {
    const point = Array.from({ length: parameters }, () => Math.floor(stream.next() * LEVELS) / (LEVELS - 1));
    const changed = shuffled(
      point.map((_, i) => i),
      stream,
    );
    const points = [[...point]];
    for (const parameter of changed) {
      const at = point[parameter] as number;
      point[parameter] = at + STEP <= 1 + 1e-9 ? at + STEP : at - STEP;
      points.push([...point]);
    }
    return { points, changed };
  });
}

/** The effects of each parameter, from what was measured at the points of the trajectories; points without a value count for nothing. */
export function elementaryEffects(
  paths: readonly Trajectory[],
  measured: readonly (readonly (number | undefined)[])[],
): ElementaryEffects[] {
  const parameters = paths[0]?.changed.length ?? 0;
  const effects = Array.from({ length: parameters }, () => ({ absolute: new Tally(), signed: new Tally() }));
  for (const [t, { points, changed }] of paths.entries()) {
    for (const [i, parameter] of changed.entries()) {
      const [before, after] = [measured[t]?.[i], measured[t]?.[i + 1]];
      if (before === undefined || after === undefined) continue;
      const step = (points[i + 1]?.[parameter] as number) - (points[i]?.[parameter] as number);
      const effect = (after - before) / step;
      effects[parameter]?.absolute.record(Math.abs(effect));
      effects[parameter]?.signed.record(effect);
    }
  }
  return effects.map(({ absolute, signed }) => ({
    meanAbsolute: absolute.mean,
    mean: signed.mean,
    spread: signed.count < 2 ? undefined : signed.standardDeviation,
  }));
}
