/** What the model predicts beside what was measured. */
export type { ParameterValues } from './case-parameters.ts';
export { validationCases } from './cases/index.ts';
export { type ClassSummary, type FigureVerdict, type JudgedFigure, judgePoint, median } from './judge.ts';
export { type OpenbFolder, type OpenbSeries, openbSeries } from './openb/openb-data.ts';
export { type OpenbComparison, type OpenbOptions, type OpenbResult, validateOpenb } from './openb/validate-openb.ts';
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
