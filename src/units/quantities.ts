/** Units other than time. Sizes and CPU follow Kubernetes: bytes and milli-CPU, both whole numbers. */
import type { Branded } from './time.ts';

/** A size in bytes. */
export type Bytes = Branded<'Bytes'>;
/** CPU in thousandths of a core. */
export type MilliCpu = Branded<'MilliCpu'>;
/** A rate per second. */
export type PerSecond = Branded<'PerSecond'>;
/** A share or factor without unit. */
export type Ratio = Branded<'Ratio'>;

/** Bytes in a mebibyte and a gibibyte. */
export const BYTES_PER_MEBIBYTE = 1_048_576;
export const BYTES_PER_GIBIBYTE = 1_073_741_824;

/** `n` bytes, rounded to whole ones. */
export function bytes(n: number): Bytes {
  return Math.round(n) as Bytes;
}

/** `n` thousandths of a core, rounded to whole ones. */
export function milliCpu(n: number): MilliCpu {
  return Math.round(n) as MilliCpu;
}

/** `n` per second. */
export function perSecond(n: number): PerSecond {
  return n as PerSecond;
}

/** `n` as a share or factor. */
export function ratio(n: number): Ratio {
  return n as Ratio;
}
