/**
 * Parsers for the units that people type: Kubernetes quantities ("500m", "8Gi"), Go durations ("1m30s") and rates ("10/s").
 * Each returns `undefined` for text that is not of the form; the caller knows the file and the path and makes the message.
 */
import { type Bytes, bytes, type MilliCpu, milliCpu, type PerSecond, perSecond } from './quantities.ts';
import { type Nanoseconds, nanoseconds } from './time.ts';

const SUFFIX_FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity ("1500m", "1.5", "2Gi", "1e3") as a plain number; `undefined` if it is none. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/.exec(text.trim());
  if (match === null) return undefined;
  const value = Number(`${match[1]}${match[2] ?? ''}`) * (SUFFIX_FACTORS[match[3] ?? ''] as number);
  return Number.isFinite(value) ? value : undefined;
}

/** A CPU quantity in milli-CPU, rounded up as Kubernetes does; `undefined` if the text is none or negative. */
export function parseMilliCpu(text: string | number): MilliCpu | undefined {
  const cores = typeof text === 'number' ? text : parseQuantity(text);
  if (cores === undefined || !Number.isFinite(cores) || cores < 0) return undefined;
  // A product such as 0.1 * 1000 may land a hair above the whole number it stands for.
  return milliCpu(Math.ceil(Number((cores * 1000).toPrecision(12))));
}

/** A memory or storage quantity in bytes, rounded up; `undefined` if the text is none or negative. */
export function parseBytes(text: string | number): Bytes | undefined {
  const value = typeof text === 'number' ? text : parseQuantity(text);
  if (value === undefined || !Number.isFinite(value) || value < 0) return undefined;
  return bytes(Math.ceil(Number(value.toPrecision(15))));
}

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
};

/** A Go duration ("300ms", "1m30s", "1.5h", also "2d") as a span; `undefined` if it is none. "0" needs no unit. */
export function parseDuration(text: string): Nanoseconds | undefined {
  const trimmed = text.trim();
  if (trimmed === '0') return nanoseconds(0);
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const part of trimmed.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h|d)/g)) {
    total += Number(part[1]) * (DURATION_UNITS[part[2] as string] as number);
  }
  return Number.isSafeInteger(Math.round(total)) ? nanoseconds(total) : undefined;
}

/** A rate ("10/s", "30/m", "5/h" or a plain number per second); `undefined` if it is none or not positive. */
export function parseRate(text: string | number): PerSecond | undefined {
  if (typeof text === 'number') return Number.isFinite(text) && text > 0 ? perSecond(text) : undefined;
  const match = /^(\d+\.?\d*|\.\d+)\s*(?:\/\s*(s|m|h))?$/.exec(text.trim());
  if (match === null) return undefined;
  const value = Number(match[1]) / ({ s: 1, m: 60, h: 3600 }[match[2] ?? 's'] as number);
  return value > 0 ? perSecond(value) : undefined;
}

/** A duration for people: "1m30s", "250ms", "12.5s". */
export function formatDuration(span: number): string {
  if (span >= 60e9) {
    const totalSeconds = Math.round(span / 1e9);
    const hours = Math.floor(totalSeconds / 3600);
    const minutes = Math.floor((totalSeconds % 3600) / 60);
    const rest = totalSeconds % 60;
    return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${rest > 0 ? `${rest}s` : ''}`;
  }
  if (span >= 1e9) return `${Number((span / 1e9).toPrecision(4))}s`;
  if (span >= 1e6) return `${Number((span / 1e6).toPrecision(4))}ms`;
  if (span >= 1e3) return `${Number((span / 1e3).toPrecision(4))}us`;
  return `${span}ns`;
}
