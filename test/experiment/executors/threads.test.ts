import { describe, expect, it, onTestFinished } from 'vitest';
import { type Executor, type ExecutorOptions, openExecutor, runAll } from '../../../src/experiment/executors/index.ts';
import { createRunControl, type Job, joinRuns, runJob, runPoints, runScenario } from '../../../src/experiment/index.ts';
import { jobsNamed, tenPods } from './ten-pods.ts';

/** Threads in which jobs go wrong as their names say, and what they told the user. */
async function faultyThreads(options: Partial<ExecutorOptions>): Promise<{ executor: Executor; said: string[] }> {
  const said: string[] = [];
  const entry = new URL('./faulty-entry.mjs', import.meta.url);
  const control = createRunControl(10);
  const say = (text: string) => said.push(text);
  const executor = await openExecutor({ control, workers: 2, entry, say, ...options });
  onTestFinished(() => executor.close());
  return { executor, said };
}

/** What the jobs yield in this thread. */
function resultsHere(jobs: readonly Job[]) {
  return jobs.map((job) => runJob(job, createRunControl(10)));
}

describe('a worker thread that dies', () => {
  it('costs nothing but time: its replication runs on another thread, with the same result', async () => {
    const { executor, said } = await faultyThreads({});
    const jobs = jobsNamed('runs', 'dies once', 'runs');
    expect(await runAll(executor, jobs)).toEqual(resultsHere(jobs));
    expect(said).toEqual([
      'the worker thread of replication 2 of dies once (seed 3-2) died: worker exited with code: 7; it is tried once more on another one',
    ]);
  });

  it('twice over the same replication ends the run with its seed', async () => {
    const { executor } = await faultyThreads({});
    await expect(runAll(executor, jobsNamed('runs', 'dies', 'runs'))).rejects.toMatchObject({
      code: 'P502',
      details: { message: expect.stringContaining('replication 2 of dies (seed 3-2) was tried twice') },
    });
    expect(executor.control.stopReason).toBe('interrupted');
  });

  it('before it has loaded its program is told instead of being waited for', async () => {
    const entry = new URL('./no-such-entry.mjs', import.meta.url);
    const { executor } = await faultyThreads({ entry });
    await expect(runAll(executor, jobsNamed('runs'))).rejects.toMatchObject({ code: 'P502' });
  });
});

describe('a worker thread that is stuck', () => {
  it('is ended, and its replication runs on another thread', async () => {
    const { executor, said } = await faultyThreads({ stuckAfterMs: 8000 });
    const jobs = jobsNamed('hangs once');
    expect(await runAll(executor, jobs)).toEqual(resultsHere(jobs));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('was stuck for 8 s');
  });

  it('twice over the same replication ends the run with its seed', async () => {
    const { executor } = await faultyThreads({ stuckAfterMs: 500 });
    await expect(runAll(executor, jobsNamed('hangs'))).rejects.toMatchObject({
      code: 'P503',
      details: { message: expect.stringContaining('(seed 3-1)') },
    });
  });
});

it('a replication that throws is not tried again: it would throw again', async () => {
  const { executor, said } = await faultyThreads({});
  const broken = { ...tenPods, operations: 'none' as unknown as [] };
  await expect(runAll(executor, [{ scenario: broken, runSeed: '3', replication: 1, index: 0 }])).rejects.toThrow(
    'is not a function',
  );
  expect(said).toEqual([]);
});

describe('memory', () => {
  it('that one replication alone fills stops the run, without killing the process', async () => {
    const { executor } = await faultyThreads({ memoryBytes: 200 * 2 ** 20 });
    expect(await runAll(executor, jobsNamed('fills the heap', 'runs'))).toContain(undefined);
    expect(executor.control.stopReason).toBe('stopped for memory');
  });

  it('that two replications together fill makes the younger one wait until there is room', async () => {
    const control = createRunControl(10);
    const told: string[] = [];
    const letGo = (text: string) => {
      told.push(text);
      control.giveUp(control.jobs - 1);
    };
    const { executor } = await faultyThreads({ control, memoryBytes: 2 ** 30, say: letGo });
    const jobs = jobsNamed('is large', 'is large');
    expect(await runAll(executor, jobs)).toEqual(resultsHere(jobs));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('replication 2 of is large (seed 3-2) gives way');
    expect(control.stopReason).toBeUndefined();
  });
});

describe('jobs', () => {
  it('that are speculative begin when no other waits, and one that was given up yields nothing', async () => {
    for (const workers of [0, 1]) {
      const control = createRunControl(4);
      const executor = await openExecutor({ control, workers });
      onTestFinished(() => executor.close());
      const ended: number[] = [];
      const [first, second, third, fourth] = jobsNamed('ten', 'ten', 'ten', 'ten') as [Job, Job, Job, Job];
      control.giveUp(second.index);
      const submit = async (job: Job, priority?: 'speculative') => {
        const finished = await executor.submit(job, priority);
        ended.push(job.index);
        return finished?.result;
      };
      const results = await Promise.all([
        submit(first),
        submit(second, 'speculative'),
        submit(third, 'speculative'),
        submit(fourth),
      ]);
      expect(results.map((result) => result?.seed)).toEqual(['3-1', undefined, '3-3', '3-4']);
      if (workers === 1) expect(ended).toEqual([0, 3, 1, 2]);
    }
  });

  it('share the threads of one executor over several runs', async () => {
    const executor = await openExecutor({ control: createRunControl(3), workers: 1 });
    onTestFinished(() => executor.close());
    const runs = [await runScenario(tenPods, { executor }), await runScenario(tenPods, { executor, seed: '2' })];
    expect(runs).toEqual([await runScenario(tenPods), await runScenario(tenPods, { seed: '2' })]);
  });
});

it('replications that are added later join the first ones as if all had run at once', async () => {
  const [earlier] = await runPoints([{ scenario: { ...tenPods, replications: 1 }, variant: '' }]);
  const [later] = await runPoints([{ scenario: tenPods, variant: '', firstReplication: 2 }]);
  expect(later?.replications.map(({ seed }) => seed)).toEqual(['1-2', '1-3']);
  expect(joinRuns(earlier!, later!)).toEqual(await runScenario(tenPods));
});
