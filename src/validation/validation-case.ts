/** What a validation case is. Everything in it that crosses between threads is plain data. */
import type { ParameterValues } from './case-parameters.ts';

/** Under which conditions a point was measured, by the names of the data. */
export type Conditions = Readonly<Record<string, string | number>>;

/** One figure of a point. */
export interface Reference {
  /** What it tells: "ops", "p50". */
  readonly metric: string;
  /** Figures of a case that are judged together; those of one metric if left out. */
  readonly family?: string;
  /** "1/s", "ms", "us", "B", "1". */
  readonly unit: string;
  readonly value: number;
  /** Least and greatest of the repeats, where there were any. */
  readonly least?: number | undefined;
  readonly most?: number | undefined;
}

/** One point: conditions, and what was seen under them. */
export interface ReferencePoint {
  /** "size=256 conc=8": names it within its case. */
  readonly name: string;
  readonly conditions: Conditions;
  readonly references: readonly Reference[];
}

/** What the model says about a point, by metric; a metric that it says nothing about is left out. */
export type Prediction = Readonly<Record<string, number>>;

/** A case. */
export interface ValidationCase {
  readonly component: 'etcd' | 'kube-apiserver' | 'kube-scheduler' | 'kube-proxy' | 'kubelet';
  /** What was measured. */
  readonly measured: string;
  /** How the model is driven, and what of the measurement it leaves out. */
  readonly driven: string;
  /** File below data/ with the points. */
  readonly data: string;
  /** The points in that file; `readData` gives what their conditions need of other files below data/. */
  readonly points: (text: string, readData: (file: string) => string) => readonly ReferencePoint[];
  /** What the model says; `overrides` replace parameters (a fit does). */
  readonly predict: (conditions: Conditions, overrides: ParameterValues) => Prediction;
}

/** Declares a case. */
export function validationCase(definition: ValidationCase): ValidationCase {
  return definition;
}

/** A number among conditions. */
export function numberOf(conditions: Conditions, name: string): number {
  const value = conditions[name];
  if (typeof value !== 'number') throw new RangeError(`the condition ${name} is no number`);
  return value;
}

/** A text among conditions. */
export function textOf(conditions: Conditions, name: string): string {
  const value = conditions[name];
  if (typeof value !== 'string') throw new RangeError(`the condition ${name} is no text`);
  return value;
}
