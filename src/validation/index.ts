/** What the model predicts beside what was measured. */
export type { ParameterValues } from './case-parameters.ts';
export { validationCases } from './cases/index.ts';
export { type ClassSummary, type FigureVerdict, type JudgedFigure, judgePoint, median } from './judge.ts';
export {
  type PredictionTask,
  pointsOf,
  predictAll,
  predictPoint,
  type ValidationOptions,
  type ValidationResult,
  validate,
} from './run-cases.ts';
export type { Prediction, ReferencePoint, ValidationCase } from './validation-case.ts';
