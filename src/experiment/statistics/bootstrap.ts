/** Bootstrap intervals: the spread of a statistic over samples drawn anew, with replacement, from those that there are (B. Efron, 1979; percentiles). */
import type { RandomStream } from '../../engine/index.ts';

/** How to draw. */
export interface BootstrapOptions {
  readonly confidence: number;
  readonly resamples: number;
  readonly stream: RandomStream;
}

/** The interval of a statistic of `count` observations, which is told by the indices of those that were drawn. */
export function bootstrapInterval(
  count: number,
  statistic: (drawn: Int32Array) => number,
  { confidence, resamples, stream }: BootstrapOptions,
): [low: number, high: number] {
  const drawn = new Int32Array(count);
  const values = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    for (let i = 0; i < count; i++) drawn[i] = Math.floor(stream.next() * count);
    values[resample] = statistic(drawn);
  }
  values.sort();
  const at = (share: number): number =>
    values[Math.min(resamples - 1, Math.max(0, Math.round(share * resamples - 0.5)))] as number;
  return [at((1 - confidence) / 2), at((1 + confidence) / 2)];
}
