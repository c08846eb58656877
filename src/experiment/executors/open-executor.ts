/** The executor that options ask for. */
import type { RunControl } from '../run-control.ts';
import type { Executor } from './executor.ts';
import { InThisThread } from './in-this-thread.ts';
import type { Journal } from './journaled.ts';
import type { ThreadOptions } from './threads.ts';

/** Where and how jobs are carried out. */
export interface ExecutorOptions extends Partial<ThreadOptions> {
  /** Progress out, wish to stop in; has room for all jobs. */
  readonly control: RunControl;
  /** Worker threads; 0 or left out = in this thread. */
  readonly workers?: number;
  /** Keeps finished replications, and has those of an earlier try. */
  readonly journal?: { readonly journal: Journal; readonly program: string };
}

/** Opens an executor; whoever does closes it. What needs Node is loaded only when it is asked for: everything else runs without. */
export async function openExecutor(options: ExecutorOptions): Promise<Executor> {
  const executor = await withoutJournal(options);
  if (options.journal === undefined) return executor;
  const { Journaled } = await import('./journaled.ts');
  return new Journaled(executor, options.journal.journal, options.journal.program);
}

async function withoutJournal(options: ExecutorOptions): Promise<Executor> {
  const { control, workers = 0 } = options;
  if (workers === 0) return new InThisThread(control);
  const { Threads } = await import('./threads.ts');
  return new Threads(control, { ...options, workers });
}
