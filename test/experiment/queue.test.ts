/** Both sides of a queue in this process. Needs redis-server (Debian: apt-get install redis-server). */
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openExecutor, runAll } from '../../src/experiment/executors/index.ts';
import { createRunControl, runJob, startQueueWorker } from '../../src/experiment/index.ts';
import { fetchBytes, storeBytes } from '../../src/experiment/queue/stored-bytes.ts';
import { jobsNamed } from './executors/ten-pods.ts';
import { hasRedis, RedisServer } from './redis-server.ts';

describe.skipIf(!hasRedis)('a queue (skipped where redis-server is not installed)', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.end());

  /** Where the queue of a test is: each has a database of its own. */
  function connectionTo(db: number) {
    return { host: '127.0.0.1', port: redis.port, db };
  }

  async function worker(db: number, program: string, name: string) {
    const limits = { workers: 1, memoryBytes: 2 ** 31, graceMs: 0 };
    const options = { connection: connectionTo(db), program, name, ...limits, say: () => {} };
    const running = await startQueueWorker(options);
    onTestFinished(async () => {
      running.stop();
      await running.ended.catch(() => {});
    });
    return running;
  }

  async function coordinator(db: number) {
    const said: string[] = [];
    const control = createRunControl(10);
    const executor = await openExecutor({
      control,
      queue: connectionTo(db),
      program: 'a',
      say: (text) => said.push(text),
    });
    onTestFinished(() => executor.close());
    return { executor, control, said };
  }

  it('yields what this thread would, once for each who asks, and keeps nothing of it', async () => {
    const { executor } = await coordinator(0);
    await worker(0, 'a', 'one');
    const jobs = jobsNamed('ten', 'ten', 'ten');
    const twice = [...jobs, { ...jobs[0]!, index: 3 }];
    const here = twice.map((job) => runJob(job, createRunControl(10)));
    expect(await runAll(executor, twice)).toEqual(here);
    await executor.close();
    const client = new Redis(redis.port, { db: 0 });
    onTestFinished(() => client.disconnect());
    expect(await client.keys('plimsoll:result:*')).toEqual([]);
    expect(await client.llen('plimsoll:tasks:wait')).toBe(0);
  });

  it('is not served by a worker of another program: it ends, says why, and its tasks are for others', async () => {
    const { executor, said } = await coordinator(1);
    const other = await worker(1, 'b', 'two');
    const jobs = jobsNamed('ten');
    const results = runAll(executor, jobs);
    await expect(other.ended).rejects.toMatchObject({ code: 'P702', details: { expected: 'a' } });
    while (!said.some((text) => text.startsWith('worker two refuses: it is b')))
      await new Promise((resolve) => setTimeout(resolve, 20));
    await worker(1, 'a', 'three');
    expect(await results).toEqual(jobs.map((job) => runJob(job, createRunControl(10))));
  });

  it('says so when nobody serves it, and leaves no task behind when the run is stopped', async () => {
    const { executor, control, said } = await coordinator(2);
    const results = runAll(executor, jobsNamed('ten', 'ten'));
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(said[0]).toContain('no worker is there');
    control.stop('interrupted');
    expect(await results).toEqual([undefined, undefined]);
    await executor.close();
    const queue = new Queue('tasks', { prefix: 'plimsoll', connection: connectionTo(2) });
    expect(await queue.getJobCountByTypes('wait', 'active', 'prioritized')).toBe(0);
    await queue.close();
  });

  it('drops what was given up, and tells errors of a replication as they are', async () => {
    const { executor, control } = await coordinator(3);
    const [first, second] = jobsNamed('ten', 'ten');
    const givenUp = executor.submit(first!, 'speculative');
    control.giveUp(0);
    expect(await givenUp).toBeUndefined();
    await worker(3, 'a', 'four');
    const broken = { ...second!.scenario, operations: 'none' as unknown as [] };
    await expect(executor.submit({ ...second!, scenario: broken })).rejects.toThrow('is not a function');
  });

  it('is not fooled by a task under the key of another', async () => {
    const { executor } = await coordinator(4);
    const [first, second] = jobsNamed('ten', 'ten');
    const results = Promise.allSettled([executor.submit(first!)]);
    const queue = new Queue('tasks', { prefix: 'plimsoll', connection: connectionTo(4) });
    onTestFinished(() => queue.close());
    let task = (await queue.getJobs(['wait']))[0];
    while (task === undefined) task = (await queue.getJobs(['wait']))[0];
    await task.updateData({ ...task.data, replication: second!.replication });
    await worker(4, 'a', 'five');
    expect(await results).toMatchObject([{ status: 'rejected', reason: { code: 'P704' } }]);
  });

  it('carries results of any size, and notices when a part of one is gone', async () => {
    const client = new Redis(redis.port, { db: 5 });
    onTestFinished(() => client.disconnect());
    const bytes = Uint8Array.from({ length: 700_000 }, (_, i) => (i * i) % 251);
    const stored = await storeBytes(client, 'bytes', bytes);
    expect(await client.llen(stored.key)).toBe(3);
    expect(Buffer.from((await fetchBytes(client, stored))!).equals(bytes)).toBe(true);
    await client.rpop(stored.key);
    expect(await fetchBytes(client, stored)).toBeUndefined();
  });
});
