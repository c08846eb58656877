/** Values of options: from what is typed to what is meant, or a coded error. */
import { availableParallelism } from 'node:os';
import {
  type Axis,
  PlimsollError,
  parseAxis,
  parseBytes,
  parseDuration,
  readWrittenValue,
  type WrittenValue,
} from '../index.ts';

/** One PATH=VALUE of --set. */
export type PathAndText = readonly [path: string, text: string];

/** A value of `--vary`: numbers and switches as such, everything else as text. */
export type VariedValue = string | number | boolean | null;

/** --seed: a whole number, kept as text. */
export function parseSeed(text: string): string {
  return /^\d+$/.test(text) ? text : fail('--seed', text, 'a whole number, such as 7');
}

/** --replications: 1 or more. */
export function parseReplications(text: string, option = '--replications'): number {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= 1 && value <= 10_000
    ? value
    : fail(option, text, 'a whole number from 1 to 10000');
}

/** --workers: a number, or `auto` for as many as the machine runs at once. */
export function parseWorkers(text: string): number {
  if (text === 'auto') return availableParallelism();
  const value = Number(text);
  return /^\d+$/.test(text) && value >= 1 && value <= 1024
    ? value
    : fail('--workers', text, 'a whole number from 1 to 1024, or auto');
}

/** A share between 0 and 1, both excluded: "5%", "90 %" or "0.05". */
export function parseProperShare(option: string, text: string): number {
  const match = /^(\d+\.?\d*|\.\d+)\s*(%)?$/.exec(text.trim());
  const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === undefined ? 1 : 100);
  return value > 0 && value < 1 ? value : fail(option, text, 'a share between 0 and 1, such as 5% or 0.05');
}

/** --probes: 4 or more. */
export function parseProbes(text: string): number {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= 4 && value <= 10_000
    ? value
    : fail('--probes', text, 'a whole number from 4 to 10000');
}

/** --vary PATH=…, split at the first "=". */
export function splitVary(text: string): PathAndText {
  return splitPath('--vary', text, 'PATH=LO..HI, such as nodes=100..5000, or PATH=a,b,c');
}

/** --deadline: wall time, in milliseconds. */
export function parseDeadline(text: string): number {
  const span = parseDuration(text);
  return span !== undefined && span > 0 ? span / 1e6 : fail('--deadline', text, 'a duration, such as 10m');
}

/** --grace: wall time, in milliseconds. */
export function parseGrace(text: string): number {
  const span = parseDuration(text);
  return span !== undefined && span >= 0 ? span / 1e6 : fail('--grace', text, 'a duration, such as 15s');
}

/** --memory: bytes; "8GiB" and "8Gi" are the same. */
export function parseMemory(text: string): number {
  const value = parseBytes(text.replace(/B$/, ''));
  return value !== undefined && value > 0 ? value : fail('--memory', text, 'a size, such as 8GiB');
}

/** A share such as 30% or 0.3. */
export function parseShare(option: string, text: string): number {
  const match = /^([\d.]+)(%?)$/.exec(text);
  const share = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  return share >= 0 ? share : fail(option, text, 'a share, such as 30% or 0.3');
}

/** --set PATH=VALUE, collected. */
export function collectSet(text: string, previous: readonly PathAndText[] = []): readonly PathAndText[] {
  const [path, value] = splitPath('--set', text, 'PATH=VALUE, such as nodes=500');
  return [...previous, [path, value]];
}

/** --variant NAME:PATH=VALUE,…, collected; a name alone is the scenario as it is written. */
export function collectVariant(
  text: string,
  previous: Readonly<Record<string, Readonly<Record<string, WrittenValue>>>> = {},
): Readonly<Record<string, Readonly<Record<string, WrittenValue>>>> {
  const [, name = '', rest = ''] = /^([^:=,]+)(?::(.*))?$/s.exec(text) ?? [];
  if (name === '') return fail('--variant', text, VARIANT_FORM);
  if (Object.hasOwn(previous, name)) {
    throw new PlimsollError('P102', {
      message: `two variants are named ${name}`,
      expected: 'a name of its own for each --variant',
      fix: `name the second one otherwise, such as ${name}-2`,
    });
  }
  // A comma ends a value only if a PATH follows: values may be lists.
  const parts = rest === '' ? [] : rest.split(/,(?=[A-Za-z_][\w.[\]-]*=)/);
  const values = parts.map((part) => {
    const [path, value] = splitPath('--variant', part, VARIANT_FORM);
    return [path, readWrittenValue(value, `--variant ${text}`)] as const;
  });
  return { ...previous, [name]: Object.fromEntries(values) };
}

const VARIANT_FORM =
  'NAME:PATH=VALUE,PATH=VALUE…, such as pack:schedulers.default-scheduler.settings.scoring=MostAllocated';

/** A text option that may be given several times, collected. */
export function collectText(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

/** What --vary says: lists of values, and ranges. */
export interface Varied {
  readonly lists: Readonly<Record<string, readonly VariedValue[]>>;
  readonly ranges: readonly Axis[];
}

/** --vary PATH=a,b,c or PATH=LO..HI, all of them. */
export function readVaried(texts: readonly string[]): Varied {
  const varied = texts.map(splitVary).map(([path, text]) => ({ path, text, axis: parseAxis(path, text) }));
  const lists = varied.filter(({ axis }) => axis === undefined);
  return {
    lists: Object.fromEntries(lists.map(({ path, text }) => [path, text.split(',').map(scalar)])),
    ranges: varied.flatMap(({ axis }) => axis ?? []),
  };
}

/** --trajectories: 1 or more. */
export function parseTrajectories(text: string): number {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= 1 && value <= 1000
    ? value
    : fail('--trajectories', text, 'a whole number from 1 to 1000');
}

/** --points: 1 or more. */
export function parsePoints(text: string): number {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= 1 && value <= 100_000
    ? value
    : fail('--points', text, 'a whole number from 1 to 100000');
}

function splitPath(option: string, text: string, expected: string): PathAndText {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1) return fail(option, text, expected);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** A number or switch as YAML would read it, otherwise the text. */
function scalar(text: string): VariedValue {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? text : (value as VariedValue);
  } catch {
    return text;
  }
}

function fail(option: string, text: string, expected: string): never {
  throw new PlimsollError('P102', { message: `${option} ${text} cannot be understood`, expected });
}
