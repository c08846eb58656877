/**
 * The coordinator's side of a queue: jobs become tasks under the keys of their results, and results come back through Redis. Whatever Redis
 * forgets is given to it again; what workers finished for an earlier coordinator is taken.
 */
import { Queue, type Job as QueuedTask, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { PlimsollError } from '../../errors/index.ts';
import type { Executor, Finished, Priority } from '../executors/executor.ts';
import { pack, unpackedLater } from '../executors/packing.ts';
import { scenarioHash, taskKey } from '../executors/task-key.ts';
import { errorOf } from '../executors/worker-answers.ts';
import type { Job } from '../job.ts';
import type { RunControl } from '../run-control.ts';
import { replicationSeed } from '../seeds.ts';
import { simulatedPart } from '../simulated-part.ts';
import { connectRedis, type QueueConnection, redisOptions } from './connection.ts';
import { hasWorkers, refusals } from './presence.ts';
import {
  KEPT_SECONDS,
  MOST_STALLS,
  PREFIX,
  QUEUE_NAME,
  SCENARIO_IS_GONE,
  scenarioKey,
  type TaskAnswer,
  type TaskData,
  type TaskProgress,
} from './protocol.ts';
import { fetchBytes } from './stored-bytes.ts';

/** How a coordinator uses a queue. */
export interface QueueOptions {
  readonly connection: QueueConnection;
  /** The program that tasks are for. */
  readonly program: string;
  /** Told what a user should know. */
  readonly say: (text: string) => void;
}

/** How long a queue may take to answer first [ms]. */
const PATIENCE_MS = 15_000;
/** Most tasks of one coordinator in Redis at once; the rest waits here. */
const MOST_IN_QUEUE = 1000;
/** Time between two looks at stopping and at what was given up [ms]. */
const LOOK_MS = 250;
/** Looks between two comparisons with what Redis has, and between two looks at who works. */
const LOOKS_PER_COMPARISON = 8;
const LOOKS_PER_PRESENCE = 40;
/** Longest wait for Redis at the end [ms]: it may be away. */
const CLOSING_MS = 3000;
/** Lower than that of other tasks, as the library counts. */
const SPECULATIVE = 1;

/** A job and everybody who waits for its result. */
interface Task {
  readonly key: string;
  readonly job: Job;
  readonly priority: Priority;
  readonly waiters: { resolve(finished: Finished | undefined): void; reject(error: unknown): void }[];
  /** Whether its answer is being taken, state. */
  isTaken: boolean;
}

/** Opens a queue for a coordinator. */
export async function openQueue(control: RunControl, options: QueueOptions): Promise<Executor> {
  const redis = await connectRedis(options.connection, PATIENCE_MS, options.say);
  return new QueueExecutor(control, redis, options);
}

/** Carries out jobs by workers anywhere. */
class QueueExecutor implements Executor {
  readonly control: RunControl;
  private readonly redis: Redis;
  private readonly program: string;
  private readonly say: (text: string) => void;
  private readonly queue: Queue<TaskData, TaskAnswer>;
  private readonly events: QueueEvents;
  private readonly timer: NodeJS.Timeout;
  /** Tasks that wait for room in Redis, in the order in which they go there, state. */
  private readonly waiting: Task[] = [];
  /** All tasks without a result, by key; those that do not wait are in Redis, state. */
  private readonly open = new Map<string, Task>();
  /** Keys of tasks that were given to Redis, and of which nothing was taken, state. */
  private readonly queued = new Set<string>();
  /** Hashes of scenarios that Redis has, as far as is known, state. */
  private readonly given = new Set<string>();
  /** Workers whose refusal was told, state. */
  private readonly refused = new Set<string>();
  private looks = 0;
  private isComparing = false;
  private isAlone = false;

  constructor(control: RunControl, redis: Redis, { connection, program, say }: QueueOptions) {
    this.control = control;
    this.redis = redis;
    this.program = program;
    this.say = say;
    const settings = { connection: redisOptions(connection), prefix: PREFIX };
    this.queue = new Queue(QUEUE_NAME, settings);
    this.events = new QueueEvents(QUEUE_NAME, settings);
    // Outages are told by the connection of our own; what they lose is found by comparing.
    this.queue.on('error', () => {});
    this.events.on('error', () => {});
    this.events.on('completed', ({ jobId }) => void this.compareOne(jobId));
    this.events.on('failed', ({ jobId }) => void this.compareOne(jobId));
    this.events.on('progress', ({ jobId, data }) => this.progressed(jobId, data as unknown as TaskProgress));
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  submit(job: Job, priority: Priority = 'normal'): Promise<Finished | undefined> {
    return new Promise((resolve, reject) => {
      const key = taskKey(job, this.program);
      const known = this.open.get(key);
      if (known !== undefined) {
        known.waiters.push({ resolve, reject });
        return;
      }
      const task: Task = { key, job, priority, waiters: [{ resolve, reject }], isTaken: false };
      this.open.set(key, task);
      this.waiting.push(task);
      this.fill();
    });
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.stopWaiting();
    const end = async () => {
      // What a worker has begun it finishes: the result is there for whoever goes on later.
      await Promise.allSettled([...this.queued].map((key) => this.queue.remove(key)));
      await this.events.close();
      await this.queue.close();
    };
    await Promise.race([end().catch(() => {}), new Promise((resolve) => setTimeout(resolve, CLOSING_MS).unref())]);
    this.redis.disconnect();
    await Promise.allSettled([this.events.disconnect(), this.queue.disconnect()]);
  }

  /** Gives Redis as many tasks as it may have. */
  private fill(): void {
    while (this.waiting.length > 0 && this.open.size - this.waiting.length < MOST_IN_QUEUE) {
      const normal = this.waiting.findIndex(({ priority }) => priority === 'normal');
      const [task] = this.waiting.splice(Math.max(normal, 0), 1);
      if (task !== undefined) void this.give(task);
    }
  }

  /** Puts a task into the queue. One that is there already, of an earlier coordinator or in whatever state, stays as it is. */
  private async give(task: Task): Promise<void> {
    const { scenario, runSeed, replication, explainPod } = task.job;
    const hash = scenarioHash(scenario);
    try {
      if (!this.given.has(hash)) {
        this.given.add(hash);
        const { name, file } = scenario;
        const packed = Buffer.from(pack({ ...simulatedPart(scenario), name, file }));
        await this.redis.set(scenarioKey(hash), packed, 'EX', KEPT_SECONDS);
      }
      const explain = explainPod === undefined ? {} : { explainPod };
      this.queued.add(task.key);
      await this.queue.add(
        'replication',
        { program: this.program, scenario: hash, runSeed, replication, ...explain },
        {
          jobId: task.key,
          removeOnComplete: { age: KEPT_SECONDS },
          removeOnFail: { age: KEPT_SECONDS },
          ...(task.priority === 'speculative' ? { priority: SPECULATIVE } : {}),
        },
      );
    } catch (error) {
      this.settle(task, (waiter) => waiter.reject(error));
    }
  }

  private look(): void {
    this.looks++;
    if (this.control.stopReason !== undefined) this.stopWaiting();
    for (const task of this.open.values()) {
      if (!this.control.isGivenUp(task.job.index)) continue;
      this.settle(task, (waiter) => waiter.resolve(undefined));
      // One that runs cannot be removed, and yields a result that nobody takes.
      this.queue.remove(task.key).catch(() => {});
    }
    if (this.redis.status !== 'ready') return;
    if (this.looks % LOOKS_PER_COMPARISON === 1) void this.compare();
    if (this.looks % LOOKS_PER_PRESENCE === LOOKS_PER_COMPARISON) void this.lookForWorkers();
  }

  /** Nobody waits for anything any more. */
  private stopWaiting(): void {
    for (const task of this.open.values()) this.settle(task, (waiter) => waiter.resolve(undefined));
    this.waiting.length = 0;
  }

  /** Compares what is open with what Redis has: events may have been lost, and everything else too. */
  private async compare(): Promise<void> {
    if (this.isComparing) return;
    this.isComparing = true;
    const waiting = new Set(this.waiting);
    const inQueue = [...this.open.values()].filter((task) => !waiting.has(task));
    await Promise.allSettled(inQueue.map(({ key }) => this.compareOne(key, true)));
    this.isComparing = false;
  }

  private async compareOne(key: string, mayBeLost = false): Promise<void> {
    const task = this.open.get(key);
    if (task === undefined || task.isTaken) return;
    const queued = await this.queue.getJob(key).catch(() => null);
    if (queued === null || this.open.get(key) !== task || task.isTaken) return;
    if (queued === undefined) {
      if (mayBeLost) await this.giveAgain(task);
      return;
    }
    if (queued.finishedOn === undefined) return;
    task.isTaken = true;
    this.queued.delete(key);
    try {
      await this.take(task, queued);
    } catch (error) {
      this.settle(task, (waiter) => waiter.reject(error));
    } finally {
      task.isTaken = false;
    }
  }

  /** Takes what came of a task. */
  private async take(task: Task, queued: QueuedTask<TaskData, TaskAnswer>): Promise<void> {
    const answer = queued.returnvalue as TaskAnswer | null;
    if (answer?.kind === 'result') {
      const packed = await fetchBytes(this.redis, answer.stored);
      if (packed === undefined) return await this.replace(task);
      this.settle(task, (waiter) => waiter.resolve(unpackedLater(packed)));
      await Promise.allSettled([this.queue.remove(task.key), this.redis.del(answer.stored.key)]);
      return;
    }
    if (queued.failedReason === SCENARIO_IS_GONE) return await this.replace(task);
    await this.queue.remove(task.key);
    this.settle(task, (waiter) =>
      waiter.reject(answer === null ? lostTask(task.job, queued.failedReason) : errorOf(answer)),
    );
  }

  /** A task whose result or scenario is gone begins anew. */
  private async replace(task: Task): Promise<void> {
    await this.queue.remove(task.key);
    await this.giveAgain(task);
  }

  private async giveAgain(task: Task): Promise<void> {
    this.given.delete(scenarioHash(task.job.scenario));
    await this.give(task);
  }

  /** A task is over for all who wait for it. */
  private settle(task: Task, tell: (waiter: Task['waiters'][number]) => void): void {
    if (!this.open.delete(task.key)) return;
    const at = this.waiting.indexOf(task);
    if (at >= 0) this.waiting.splice(at, 1);
    for (const waiter of task.waiters) tell(waiter);
    this.fill();
  }

  private progressed(key: string, progress: TaskProgress): void {
    const task = this.open.get(key);
    if (task !== undefined) this.control.report(task.job.index, progress);
  }

  private async lookForWorkers(): Promise<void> {
    try {
      const isAlone = this.open.size > 0 && !(await hasWorkers(this.redis));
      if (isAlone && !this.isAlone) this.say('no worker is there; start one or more with plimsoll worker --queue');
      this.isAlone = isAlone;
      for (const [worker, program] of await refusals(this.redis)) {
        if (program === this.program || this.refused.has(worker)) continue;
        this.refused.add(worker);
        this.say(`worker ${worker} refuses: it is ${program}, and the tasks are for ${this.program}`);
      }
    } catch {
      // Redis has just gone away; the next look tells.
    }
  }
}

function lostTask({ scenario, runSeed, replication }: Job, reason: string | undefined): PlimsollError {
  const name = `replication ${replication} of ${scenario.name} (seed ${replicationSeed(runSeed, replication)})`;
  const why = reason?.includes('stalled')
    ? `its worker vanished more than ${MOST_STALLS} times`
    : `a worker failed: ${reason}`;
  return new PlimsollError('P703', { message: `${name} has no result: ${why}` });
}
