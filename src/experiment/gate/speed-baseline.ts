/**
 * The simulator's speed beside what it was. Speeds are compared as multiples of a reference loop that is measured in the same run, each the least of
 * several repeats: what else a machine does can only slow things down. What looks slower is measured again before it is called so.
 */
import { PlimsollError } from '../../errors/index.ts';
import { isMap } from '../../manifests/index.ts';
import { type BenchmarkResult, fasterOf } from '../benchmark.ts';

/** `apiVersion` and `kind` of a baseline of speeds. */
const API_VERSION = 'plimsoll.dev/v1';
const KIND = 'SpeedBaseline';

/** Slower than the baseline by this share of it is slower. */
export const DEFAULT_SPEED_TOLERANCE = 0.3;
/** A suspicion is measured again this many times before it stands. */
const MORE_MEASUREMENTS = 3;

/** Speeds as multiples of the reference loop, by name of the operation or scenario. */
export type Speeds = Readonly<Record<string, number>>;

/** One speed beside its baseline. */
export interface SpeedRow {
  readonly name: string;
  /** In iterations of the reference loop; undefined = that side has it not. */
  readonly baseline: number | undefined;
  readonly now: number | undefined;
  /** Time now as a share of the baseline's; undefined if one side is missing. */
  readonly ratio: number | undefined;
  readonly isSlower: boolean;
}

/** Measured speeds beside a baseline. */
export interface SpeedCheck {
  readonly holds: boolean;
  readonly tolerance: number;
  readonly rows: readonly SpeedRow[];
  /** How often everything was measured before this was said. */
  readonly measurements: number;
}

/** A baseline file of what was measured. */
export function speedBaselineText(result: BenchmarkResult, program: string, node: string): string {
  return `${JSON.stringify({ apiVersion: API_VERSION, kind: KIND, program, node, speeds: speedsOf(result) }, null, 2)}\n`;
}

/** Reads a baseline file. Throws P401 where it is none. */
export function readSpeedBaseline(file: string, text: string): Speeds {
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    written = undefined;
  }
  if (isMap(written) && written.kind === KIND && written.apiVersion === API_VERSION && isMap(written.speeds)) {
    return written.speeds as Speeds;
  }
  throw new PlimsollError('P401', {
    message: `${file} is no baseline of speeds`,
    expected: 'a file that `plimsoll bench --write-baseline` wrote',
    fix: `write it with plimsoll bench --write-baseline ${file}`,
  });
}

/** Measures, and measures again as long as something looks slower. Returns what was measured at best, and what it says. */
export function checkSpeed(
  measure: () => BenchmarkResult,
  baseline: Speeds,
  tolerance: number,
): { readonly result: BenchmarkResult; readonly check: SpeedCheck } {
  let result = measure();
  for (let measurements = 1; ; measurements++) {
    const rows = rowsOf(speedsOf(result), baseline, tolerance);
    const holds = rows.every(({ isSlower }) => !isSlower);
    if (holds || measurements > MORE_MEASUREMENTS) return { result, check: { holds, tolerance, rows, measurements } };
    result = fasterOf(result, measure());
  }
}

/** Multiples of the reference loop by name. */
export function speedsOf({ operations, scenarios }: BenchmarkResult): Speeds {
  const rounded = ({ name, multiple }: { name: string; multiple: number }) =>
    [name, Number(multiple.toPrecision(6))] as const;
  return Object.fromEntries([...operations.map(rounded), ...scenarios.map(rounded)]);
}

function rowsOf(now: Speeds, baseline: Speeds, tolerance: number): SpeedRow[] {
  return [...new Set([...Object.keys(baseline), ...Object.keys(now)])].map((name) => {
    const [was, is] = [baseline[name], now[name]];
    const ratio = was === undefined || is === undefined ? undefined : is / was;
    return { name, baseline: was, now: is, ratio, isSlower: ratio !== undefined && ratio > 1 + tolerance };
  });
}
