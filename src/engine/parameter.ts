/**
 * Parameters: the only numbers a model takes from outside. Each has a default, a unit, a range, a help text and a source,
 * so that every result can say what it rests on. A component declares its own beside the mechanism that uses them:
 *
 * ```ts
 * export const walParameters = defineParameters({
 *   snapshotCount: count({ default: 10_000, unit: 'entry', range: [1, 1e9], help: '…', source: sourceCode('…') }),
 * });
 * type Wal = ValuesOf<typeof walParameters>; // { snapshotCount: number }
 * ```
 */
import type { Nanoseconds } from '../units/index.ts';
import { createDistribution, type Distribution, type DistributionSpec } from './distribution.ts';

/** Where a default comes from. */
export interface ParameterSource {
  readonly kind: 'measured' | 'source-code' | 'documentation' | 'paper' | 'assumption';
  /** File, URL or data set; for an assumption, the reason. */
  readonly where: string;
  /** ISO date on which it was read or measured. */
  readonly retrieved: string;
  /** Conditions or remarks. */
  readonly note?: string;
}

/** What all kinds of parameters share. `unit` is for people: "request", "1/s", "B". */
interface ParameterCommon {
  readonly help: string;
  readonly unit: string;
  readonly source: ParameterSource;
}

/** A plain number; whole if `integer`. `range` is inclusive. */
export interface NumberParameter extends ParameterCommon {
  readonly type: 'number';
  readonly default: number;
  readonly integer: boolean;
  readonly range: readonly [number, number];
}

/** A fixed span of time. The value handed to the model is integer nanoseconds. */
export interface DurationParameter extends ParameterCommon {
  readonly type: 'duration';
  readonly default: Nanoseconds;
  readonly range: readonly [Nanoseconds, Nanoseconds];
}

/** A span drawn anew at each use. The value handed to the model is a {@link Distribution} of nanoseconds. */
export interface DistributionParameter extends ParameterCommon {
  readonly type: 'distribution';
  readonly default: DistributionSpec;
}

/** On or off. */
export interface BooleanParameter extends ParameterCommon {
  readonly type: 'boolean';
  readonly default: boolean;
}

/** One of several words. */
export interface ChoiceParameter<Choice extends string = string> extends ParameterCommon {
  readonly type: 'choice';
  readonly default: Choice;
  readonly choices: readonly Choice[];
}

/** Any parameter. */
export type ParameterDefinition =
  | NumberParameter
  | DurationParameter
  | DistributionParameter
  | BooleanParameter
  | ChoiceParameter;

/** The parameters of one component, by camelCase name. */
export type ParameterSet = Readonly<Record<string, ParameterDefinition>>;

/** The type of the value that a model receives for a parameter. */
export type ValueOf<P> =
  P extends ChoiceParameter<infer Choice>
    ? Choice
    : P extends NumberParameter
      ? number
      : P extends DurationParameter
        ? Nanoseconds
        : P extends DistributionParameter
          ? Distribution
          : P extends BooleanParameter
            ? boolean
            : never;

/** The values that a model receives for its set of parameters. */
export type ValuesOf<Set> = { readonly [Name in keyof Set]: ValueOf<Set[Name]> };

/** A value of a parameter as plain data: spans are nanoseconds, distributions their specification. */
export type PlainParameterValue = number | boolean | string | DistributionSpec;

/** The values of a set from their plain form; defaults stand in for those that are not given. */
export function valuesOf<Set extends ParameterSet>(
  set: Set,
  plain: Readonly<Record<string, PlainParameterValue>>,
): ValuesOf<Set> {
  const values = Object.entries(set).map(([name, definition]) => {
    const value = plain[name] ?? definition.default;
    return [name, definition.type === 'distribution' ? createDistribution(value as DistributionSpec) : value];
  });
  return Object.fromEntries(values) as ValuesOf<Set>;
}

/** A whole number. */
export function count(options: Omit<NumberParameter, 'type' | 'integer'>): NumberParameter {
  return { type: 'number', integer: true, ...options };
}

/** A real number. */
export function real(options: Omit<NumberParameter, 'type' | 'integer'>): NumberParameter {
  return { type: 'number', integer: false, ...options };
}

/** A fixed span. */
export function duration(options: Omit<DurationParameter, 'type' | 'unit'>): DurationParameter {
  return { type: 'duration', unit: 'duration', ...options };
}

/** A span drawn at each use. */
export function distribution(options: Omit<DistributionParameter, 'type' | 'unit'>): DistributionParameter {
  return { type: 'distribution', unit: 'duration', ...options };
}

/** A switch. */
export function flag(options: Omit<BooleanParameter, 'type' | 'unit'>): BooleanParameter {
  return { type: 'boolean', unit: 'switch', ...options };
}

/** A choice between words. */
export function choice<Choice extends string>(
  options: Omit<ChoiceParameter<Choice>, 'type' | 'unit'>,
): ChoiceParameter<Choice> {
  return { type: 'choice', unit: 'choice', ...options };
}

/** Date on which the reference sources were read. */
const SOURCES_READ = '2026-11-23';

/** Read in the source code of what is modelled; `where` begins with the letter of a project. */
export function sourceCode(where: string, note?: string): ParameterSource {
  return { kind: 'source-code', where, retrieved: SOURCES_READ, ...(note === undefined ? {} : { note }) };
}

/** Measured by us on real components; `where` names the file under data/measured. */
export function measured(where: string, note?: string): ParameterSource {
  return { kind: 'measured', where, retrieved: SOURCES_READ, ...(note === undefined ? {} : { note }) };
}

/** From project documentation or a published figure. */
export function documentation(where: string, note?: string): ParameterSource {
  return { kind: 'documentation', where, retrieved: SOURCES_READ, ...(note === undefined ? {} : { note }) };
}

/** Assumed, with the reason; listed in every report. */
export function assumption(reason: string): ParameterSource {
  return { kind: 'assumption', where: reason, retrieved: SOURCES_READ };
}

/** Declares a component's parameters; the identity function that keeps their types. */
export function defineParameters<const Set extends ParameterSet>(set: Set): Set {
  return set;
}
