import { beforeEach, describe, expect, test } from 'vitest';
import { type NodeSpecification, ObjectTables } from '../../../src/cluster/index.ts';
import { NodeChange, NodeColumns } from '../../../src/components/kube-scheduler/node-columns.ts';
import { ZoneOrder } from '../../../src/components/kube-scheduler/node-order.ts';
import {
  ExtendedResources,
  type PodRequirements,
  PodRequirementTable,
} from '../../../src/components/kube-scheduler/pod-requirements.ts';
import { amounts, nodeOf, taint, templateOf, zone } from './scheduler-world.ts';

let tables: ObjectTables;
let columns: NodeColumns;
let pod: PodRequirements;

beforeEach(() => {
  tables = new ObjectTables();
  const extended = new ExtendedResources();
  columns = new NodeColumns(tables.keysOf('nodes'), extended);
  pod = new PodRequirementTable(extended).of(templateOf(0, { requests: amounts(500, 1, { gpu: 2 }) }));
});

/** Takes over a version of a node; returns what it changed. */
function set(name: string, specification: NodeSpecification): number {
  const version = tables.nodes.allocate(tables.keysOf('nodes').intern('', name));
  tables.nodes.specification.set(version, specification);
  tables.nodes.taints.set(version, specification.taints);
  tables.nodes.unschedulable.set(version, specification.unschedulable ? 1 : 0);
  return columns.setNode(tables.nodes, version);
}

describe('columns of nodes', () => {
  test('say what a version of a node changes, and that a heartbeat changes nothing', () => {
    const specification = nodeOf();
    expect(set('a', specification)).not.toBe(0);
    expect(set('a', specification)).toBe(0);
    expect(set('a', { ...specification, unschedulable: true })).toBe(NodeChange.Taints);
    expect(set('a', { ...specification, taints: [taint('x', 'NoSchedule')] })).toBe(NodeChange.Taints);
    expect(set('a', { ...specification, taints: [taint('x', 'NoSchedule')] })).toBe(0);
    expect(set('a', { ...specification, labels: { a: 'b' } })).toBe(NodeChange.Labels | NodeChange.Taints);
    expect(set('a', { ...specification, pods: 1 })).toBe(NodeChange.Labels | NodeChange.Allocatable);
  });

  test('count pods on nodes that are not known yet', () => {
    const key = tables.keysOf('nodes').intern('', 'later');
    columns.count(key, pod, 1);
    expect(columns.order.count).toBe(0);
    set('later', nodeOf({ allocatable: amounts(4000, 8, { gpu: 4 }) }));
    const { requested, pods, allocatable } = columns.facts(key);
    expect([requested.cpu, requested.extended, pods, allocatable.extended]).toEqual([500, { gpu: 2 }, 1, { gpu: 4 }]);
  });

  test('keep the sums of a node that went, and know it again when it comes back', () => {
    set('a', nodeOf({ unschedulable: true }));
    columns.count(0, pod, 1);
    columns.removeNode(0);
    expect([columns.order.count, columns.unschedulableCount, columns.isKnown(0), columns.find('a')]).toEqual([
      0,
      0,
      false,
      -1,
    ]);
    set('a', nodeOf());
    expect([columns.order.count, columns.unschedulableCount, columns.find('a')]).toEqual([1, 0, 0]);
    expect(columns.facts(0).pods).toBe(1);
    columns.count(0, pod, -1);
    expect(columns.facts(0).requested).toMatchObject({ cpu: 0, memory: 0, extended: { gpu: 0 } });
  });

  test('change their version with everything that a decision could see', () => {
    const versions = [];
    for (const change of [
      () => set('a', nodeOf()),
      () => set('a', nodeOf({ allocatable: amounts(1, 1) })),
      () => columns.count(0, pod, 1),
      () => columns.removeNode(0),
    ]) {
      change();
      versions.push(columns.version[0]);
    }
    expect(new Set(versions).size).toBe(4);
  });

  test('are empty once cleared', () => {
    set('a', nodeOf());
    columns.count(0, pod, 1);
    columns.clear();
    expect([columns.order.count, columns.requestedCpu[0], columns.pods[0]]).toEqual([0, 0, 0]);
  });
});

describe('the order of nodes', () => {
  test('takes zones in turn; one that runs out is passed over', () => {
    const order = new ZoneOrder();
    for (const [slot, name] of ['a', 'a', 'a', 'b', 'c', 'c'].entries()) order.add(slot, name);
    expect([...order.slots().subarray(0, 6)]).toEqual([0, 3, 4, 1, 5, 2]);
  });

  test('gives a zone that was empty the last place when it returns', () => {
    const order = new ZoneOrder();
    for (const [slot, name] of ['a', 'b'].entries()) order.add(slot, name);
    order.remove(0, 'a');
    order.add(2, 'a');
    expect([...order.slots().subarray(0, 2)]).toEqual([1, 2]);
  });

  test('follows a node that moves to another zone', () => {
    set('n0', nodeOf({ labels: zone('a') }));
    set('n1', nodeOf({ labels: zone('a') }));
    set('n2', nodeOf({ labels: zone('b') }));
    expect([...columns.order.slots().subarray(0, 3)]).toEqual([0, 2, 1]);
    set('n0', nodeOf({ labels: zone('b') }));
    expect([...columns.order.slots().subarray(0, 3)]).toEqual([1, 2, 0]);
  });

  test('has room for any number of nodes', () => {
    const order = new ZoneOrder();
    for (let slot = 0; slot < 1000; slot++) order.add(slot, `zone-${slot % 3}`);
    expect(new Set(order.slots().subarray(0, 1000)).size).toBe(1000);
  });
});
