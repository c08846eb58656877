/** Predictions over worker threads; results in the order of the tasks. */
import { Piscina } from 'piscina';
import type { PredictionTask } from './run-cases.ts';
import type { Prediction } from './validation-case.ts';

/** Does all tasks in so many threads; `told` is called after each. */
export async function predictInPool<Task = PredictionTask, Outcome = Prediction>(
  tasks: readonly Task[],
  workers: number,
  told: () => void,
): Promise<Outcome[]> {
  const threads = Math.min(workers, tasks.length);
  const pool = new Piscina<Task, Outcome>({
    filename: workerFile(),
    name: 'run',
    minThreads: threads,
    maxThreads: threads,
  });
  try {
    return await Promise.all(
      tasks.map(async (task) => {
        const prediction = await pool.run(task);
        told();
        return prediction;
      }),
    );
  } finally {
    await pool.destroy();
  }
}

/** The compiled worker entry: beside this file, or in dist when the sources themselves are run (tests). */
function workerFile(): string {
  const fromSources = import.meta.url.endsWith('.ts');
  return new URL(fromSources ? '../../dist/validation/worker-entry.js' : './worker-entry.js', import.meta.url).href;
}
