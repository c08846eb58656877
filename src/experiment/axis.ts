/**
 * The range of values that a search goes over, as it is typed: `100..5000`, `1..64`, `20/s..500/s`, `1ms..50ms`, `256Mi..8Gi`. Values between
 * are written in the unit of the lower end, with three digits, so that a probe's value can be typed again.
 */
import { PlimsollError } from '../errors/index.ts';
import type { WrittenValue } from '../scenario/resolved-scenario.ts';

/** Digits of a value between the ends: finer than any precision that is asked for. */
const DIGITS = 3;

/** Units that convert into each other, each family in terms of its first. */
const FAMILIES: readonly Readonly<Record<string, number>>[] = [
  { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9, d: 86_400e9 },
  { '': 1, n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
  { '/s': 1, '/m': 1 / 60, '/h': 1 / 3600 },
];

/** Values of one PATH from one end to the other. */
export interface Axis {
  readonly path: string;
  readonly low: number;
  readonly high: number;
  /** What follows the number: "", "/s", "ms", "Gi". */
  readonly unit: string;
  /** Only whole numbers: both ends were typed as such, without a unit. */
  readonly isWhole: boolean;
  /** Equal steps are equal ratios; otherwise equal differences. */
  readonly isLogarithmic: boolean;
}

/** Reads the part of `--vary PATH=LO..HI` behind the "="; undefined if it is no range at all. Throws P102 for a range that cannot be. */
export function parseAxis(path: string, text: string): Axis | undefined {
  const match = /^(.+?)\.\.(.+)$/.exec(text.trim());
  if (match === null) return undefined;
  const [low, high] = [readEnd(match[1] as string), readEnd(match[2] as string)];
  if (low === undefined || high === undefined)
    return refuse(path, text, 'two numbers, such as 100..5000 or 20/s..500/s');
  const unit = low.unit === '' ? high.unit : low.unit;
  const factor = ratioOf(high.unit === '' ? unit : high.unit, unit);
  if (factor === undefined) return refuse(path, text, 'two numbers of the same unit');
  // Decimal factors leave a last bit that nobody typed.
  const top = Number((high.number * factor).toPrecision(12));
  if (!(top > low.number)) return refuse(path, text, 'a range that goes upwards');
  const isWhole =
    unit === '' && Number.isInteger(low.number) && Number.isInteger(top) && !/[.eE]/.test(text.replace('..', ''));
  return { path, low: low.number, high: top, unit, isWhole, isLogarithmic: low.number > 0 };
}

/** Where a value lies between the ends: 0 = the lower one, 1 = the upper one. */
export function positionOf({ low, high, isLogarithmic }: Axis, value: number): number {
  return isLogarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

/** The exact value at a position; positions outside of 0 to 1 lie outside of the range. */
export function valueAt({ low, high, isLogarithmic }: Axis, position: number): number {
  return isLogarithmic ? low * (high / low) ** position : low + (high - low) * position;
}

/** The value to probe near a position: of `steps` equal steps of the range the nearest, so that values are probed again, not others beside them. */
export function probeValueAt(axis: Axis, position: number, steps: number): number {
  const nearest = Math.round(Math.min(1, Math.max(0, position)) * steps) / steps;
  const value = roundValue(axis, valueAt(axis, nearest));
  return Math.min(axis.high, Math.max(axis.low, value));
}

/** Rounds to what can be typed. */
export function roundValue({ isWhole }: Axis, value: number): number {
  const short = Number(value.toPrecision(DIGITS));
  return isWhole ? Math.round(short) : short;
}

/** A value as the scenario takes it: a number, or text with its unit. */
export function writeValue({ unit }: Axis, value: number): WrittenValue {
  return unit === '' ? value : `${value}${unit}`;
}

/** A value that a scenario has for the PATH, as a number on the axis; undefined if it is none. */
export function readValue({ unit }: Axis, written: unknown): number | undefined {
  if (typeof written !== 'string' && typeof written !== 'number') return undefined;
  const end = readEnd(String(written));
  if (end === undefined) return undefined;
  const factor = ratioOf(end.unit === '' && unit === '/s' ? unit : end.unit, unit);
  return factor === undefined ? undefined : Number((end.number * factor).toPrecision(12));
}

function readEnd(text: string): { number: number; unit: string } | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\/?[A-Za-zµ]*)$/.exec(text.trim());
  if (match === null) return undefined;
  const unit = match[2] as string;
  return FAMILIES.some((family) => Object.hasOwn(family, unit)) ? { number: Number(match[1]), unit } : undefined;
}

/** How many of `to` one of `from` is; undefined if they do not convert. */
function ratioOf(from: string, to: string): number | undefined {
  if (from === to) return 1;
  const family = FAMILIES.find((units) => Object.hasOwn(units, from) && Object.hasOwn(units, to));
  return family === undefined ? undefined : (family[from] as number) / (family[to] as number);
}

function refuse(path: string, text: string, expected: string): never {
  throw new PlimsollError('P102', { message: `--vary ${path}=${text} is no range to search`, expected });
}
