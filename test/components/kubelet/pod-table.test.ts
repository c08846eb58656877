import { expect, it } from 'vitest';
import type { ObjectKey, PodTemplate } from '../../../src/cluster/index.ts';
import { PodTable } from '../../../src/components/kubelet/pod-table.ts';

it('gives the place of a pod that is gone to another one only when no request and no queue holds it any more', () => {
  const table = new PodTable();
  const add = (key: number) =>
    table.allocate(key as ObjectKey, key, 0, { initContainers: [], containers: [] } as unknown as PodTemplate);
  const slot = add(1);
  table.hold(slot);
  table.hold(slot);
  table.remove(slot);
  expect(add(2)).not.toBe(slot);
  expect(table.release(slot)).toBe(false);
  expect(add(3)).not.toBe(slot);
  expect(table.release(slot)).toBe(false);
  expect(add(4)).toBe(slot);
});
