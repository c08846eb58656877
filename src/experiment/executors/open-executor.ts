/** The executor that options ask for. */
import type { QueueConnection } from '../queue/connection.ts';
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
  /** The program that this is: results of another one are not taken. Needed for a journal and for a queue. */
  readonly program?: string;
  /** Keeps finished replications, and has those of an earlier try. */
  readonly journal?: Journal;
  /** Jobs are carried out by workers of this queue instead of here. */
  readonly queue?: QueueConnection | undefined;
}

/** Opens an executor; whoever does closes it. What needs Node is loaded only when it is asked for: everything else runs without. */
export async function openExecutor(options: ExecutorOptions): Promise<Executor> {
  const executor = await withoutJournal(options);
  if (options.journal === undefined) return executor;
  const { Journaled } = await import('./journaled.ts');
  return new Journaled(executor, options.journal, programOf(options));
}

async function withoutJournal(options: ExecutorOptions): Promise<Executor> {
  const { control, workers = 0, queue } = options;
  if (queue !== undefined) {
    const { openQueue } = await import('../queue/queue-executor.ts');
    return await openQueue(control, { connection: queue, program: programOf(options), say: options.say ?? (() => {}) });
  }
  if (workers === 0) return new InThisThread(control);
  const { Threads } = await import('./threads.ts');
  return new Threads(control, { ...options, workers });
}

function programOf({ program }: ExecutorOptions): string {
  if (program === undefined) throw new TypeError('a journal and a queue need to know which program this is');
  return program;
}
