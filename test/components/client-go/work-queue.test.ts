import { describe, expect, it } from 'vitest';
import { WorkQueue } from '../../../src/components/client-go/index.ts';
import type { Process } from '../../../src/engine/index.ts';
import { milliseconds, NS_PER_MILLISECOND, nanoseconds, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';

/** A queue whose workers take 100 ms for each key, and the record of what they did [ms]. */
function queue(workers: number, work = 100) {
  const world = new ApiWorld();
  const { simulation } = world;
  const log: string[] = [];
  const at = () => simulation.now / NS_PER_MILLISECOND;
  const made: WorkQueue = new WorkQueue(world.clientGo, 'test', workers, function* sync(key: number): Process {
    log.push(`${at()} begin ${key}`);
    yield milliseconds(work);
    log.push(`${at()} end ${key}`);
  });
  const runTo = (instant: number) => simulation.run(simTime(milliseconds(instant)));
  return { world, made, log, runTo, at };
}

describe('a work queue', () => {
  it('holds a key once while it waits', () => {
    const { made, log, runTo } = queue(1);
    for (const key of [1, 2, 2, 1, 2]) made.add(key);
    expect(made.depth).toBe(1);
    runTo(1000);
    expect(log.filter((entry) => entry.includes('begin'))).toEqual(['0 begin 1', '100 begin 2', '200 begin 1']);
  });

  it('runs a key once more if it was added while a worker had it, however often', () => {
    const { made, log, runTo } = queue(4);
    made.add(1);
    runTo(50);
    made.add(1);
    made.add(1);
    made.add(1);
    runTo(1000);
    expect(log).toEqual(['0 begin 1', '100 end 1', '100 begin 1', '200 end 1']);
  });

  it('never has two workers on one key', () => {
    const { made, log, runTo } = queue(8, 37);
    for (let i = 0; i < 200; i++) {
      runTo(i * 5);
      made.add(i % 3);
    }
    runTo(10_000);
    const busy = new Set<string>();
    for (const entry of log) {
      const [, what, key] = entry.split(' ') as [string, string, string];
      if (what === 'begin') {
        expect(busy.has(key)).toBe(false);
        busy.add(key);
      } else {
        busy.delete(key);
      }
    }
    expect(busy.size).toBe(0);
  });

  it('gives keys to idle workers in the order in which they came', () => {
    const { made, log, runTo } = queue(2);
    for (const key of [5, 3, 9, 1]) made.add(key);
    runTo(1000);
    expect(log.filter((entry) => entry.includes('begin'))).toEqual([
      '0 begin 5',
      '0 begin 3',
      '100 begin 9',
      '100 begin 1',
    ]);
  });

  it('doubles the delay of a key with each failure in a row, from 5 ms, and forgets them on success', () => {
    const { made, log, runTo, at } = queue(1, 0);
    const delays: number[] = [];
    for (let failure = 0; failure < 6; failure++) {
      const from = at();
      made.addRateLimited(1);
      const before = log.length;
      while (log.length === before) runTo(at() + 1);
      delays.push(at() - from);
    }
    expect(delays).toEqual([5, 10, 20, 40, 80, 160]);
    expect(made.requeues(1)).toBe(6);
    made.forget(1);
    expect(made.requeues(1)).toBe(0);
    const from = at();
    made.addRateLimited(1);
    runTo(from + 5);
    expect(log.filter((entry) => entry.includes('begin'))).toHaveLength(7);
  });

  it('adds at most a hundred failed keys at once and then ten a second', () => {
    const { made, log, runTo } = queue(1000, 0);
    for (let key = 0; key < 150; key++) made.addRateLimited(key);
    runTo(50);
    const begun = () => log.filter((entry) => entry.includes('begin')).length;
    expect(begun()).toBe(100);
    runTo(1050);
    expect(begun()).toBe(110);
    runTo(5050);
    expect(begun()).toBe(150);
  });

  it('takes nothing more once it has stopped', () => {
    const { made, log, runTo } = queue(1);
    for (const key of [1, 2, 3]) made.add(key);
    runTo(50);
    made.stop();
    made.add(4);
    made.addAfter(5, milliseconds(1));
    runTo(1000);
    expect(log).toEqual(['0 begin 1', '100 end 1']);
    expect(made.depth).toBe(0);
  });

  it('adds a key after a delay, at once if that is 0', () => {
    const { made, log, runTo } = queue(1, 0);
    made.addAfter(1, seconds(2));
    made.addAfter(2, nanoseconds(0));
    runTo(5000);
    expect(log.filter((entry) => entry.includes('begin'))).toEqual(['0 begin 2', '2000 begin 1']);
  });

  it('measures how long keys waited and how long they were worked on', () => {
    const { world, made, runTo } = queue(1);
    for (const key of [1, 2, 3]) made.add(key);
    runTo(1000);
    const { series } = world.recorder.result();
    const of = (metric: string) =>
      series.find((one) => one.metric === metric && one.labels === 'name=test')?.statistics;
    expect(of('workqueue_adds_total')?.final).toBe(3);
    expect(of('workqueue_queue_duration_seconds')?.sum).toBeCloseTo(0.3, 9);
    expect(of('workqueue_work_duration_seconds')?.sum).toBeCloseTo(0.3, 9);
  });
});
