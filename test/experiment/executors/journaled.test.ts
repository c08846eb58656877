import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { InThisThread } from '../../../src/experiment/executors/in-this-thread.ts';
import { Journaled } from '../../../src/experiment/executors/journaled.ts';
import { canonicalText, scenarioHash, taskKey } from '../../../src/experiment/executors/task-key.ts';
import { createRunControl, type Job, runPoints } from '../../../src/experiment/index.ts';
import { loadScenario } from '../../../src/scenario/index.ts';
import { files } from '../../docs/generated-pages.ts';
import { jobsNamed, tenPods } from './ten-pods.ts';

/** Carries out jobs here, and remembers which. */
class Remembering extends InThisThread {
  readonly ran: Job[] = [];

  override async submit(job: Job) {
    this.ran.push(job);
    return await super.submit(job);
  }
}

describe('a journal', () => {
  it('has what finished, which is not run again; the run is the same', async () => {
    const kept = new Map<string, Uint8Array>();
    const journal = {
      read: (key: string) => kept.get(key),
      write: (key: string, packed: Uint8Array) => void kept.set(key, packed),
    };
    const points = [{ scenario: tenPods, variant: '' }];
    const first = new Remembering(createRunControl(3));
    const once = await runPoints([{ scenario: { ...tenPods, replications: 2 }, variant: '' }], {
      executor: new Journaled(first, journal, 'a'),
    });
    expect(first.ran).toHaveLength(2);
    const second = new Remembering(createRunControl(3));
    const more = await runPoints(points, { executor: new Journaled(second, journal, 'a') });
    expect(second.ran.map(({ replication }) => replication)).toEqual([3]);
    expect(more).toEqual(await runPoints(points));
    expect(more[0]?.replications.slice(0, 2)).toEqual(once[0]?.replications);
    const other = new Remembering(createRunControl(3));
    await runPoints(points, { executor: new Journaled(other, journal, 'another program') });
    expect(other.ran).toHaveLength(3);
  });

  it('does not get a replication that was stopped on the way', async () => {
    const written: string[] = [];
    const journal = { read: () => undefined, write: (key: string) => void written.push(key) };
    const [job] = jobsNamed('ten') as [Job];
    const control = createRunControl(1);
    const result = (await new InThisThread(control).submit(job))!.result;
    const stopped = {
      control,
      close: async () => {},
      submit: async () => ({ result: { ...result, endReason: 'interrupted' as const } }),
    };
    await new Journaled(stopped, journal, 'a').submit(job);
    expect(written).toEqual([]);
  });
});

describe('the key of a task', () => {
  const [job] = jobsNamed('ten') as [Job];

  it('is the same whatever the scenario is called and judged by, and another for whatever is simulated', () => {
    const key = taskKey(job, 'a');
    const judgedOtherwise = { ...tenPods, name: 'other', question: '?', replications: 7, file: 'elsewhere.yaml' };
    expect(taskKey({ ...job, scenario: judgedOtherwise, index: 5 }, 'a')).toBe(key);
    const others = [
      taskKey(job, 'b'),
      taskKey({ ...job, replication: 2 }, 'a'),
      taskKey({ ...job, runSeed: '4' }, 'a'),
      taskKey({ ...job, explainPod: 'default/web' }, 'a'),
      taskKey({ ...job, scenario: { ...tenPods, warmUp: (tenPods.warmUp + 1) as typeof tenPods.warmUp } }, 'a'),
    ];
    expect(new Set([key, ...others]).size).toBe(6);
  });

  it('tells numbers apart to the last bit, and does not depend on the order of keys', () => {
    expect(canonicalText({ b: [1, -0, Number.NaN], a: 'x' })).toBe('{"a":"x","b":[1,-0,NaN]}');
    expect(canonicalText({ a: 'x', b: [1, -0, Number.NaN], c: undefined })).toBe('{"a":"x","b":[1,-0,NaN]}');
    expect(canonicalText([0.1 + 0.2])).not.toBe(canonicalText([0.3]));
    expect(() => canonicalText(new Map())).toThrow(TypeError);
  });

  it('exists for every scenario that is shipped: all of what is simulated is plain data', () => {
    const directory = path.join(import.meta.dirname, '../../../scenarios');
    const names = readdirSync(directory).filter((name) => name.endsWith('.yaml'));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names)
      expect(scenarioHash(loadScenario(files, path.join(directory, name)))).toMatch(/^[\da-f]{40}$/);
  });
});
