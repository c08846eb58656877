/** The executor that options ask for. */
import type { RunControl } from '../run-control.ts';
import type { Executor } from './executor.ts';
import { InThisThread } from './in-this-thread.ts';
import type { ThreadOptions } from './threads.ts';

/** Where and how jobs are carried out. */
export interface ExecutorOptions extends Partial<ThreadOptions> {
  /** Progress out, wish to stop in; has room for all jobs. */
  readonly control: RunControl;
  /** Worker threads; 0 or left out = in this thread. */
  readonly workers?: number;
}

/** Opens an executor; whoever does closes it. */
export async function openExecutor(options: ExecutorOptions): Promise<Executor> {
  const { control, workers = 0 } = options;
  if (workers === 0) return new InThisThread(control);
  // Loaded only when threads are wanted: everything else of the library runs without Node.
  const { Threads } = await import('./threads.ts');
  return new Threads(control, { ...options, workers });
}
