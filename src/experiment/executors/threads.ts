/**
 * Jobs over worker threads. A thread that dies or is stuck costs no more than its own replication, which is tried once more on another one;
 * then the run ends and says with which seed. No more jobs run at once than memory holds.
 */
import { Piscina } from 'piscina';
import { PlimsollError } from '../../errors/index.ts';
import type { Job } from '../job.ts';
import type { RunControl } from '../run-control.ts';
import { replicationSeed } from '../seeds.ts';
import type { Executor, Finished, Priority } from './executor.ts';
import { unpackedLater } from './packing.ts';
import { type Removal, STUCK_AFTER_MS, ThreadWatch } from './thread-watch.ts';
import { errorOf, type WorkerAnswer, type WorkerTask } from './worker-answers.ts';

/** How threads are set up. */
export interface ThreadOptions {
  /** Worker threads, 1 or more. */
  readonly workers: number;
  /** Most memory of the whole program [B]; undefined = no limit but Node's own for each thread. */
  readonly memoryBytes?: number | undefined;
  /** How long a job may tell nothing before its thread counts as stuck [ms]. */
  readonly stuckAfterMs?: number | undefined;
  /** What threads run, if not the program's own entry: a module with a `run` that takes a {@link WorkerTask}. */
  readonly entry?: URL | undefined;
  /** Told what a user should know: a thread that died, jobs that gave way. */
  readonly say?: ((text: string) => void) | undefined;
}

/** A worker with less heap than this dies before it has loaded the program [MiB]. */
const LEAST_HEAP_MEBIBYTES = 128;
/** How often a job is begun whose thread dies or is stuck. */
const MOST_ATTEMPTS = 2;

/** A job that waits for a thread, or is on one. */
interface Task {
  readonly job: Job;
  readonly priority: Priority;
  /** Times that it was begun and its thread died. */
  deaths: number;
  resolve(finished: Finished | undefined): void;
  reject(error: unknown): void;
}

/** A job that was handed to the pool. */
interface Running {
  readonly index: number;
  /** Ticks of its control when it was. */
  readonly ticksBefore: number;
  remove(why: Removal, error?: unknown): void;
}

/** Carries out jobs on threads of its own. */
export class Threads implements Executor {
  readonly control: RunControl;
  private readonly threads: number;
  private readonly pool: Piscina<WorkerTask, WorkerAnswer>;
  private readonly watch: ThreadWatch;
  private readonly stuckAfterMs: number;
  private readonly say: (text: string) => void;
  /** Jobs that wait, in the order in which they begin, state. */
  private readonly waiting: Task[] = [];
  /** Jobs on threads, or with the pool until a thread has loaded the program, state. */
  private readonly running = new Set<Running>();

  constructor(control: RunControl, { workers, memoryBytes, stuckAfterMs, entry, say }: ThreadOptions) {
    this.control = control;
    this.threads = workers;
    this.stuckAfterMs = stuckAfterMs ?? STUCK_AFTER_MS;
    this.say = say ?? (() => {});
    this.watch = new ThreadWatch(control, { memoryBytes, stuckAfterMs: this.stuckAfterMs });
    this.pool = new Piscina<WorkerTask, WorkerAnswer>({
      filename: (entry ?? workerFile()).href,
      name: 'run',
      // Begun when there is something to do: a search may have less to do than there are threads.
      minThreads: 0,
      maxThreads: workers,
      idleTimeout: Number.POSITIVE_INFINITY,
      ...(memoryBytes === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapLimit(memoryBytes) } }),
    });
    this.pool.on('error', (error: unknown) => this.diedWithoutJob(error));
  }

  submit(job: Job, priority: Priority = 'normal'): Promise<Finished | undefined> {
    return new Promise((resolve, reject) => {
      this.enqueue({ job, priority, deaths: 0, resolve, reject });
      this.begin();
    });
  }

  async close(): Promise<void> {
    this.watch.close();
    for (const task of this.waiting.splice(0)) task.resolve(undefined);
    await this.pool.destroy();
  }

  /** Behind the last one that begins no later. */
  private enqueue(task: Task): void {
    const behind = this.waiting.findLastIndex(({ priority }) => priority === 'normal' || task.priority !== 'normal');
    this.waiting.splice(behind + 1, 0, task);
  }

  /** Begins what fits. Jobs are handed to the pool one for each thread: of those that wait inside, it does not take the first one first. */
  private begin(): void {
    if (this.control.stopReason !== undefined) for (const task of this.waiting.splice(0)) task.resolve(undefined);
    while (this.running.size < this.threads && this.watch.hasRoom) {
      const task = this.waiting.shift();
      if (task === undefined) return;
      void this.carryOut(task).finally(() => this.begin());
    }
  }

  private async carryOut(task: Task): Promise<void> {
    const { job } = task;
    const { control } = this;
    const thread = new AbortController();
    let removal: Removal | undefined;
    let cause: unknown;
    const running: Running = {
      index: job.index,
      ticksBefore: control.ticksOf(job.index),
      remove: (why, error) => {
        removal ??= why;
        cause ??= error;
        thread.abort();
      },
    };
    this.running.add(running);
    const endWatch = this.watch.add(running);
    try {
      const answer = await this.pool.run({ job, controlMemory: control.memory }, { signal: thread.signal });
      if (answer === undefined || answer instanceof Uint8Array) task.resolve(answer && unpackedLater(answer));
      else task.reject(errorOf(answer));
    } catch (error) {
      this.threadEnded(task, removal, cause ?? error);
    } finally {
      endWatch();
      this.running.delete(running);
    }
  }

  /** A thread died before it had a job: those that wait for a thread may have waited for it, and the pool would not tell them. */
  private diedWithoutJob(error: unknown): void {
    if (isOutOfMemory(error)) this.control.stop('stopped for memory');
    for (const running of this.running)
      if (this.control.ticksOf(running.index) === running.ticksBefore) running.remove('died', error);
  }

  /** A thread ended before its job did. */
  private threadEnded(task: Task, removal: Removal | undefined, error: unknown): void {
    if (isOutOfMemory(error)) this.control.stop('stopped for memory');
    if (this.control.stopReason !== undefined || this.control.isGivenUp(task.job.index)) {
      task.resolve(undefined);
      return;
    }
    const name = nameOf(task.job);
    if (removal === 'gives way') {
      this.say(`${name} gives way: memory does not hold so many at once; it runs again when there is room`);
      this.waiting.unshift(task);
      return;
    }
    const why = removal === 'stuck' ? `was stuck for ${this.stuckAfterMs / 1000} s` : `died: ${messageOf(error)}`;
    task.deaths++;
    if (task.deaths < MOST_ATTEMPTS) {
      this.say(`the worker thread of ${name} ${why}; it is tried once more on another one`);
      this.waiting.unshift(task);
    } else task.reject(lostReplication(task.job, removal === 'stuck', why));
  }
}

function lostReplication(job: Job, isStuck: boolean, why: string): PlimsollError {
  const { scenario, runSeed, replication } = job;
  return new PlimsollError(isStuck ? 'P503' : 'P502', {
    message: `${nameOf(job)} was tried twice; its worker thread ${why}`,
    fix: `please report it; this shows it again: plimsoll run ${scenario.file} --seed ${runSeed} --replications ${replication}, with what the point of a sweep sets`,
  });
}

function nameOf({ scenario, runSeed, replication }: Job): string {
  return `replication ${replication} of ${scenario.name} (seed ${replicationSeed(runSeed, replication)})`;
}

/** Heap of one thread [MiB]: alone it may take all there is; how much all of them hold is watched beside it. */
function heapLimit(memoryBytes: number): number {
  return Math.max(Math.ceil(memoryBytes / 2 ** 20), LEAST_HEAP_MEBIBYTES);
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The compiled worker entry: beside this folder, or in dist when the sources themselves are run (tests). */
function workerFile(): URL {
  const fromSources = import.meta.url.endsWith('.ts');
  return new URL(fromSources ? '../../../dist/experiment/worker-entry.js' : '../worker-entry.js', import.meta.url);
}
