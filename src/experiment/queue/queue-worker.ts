/**
 * The worker's side of a queue: takes tasks of its own program, computes each on a thread, and stores the result where the coordinator finds it.
 * A worker that is told to end finishes what it can in time and gives the rest back.
 */
import { type Job as QueuedTask, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { PlimsollError } from '../../errors/index.ts';
import type { ResolvedScenario } from '../../scenario/resolved-scenario.ts';
import type { Executor, Finished } from '../executors/executor.ts';
import { pack, unpack } from '../executors/packing.ts';
import { scenarioHash, taskKey } from '../executors/task-key.ts';
import { Threads } from '../executors/threads.ts';
import { failureOf } from '../executors/worker-answers.ts';
import type { Job } from '../job.ts';
import { createRunControl, type RunControl, ranToItsEnd } from '../run-control.ts';
import { connectRedis, type QueueConnection, redisOptions } from './connection.ts';
import { tellPresence, tellRefusal } from './presence.ts';
import {
  LOCK_MS,
  MOST_STALLS,
  PREFIX,
  QUEUE_NAME,
  SCENARIO_IS_GONE,
  STALLED_LOOK_MS,
  scenarioKey,
  type TaskAnswer,
  type TaskData,
} from './protocol.ts';
import { storeBytes } from './stored-bytes.ts';

/** How a worker works. */
export interface QueueWorkerOptions {
  readonly connection: QueueConnection;
  /** The program that this is; tasks for another one are refused. */
  readonly program: string;
  /** A name of its own, told to coordinators. */
  readonly name: string;
  /** Tasks at once, each on a thread. */
  readonly workers: number;
  /** Most memory of the whole worker [B]. */
  readonly memoryBytes: number;
  /** How long it may go on with what it has begun when it is told to end, before it gives that back [ms]. */
  readonly graceMs: number;
  /** Told what a user should know. */
  readonly say: (text: string) => void;
}

/** How often progress is told [ms]. */
const PROGRESS_MS = 2000;
/** Pause after a failed attempt to take a task [ms]. */
const PAUSE_MS = 1000;
/** Scenarios that a worker remembers: those of a few points that are under way. */
const MOST_SCENARIOS = 32;

/** A worker that serves a queue. */
export interface QueueWorker {
  /** Resolves once it has ended; rejects with a coded error if it ended by itself. */
  readonly ended: Promise<void>;
  /** Tells it to end. */
  stop(): void;
}

/** Connects a worker, and waits for Redis as long as that takes. */
export async function openQueueWorker(options: QueueWorkerOptions): Promise<QueueWorker> {
  return new ServingWorker(await connectRedis(options.connection, Number.POSITIVE_INFINITY, options.say), options);
}

class ServingWorker implements QueueWorker {
  readonly ended: Promise<void>;
  private readonly redis: Redis;
  private readonly options: QueueWorkerOptions;
  private readonly control: RunControl;
  private readonly executor: Executor;
  private readonly worker: Worker<TaskData, TaskAnswer>;
  /** Places in the control that no task has, state. */
  private readonly places: number[];
  /** Scenarios by hash, the oldest first, state. */
  private readonly scenarios = new Map<string, ResolvedScenario>();
  /** Why it ends by itself, state. */
  private failure: PlimsollError | undefined;
  private conclude!: () => void;
  private isEnding = false;

  constructor(redis: Redis, options: QueueWorkerOptions) {
    this.redis = redis;
    this.options = options;
    const { connection, workers, memoryBytes, say, name } = options;
    this.control = createRunControl(workers);
    this.executor = new Threads(this.control, { workers, memoryBytes, say });
    this.places = Array.from({ length: workers }, (_, place) => place);
    this.worker = new Worker<TaskData, TaskAnswer>(QUEUE_NAME, (task, token) => this.carryOut(task, token), {
      connection: redisOptions(connection),
      prefix: PREFIX,
      name,
      concurrency: workers,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_LOOK_MS,
      maxStalledCount: MOST_STALLS,
      runRetryDelay: PAUSE_MS,
    });
    // Outages are told by the connection of our own; locks that they cost are found by others.
    this.worker.on('error', () => {});
    const endPresence = tellPresence(redis, name);
    this.ended = new Promise<void>((resolve) => {
      this.conclude = resolve;
    }).then(async () => {
      await endPresence();
      redis.disconnect();
      if (this.failure !== undefined) throw this.failure;
    });
  }

  stop(): void {
    void this.end();
  }

  /** Takes no more tasks, and ends when those that it has are over. */
  private async end(failure?: PlimsollError): Promise<void> {
    if (this.isEnding) return;
    this.isEnding = true;
    this.failure = failure;
    const giveBack = setTimeout(() => this.control.stop('interrupted'), this.options.graceMs);
    await this.worker.close();
    clearTimeout(giveBack);
    await this.executor.close();
    this.conclude();
  }

  private async carryOut(task: QueuedTask<TaskData, TaskAnswer>, token: string | undefined): Promise<TaskAnswer> {
    const { program, name } = this.options;
    if (task.data.program !== program) return await this.refuse(task, token);
    const scenario = await this.scenarioOf(task.data.scenario);
    const { runSeed, replication, explainPod } = task.data;
    const place = this.places.pop() as number;
    const explain = explainPod === undefined ? {} : { explainPod };
    const job: Job = { scenario, runSeed, replication, index: place, ...explain };
    try {
      if (taskKey(job, program) !== task.id)
        throw new PlimsollError('P704', { message: `worker ${name} got a task that is not what its key says` });
      const finished = await this.compute(job, task);
      if (finished !== undefined && ranToItsEnd(finished.result.endReason))
        return { kind: 'result', stored: await this.store(task, finished) };
    } catch (error) {
      return failureOf(error);
    } finally {
      this.places.push(place);
    }
    if (this.control.stopReason !== 'stopped for memory') return await giveBack(task, token);
    // The threads of this worker do not start again; whoever supervises it starts it anew.
    const tooLarge = new PlimsollError('P602', {
      message: `replication ${replication} of ${scenario.name} does not fit into the memory of worker ${name}`,
    });
    void this.end(tooLarge);
    return failureOf(tooLarge);
  }

  private async compute(job: Job, task: QueuedTask<TaskData, TaskAnswer>): Promise<Finished | undefined> {
    const timer = setInterval(() => {
      task.updateProgress({ ...this.control.progressOf(job.index) }).catch(() => {});
    }, PROGRESS_MS);
    try {
      return await this.executor.submit(job);
    } finally {
      clearInterval(timer);
    }
  }

  private store(task: QueuedTask<TaskData, TaskAnswer>, { packed, result }: Finished) {
    return storeBytes(this.redis, `${PREFIX}:result:${task.id}`, packed ?? pack(result));
  }

  /** A task for another program goes back, and this worker ends: a worker that cannot work must not look like one that does. */
  private async refuse(task: QueuedTask<TaskData, TaskAnswer>, token: string | undefined): Promise<never> {
    const { program, name } = this.options;
    await tellRefusal(this.redis, name, program);
    void this.end(
      new PlimsollError('P702', {
        message: `this worker is ${program}, and the queue has a task for ${task.data.program}`,
        expected: task.data.program,
      }),
    );
    return await giveBack(task, token);
  }

  private async scenarioOf(hash: string): Promise<ResolvedScenario> {
    const known = this.scenarios.get(hash);
    if (known !== undefined) return known;
    const packed = await this.redis.getBuffer(scenarioKey(hash));
    if (packed === null) throw new Error(SCENARIO_IS_GONE);
    const scenario = unpack(packed) as ResolvedScenario;
    if (scenarioHash(scenario) !== hash) throw new Error(SCENARIO_IS_GONE);
    this.scenarios.set(hash, scenario);
    const [oldest] = this.scenarios.keys();
    if (this.scenarios.size > MOST_SCENARIOS && oldest !== undefined) this.scenarios.delete(oldest);
    return scenario;
  }
}

/** Another worker may take the task. */
async function giveBack(task: QueuedTask<TaskData, TaskAnswer>, token: string | undefined): Promise<never> {
  await task.moveToWait(token);
  throw new WaitingError();
}
