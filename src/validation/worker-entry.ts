/** What a worker thread runs: one prediction at a time. */
import { type OpenbOutcome, type OpenbTask, runOpenb } from './openb/openb-run.ts';
import { type PredictionTask, predictPoint } from './run-cases.ts';
import type { Prediction } from './validation-case.ts';

/** Called by the pool, by this name, for each task. */
export function run(task: PredictionTask | OpenbTask): Prediction | OpenbOutcome {
  return 'openb' in task ? runOpenb(task) : predictPoint(task);
}
