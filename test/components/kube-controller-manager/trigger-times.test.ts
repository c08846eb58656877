import { describe, expect, it } from 'vitest';
import type { ObjectKey } from '../../../src/cluster/index.ts';
import { TriggerTimes } from '../../../src/components/kube-controller-manager/trigger-times.ts';

const SERVICE = 1 as ObjectKey;

/** Transitions by pod. */
function pods(...times: number[]): Map<ObjectKey, number> {
  return new Map(times.map((time, pod) => [pod as ObjectKey, time]));
}

describe('the trigger time of endpoints', () => {
  it('is the creation of the Service at its first sync', () => {
    expect(new TriggerTimes().oldestChange(SERVICE, 500, pods(100, 200))).toBe(500);
  });

  it('is the oldest of the changes since the last sync', () => {
    const times = new TriggerTimes();
    times.oldestChange(SERVICE, 500, pods(100, 200, 300));
    expect(times.oldestChange(SERVICE, 500, pods(100, 900, 800))).toBe(800);
    expect(times.oldestChange(SERVICE, 500, pods(950, 900, 800))).toBe(950);
  });

  it('is none if nothing changed', () => {
    const times = new TriggerTimes();
    times.oldestChange(SERVICE, 500, pods(100));
    expect(times.oldestChange(SERVICE, 500, pods(100))).toBe(-1);
  });

  it('does not know that a pod went away', () => {
    const times = new TriggerTimes();
    times.oldestChange(SERVICE, 500, pods(100, 200));
    expect(times.oldestChange(SERVICE, 500, pods(100))).toBe(-1);
  });

  it('begins anew with a Service that was made again', () => {
    const times = new TriggerTimes();
    times.oldestChange(SERVICE, 500, pods(100));
    times.forget(SERVICE);
    expect(times.oldestChange(SERVICE, 700, pods(100))).toBe(700);
  });
});
