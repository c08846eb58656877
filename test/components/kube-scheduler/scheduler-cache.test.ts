import { beforeEach, describe, expect, test } from 'vitest';
import { ObjectTables } from '../../../src/cluster/index.ts';
import { NodeColumns } from '../../../src/components/kube-scheduler/node-columns.ts';
import {
  ExtendedResources,
  type PodRequirements,
  PodRequirementTable,
} from '../../../src/components/kube-scheduler/pod-requirements.ts';
import { SchedulerCache } from '../../../src/components/kube-scheduler/scheduler-cache.ts';
import { Simulation } from '../../../src/engine/index.ts';
import { templateOf } from './scheduler-world.ts';

let simulation: Simulation;
let columns: NodeColumns;
let cache: SchedulerCache;
let pod: PodRequirements;
const POD = 7;
const UID = 70;

beforeEach(() => {
  simulation = new Simulation({ seed: 'cache test' });
  const tables = new ObjectTables();
  for (const name of ['a', 'b']) tables.keysOf('nodes').intern('', name);
  const extended = new ExtendedResources();
  columns = new NodeColumns(tables.keysOf('nodes'), extended);
  const table = new PodRequirementTable(extended);
  pod = table.of(templateOf(0));
  cache = new SchedulerCache(simulation, 'cache', columns, table);
});

const pods = () => [columns.pods[0], columns.pods[1]];

describe('an assumed pod', () => {
  test('takes its place at once, and keeps it when the informer confirms it', () => {
    cache.assume(POD, UID, 0, pod);
    expect([pods(), cache.isAssumed(POD, UID)]).toEqual([[1, 0], true]);
    cache.confirm(POD, 0, pod);
    expect([pods(), cache.isAssumed(POD, UID)]).toEqual([[1, 0], false]);
  });

  test('gives its place back when it is forgotten, once', () => {
    cache.assume(POD, UID, 0, pod);
    expect([cache.forget(POD, UID), cache.forget(POD, UID)]).toEqual([true, false]);
    expect(pods()).toEqual([0, 0]);
  });

  test('moves to where somebody else has bound it', () => {
    cache.assume(POD, UID, 0, pod);
    cache.confirm(POD, 1, pod);
    expect(pods()).toEqual([0, 1]);
    expect(cache.forget(POD, UID)).toBe(false);
  });

  test('is not mixed up with another of the same name', () => {
    cache.assume(POD, UID, 0, pod);
    expect(cache.isAssumed(POD, UID + 1)).toBe(false);
    expect(cache.forget(POD, UID + 1)).toBe(false);
    cache.assume(POD, UID + 1, 1, pod);
    expect([pods(), cache.forget(POD, UID)]).toEqual([[0, 1], false]);
  });

  test('is bound unseen from the answer to its binding until the informer shows it', () => {
    const seen: boolean[] = [];
    cache.finishBinding(POD, UID);
    cache.assume(POD, UID, 0, pod);
    seen.push(cache.isBoundUnseen(POD, UID));
    cache.finishBinding(POD, UID + 1);
    seen.push(cache.isBoundUnseen(POD, UID));
    cache.finishBinding(POD, UID);
    seen.push(cache.isBoundUnseen(POD, UID), cache.isBoundUnseen(POD, UID + 1));
    cache.confirm(POD, 0, pod);
    seen.push(cache.isBoundUnseen(POD, UID));
    expect(seen).toEqual([false, false, true, false, false]);
  });

  test('is not known at all once the cache is cleared', () => {
    cache.assume(POD, UID, 0, pod);
    cache.clear();
    columns.clear();
    expect(cache.isAssumed(POD, UID)).toBe(false);
    cache.remove(POD);
    expect(pods()).toEqual([0, 0]);
  });
});

test('pods of any number are placed and removed, and a removal of what is not placed does nothing', () => {
  for (let key = 0; key < 5000; key += 7) cache.confirm(key, key % 2, pod);
  for (let key = 0; key < 5000; key++) cache.remove(key);
  expect(pods()).toEqual([0, 0]);
});

test('sums that are not those of the placed pods are found out', () => {
  cache.assume(POD, UID, 0, pod);
  simulation.checkInvariants();
  cache.confirm(POD + 1, 1, pod);
  columns.count(1, pod, 1);
  expect(() => simulation.checkInvariants()).toThrow('the sums of node b are not those of its 1 pods');
});
