/** All points of some cases, predicted in threads or here, and judged. The same bytes with any number of threads. */

import type { ParameterValues } from './case-parameters.ts';
import { validationCases } from './cases/index.ts';
import { type ClassSummary, type JudgedFigure, judgePoint, summarise } from './judge.ts';
import { predictInPool } from './pool.ts';
import type { Conditions, Prediction, ReferencePoint, ValidationCase } from './validation-case.ts';

/** One point to predict: plain data. */
export interface PredictionTask {
  readonly case: string;
  readonly conditions: Conditions;
  readonly overrides: ParameterValues;
}

/** What comes of it. */
export interface ValidationResult {
  readonly figures: readonly JudgedFigure[];
  readonly classes: readonly ClassSummary[];
  /** Whether every class holds. */
  readonly holds: boolean;
}

/** How to run. */
export interface ValidationOptions {
  /** Text of a file below data/. */
  readonly readData: (file: string) => string;
  /** Threads; 1 = in this one. */
  readonly workers: number;
  /** Parameters in place of those of the cases. */
  readonly overrides?: ParameterValues;
  /** Told of each prediction. */
  readonly onPredicted?: (done: number, all: number) => void;
}

/** Does one task. */
export function predictPoint({ case: name, conditions, overrides }: PredictionTask): Prediction {
  return (validationCases[name] as ValidationCase).predict(conditions, overrides);
}

/** The points of a case. */
export function pointsOf(name: string, readData: ValidationOptions['readData']): readonly ReferencePoint[] {
  const definition = validationCases[name] as ValidationCase;
  return definition.points(readData(definition.data), readData);
}

/** Predicts and judges the cases with these names. */
export async function validate(names: readonly string[], options: ValidationOptions): Promise<ValidationResult> {
  const { readData, workers, overrides = {}, onPredicted } = options;
  const points = names.flatMap((name) => pointsOf(name, readData).map((point) => ({ name, point })));
  const tasks = points.map(
    ({ name, point }): PredictionTask => ({ case: name, conditions: point.conditions, overrides }),
  );
  let done = 0;
  const predictions = await predictAll(tasks, workers, () => onPredicted?.(++done, tasks.length));
  const figures = points.flatMap(({ name, point }, i) => judgePoint(name, point, predictions[i] as Prediction));
  const classes = summarise(figures);
  return { figures, classes, holds: classes.every(({ holds }) => holds) };
}

/** Does all tasks, in so many threads; 1 = in this one. `told` is called after each. */
export async function predictAll(
  tasks: readonly PredictionTask[],
  workers: number,
  told: () => void = () => {},
): Promise<readonly Prediction[]> {
  if (workers > 1) return await predictInPool(tasks, workers, told);
  return tasks.map((task) => {
    const prediction = predictPoint(task);
    told();
    return prediction;
  });
}
