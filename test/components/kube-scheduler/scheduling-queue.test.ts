import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ObjectKey } from '../../../src/cluster/index.ts';
import { ObjectTables } from '../../../src/cluster/index.ts';
import { defaultConfiguration, pluginNames } from '../../../src/components/kube-scheduler/index.ts';
import { NodeColumns } from '../../../src/components/kube-scheduler/node-columns.ts';
import { ExtendedResources, PodRequirementTable } from '../../../src/components/kube-scheduler/pod-requirements.ts';
import { makeProfiles, type Profile } from '../../../src/components/kube-scheduler/profile.ts';
import { QueuedPod } from '../../../src/components/kube-scheduler/queued-pod.ts';
import { SchedulingQueue } from '../../../src/components/kube-scheduler/scheduling-queue.ts';
import { Simulation } from '../../../src/engine/index.ts';
import { materialiseParameters, type PlainParameters } from '../../../src/scenario/index.ts';
import { seconds, simTime } from '../../../src/units/index.ts';
import { amounts, nodeOf, taint, templateOf } from './scheduler-world.ts';

const bit = (name: (typeof pluginNames)[number]) => 1 << pluginNames.indexOf(name);
const FIT = bit('NodeResourcesFit');
const TAINT = bit('TaintToleration');

let simulation: Simulation;
let queue: SchedulingQueue;
let columns: NodeColumns;
let table: PodRequirementTable;
let profile: Profile;
let tables: ObjectTables;
let readyCalls: number;
let nextKey: number;

function build(overrides: PlainParameters[string] = {}): void {
  const { kubeScheduler: parameters } = materialiseParameters({ kubeScheduler: overrides });
  simulation = new Simulation({ seed: 'queue test' });
  tables = new ObjectTables();
  const extended = new ExtendedResources();
  columns = new NodeColumns(tables.keysOf('nodes'), extended);
  table = new PodRequirementTable(extended);
  profile = makeProfiles(defaultConfiguration('default-scheduler'), columns, parameters)[0] as Profile;
  readyCalls = 0;
  nextKey = 0;
  queue = new SchedulingQueue({
    name: 'queue',
    simulation,
    parameters,
    podInitialBackoff: parameters.podInitialBackoff,
    podMaxBackoff: parameters.podMaxBackoff,
    onReady: () => {
      readyCalls++;
    },
  });
}

beforeEach(() => build());

function podOf(options: Parameters<typeof templateOf>[1] = {}, id = nextKey): QueuedPod {
  return new QueuedPod(nextKey++ as ObjectKey, 1, table.of(templateOf(id, options)), profile, simulation.now);
}

function at(second: number): void {
  simulation.run(simTime(second * 1e9));
}

/** Pops a pod, lets it fail by these plugins (0 = by an error) and puts it back. */
function fail(rejectors: number): QueuedPod {
  const pod = queue.pop() as QueuedPod;
  pod.rejectors = rejectors;
  queue.giveBack(pod);
  return pod;
}

/** The facts of a node that is added or changed now. */
function nodeEvent(specification = nodeOf(), name = 'node') {
  const key = tables.keysOf('nodes').intern('', name);
  const before = columns.isKnown(key) ? columns.facts(key) : undefined;
  const version = tables.nodes.allocate(key);
  tables.nodes.specification.set(version, specification);
  tables.nodes.taints.set(version, specification.taints);
  tables.nodes.unschedulable.set(version, specification.unschedulable ? 1 : 0);
  columns.setNode(tables.nodes, version);
  return { kind: 'node', node: columns.facts(key), before } as const;
}

describe('the active queue', () => {
  test('gives pods out by priority, then by the time at which they came, then in order of arrival', () => {
    const [low, high, alsoLow] = [podOf(), podOf({ priority: 100 }), podOf()];
    for (const pod of [low, high, alsoLow]) queue.add(pod);
    at(1);
    const later = podOf({ priority: 100 });
    queue.add(later);
    const order = [];
    for (let pod = queue.pop(); pod !== undefined; pod = queue.pop()) {
      order.push(pod);
      queue.finish(pod);
    }
    expect(order).toEqual([high, later, low, alsoLow]);
  });

  test('keeps its order when any of many pods are deleted', () => {
    const priorities = fc.array(fc.nat({ max: 1000 }), { minLength: 100, maxLength: 200 });
    fc.assert(
      fc.property(priorities, fc.array(fc.nat({ max: 199 }), { minLength: 50, maxLength: 50 }), (all, deleted) => {
        build();
        const pods = all.map((priority) => podOf({ priority }));
        for (const pod of pods) queue.add(pod);
        const gone = new Set(deleted.map((index) => pods[index]));
        for (const pod of gone) if (pod !== undefined) queue.remove(pod);
        const left = pods.filter((pod) => !gone.has(pod)).map((pod) => pod.requirements.template.priority);
        const order: number[] = [];
        for (let pod = queue.pop(); pod !== undefined; pod = queue.pop()) {
          order.push(pod.requirements.template.priority);
          queue.finish(pod);
        }
        expect(order).toEqual(left.sort((a, b) => b - a));
      }),
      { numRuns: 30 },
    );
  });

  test('keeps its order whatever comes, goes and is deleted in between', () => {
    const step = fc.record({ what: fc.constantFrom('add', 'add', 'pop', 'remove'), number: fc.nat({ max: 20 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        build();
        const waiting: QueuedPod[] = [];
        for (const { what, number } of steps) {
          if (what === 'add') {
            const pod = podOf({ priority: number });
            waiting.push(pod);
            queue.add(pod);
          } else if (what === 'remove') {
            const [pod] = waiting.splice(number % Math.max(1, waiting.length), 1);
            if (pod !== undefined) queue.remove(pod);
          } else {
            const priorityOf = (pod: QueuedPod) => pod.requirements.template.priority;
            const first = waiting.reduce<QueuedPod | undefined>(
              (best, pod) => (best === undefined || priorityOf(pod) > priorityOf(best) ? pod : best),
              undefined,
            );
            expect(queue.pop()).toBe(first);
            if (first === undefined) continue;
            waiting.splice(waiting.indexOf(first), 1);
            queue.finish(first);
          }
          simulation.checkInvariants();
        }
      }),
    );
  });
});

// backoff_queue.go, parameters podInitialBackoffSeconds 1, podMaxBackoffSeconds 10
describe('back-off', () => {
  test('after errors doubles from one second to ten, expiry aligned down to seconds, looked at once a second', () => {
    queue.add(podOf());
    const tried: number[] = [];
    at(0.4);
    for (let i = 0; i < 6; i++) {
      const failedAt = simulation.now / 1e9;
      fail(0);
      expect(queue.pop()).toBeUndefined();
      let second = Math.floor(failedAt);
      while (queue.activeCount === 0) at(++second);
      tried.push(second - failedAt);
    }
    // Failed at 0.4: back-off to 1.4, aligned 1, over once second 1 is: at 2. Failed at whole seconds s: over at s + span + 1.
    expect(tried.map((span) => Number(span.toFixed(1)))).toEqual([1.6, 3, 5, 9, 11, 11]);
  });

  test('of a pod without a node is cut short by an idle scheduler', () => {
    queue.add(podOf());
    const pod = fail(FIT);
    queue.onEvent(nodeEvent());
    expect([queue.activeCount, queue.backoffCount]).toEqual([0, 1]);
    expect(queue.pop()).toBe(pod);
  });

  test('is kept to where the scheduler does not pop from the back-off queue', () => {
    build({ popFromBackoff: false });
    queue.add(podOf());
    const pod = fail(FIT);
    queue.onEvent(nodeEvent());
    expect(queue.pop()).toBeUndefined();
    at(2);
    expect(queue.pop()).toBe(pod);
  });

  test('of an error is never cut short', () => {
    queue.add(podOf());
    fail(0);
    expect(queue.backoffCount).toBe(1);
    expect(queue.pop()).toBeUndefined();
  });

  test('counts errors in a row apart from attempts that found no node', () => {
    queue.add(podOf());
    const pod = fail(0);
    at(2);
    fail(0);
    at(5);
    fail(FIT);
    expect([pod.errorCount, pod.unschedulableCount, pod.backoffUntil / 1e9]).toEqual([0, 1, 6]);
  });

  test('puts pods whose back-off ends in one second in the order of the active queue', () => {
    const [first, urgent] = [podOf(), podOf({ priority: 5 })];
    for (const pod of [urgent, first]) queue.add(pod);
    fail(FIT);
    fail(FIT);
    queue.onEvent(nodeEvent());
    expect([queue.pop(), queue.pop()]).toEqual([urgent, first]);
  });
});

describe('an unschedulable pod', () => {
  test('waits until a node comes that fits its request', () => {
    queue.add(podOf());
    fail(FIT);
    expect(queue.unschedulableCount).toBe(1);
    at(5);
    queue.onEvent(nodeEvent(nodeOf({ allocatable: amounts(400, 8) }), 'small'));
    expect(queue.unschedulableCount).toBe(1);
    queue.onEvent(nodeEvent(nodeOf(), 'large'));
    expect([queue.unschedulableCount, queue.activeCount]).toEqual([0, 1]);
  });

  test('is not helped by a node that only gets another label, nor by one that gets smaller', () => {
    const event = nodeEvent(nodeOf({ allocatable: amounts(8000, 8) }));
    expect(event.before).toBeUndefined();
    queue.add(podOf());
    fail(FIT);
    queue.onEvent(nodeEvent(nodeOf({ allocatable: amounts(8000, 8), labels: { a: 'b' } })));
    queue.onEvent(nodeEvent(nodeOf({ allocatable: amounts(4000, 8), labels: { a: 'b' } })));
    expect(queue.unschedulableCount).toBe(1);
    queue.onEvent(nodeEvent(nodeOf({ allocatable: amounts(4100, 8), labels: { a: 'b' } })));
    expect(queue.unschedulableCount).toBe(0);
  });

  test('that a taint kept off is helped by its removal, not by the end of another pod', () => {
    nodeEvent(nodeOf({ taints: [taint('dedicated', 'NoSchedule')] }));
    queue.add(podOf());
    const pod = fail(TAINT);
    queue.onEvent({ kind: 'deletion', deleted: pod.requirements });
    queue.onEvent(nodeEvent(nodeOf({ taints: [taint('dedicated', 'NoExecute')] })));
    expect(queue.unschedulableCount).toBe(1);
    queue.onEvent(nodeEvent(nodeOf()));
    expect(queue.unschedulableCount).toBe(0);
  });

  test('that lacked room is helped by the end of a placed pod', () => {
    queue.add(podOf());
    const pod = fail(FIT);
    queue.onEvent({ kind: 'deletion', deleted: pod.requirements });
    expect(queue.unschedulableCount).toBe(0);
  });

  test('is moved by every event where there are no queueing hints', () => {
    build({ queueingHints: false });
    queue.add(podOf());
    fail(TAINT);
    queue.onEvent(nodeEvent(nodeOf({ allocatable: amounts(1, 1), taints: [taint('dedicated', 'NoSchedule')] })));
    expect(queue.unschedulableCount).toBe(0);
  });

  test('is tried again after five minutes, at the next multiple of thirty seconds', () => {
    at(10);
    queue.add(podOf());
    fail(FIT);
    at(329);
    expect(queue.unschedulableCount).toBe(1);
    at(330);
    expect([queue.unschedulableCount, queue.activeCount]).toEqual([0, 1]);
    expect(readyCalls).toBe(2);
  });

  test('that fails after an event which may help it backs off instead of waiting', () => {
    queue.add(podOf());
    const pod = queue.pop() as QueuedPod;
    queue.onEvent(nodeEvent());
    pod.rejectors = FIT;
    queue.giveBack(pod);
    expect([queue.unschedulableCount, queue.backoffCount]).toEqual([0, 1]);
  });

  test('waits if what came while it was in flight cannot help it', () => {
    queue.add(podOf());
    const pod = queue.pop() as QueuedPod;
    queue.onEvent(nodeEvent(nodeOf({ allocatable: amounts(100, 1) })));
    pod.rejectors = FIT;
    queue.giveBack(pod);
    expect([queue.unschedulableCount, queue.backoffCount]).toEqual([1, 0]);
  });

  test('does not remember what came before its attempt', () => {
    for (const pod of [podOf(), podOf()]) queue.add(pod);
    const gone = queue.pop() as QueuedPod;
    queue.onEvent(nodeEvent());
    queue.finish(gone);
    fail(FIT);
    expect(queue.unschedulableCount).toBe(1);
  });
});

test('a queue that is cleared has forgotten its pods and its timers', () => {
  for (let i = 0; i < 3; i++) queue.add(podOf());
  fail(FIT);
  fail(0);
  queue.pop();
  queue.clear();
  expect([queue.activeCount, queue.backoffCount, queue.unschedulableCount]).toEqual([0, 0, 0]);
  at(1000);
  expect(queue.pop()).toBeUndefined();
  simulation.checkInvariants();
});

test('every pod popped is accounted for', () => {
  queue.add(podOf());
  const pod = queue.pop() as QueuedPod;
  simulation.checkInvariants();
  queue.finish(pod);
  simulation.checkInvariants();
  expect(() => {
    queue.finish(pod);
    simulation.checkInvariants();
  }).toThrow('1 pods popped, 2 left the queue');
});

test('seconds are what the back-off parameters say', () => {
  build({ podInitialBackoff: seconds(3), podMaxBackoff: seconds(3) });
  queue.add(podOf());
  const pod = fail(0);
  expect(pod.backoffUntil / 1e9).toBe(3);
});
