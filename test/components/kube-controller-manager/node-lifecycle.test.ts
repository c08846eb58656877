import { describe, expect, it } from 'vitest';
import { ConditionStatus, kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { writes } from '../../../src/components/api-machinery/index.ts';
import { milliseconds, simTime } from '../../../src/units/index.ts';
import { ControllerWorld, podTemplate } from './controller-world.ts';

const NODE = 'node-controller';
const EVICTION = 'taint-eviction-controller';
const GRACE = 50;
/** Pods that tolerate a lost node for five seconds, as the measured ones did. */
const FIVE_SECONDS =
  '[{ key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 5 },' +
  ' { key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 5 }]';

function world(nodes: number, pods: number, overrides = {}): { made: ControllerWorld; keys: ObjectKey[] } {
  const made = new ControllerWorld(overrides);
  made.start();
  const keys = made.addNodes(nodes);
  // Until all nodes are rid of their first taints.
  made.runFor(20);
  if (pods > 0) {
    made.createReplicaSet('web', pods, podTemplate('web', 1, FIVE_SECONDS));
    made.runUntil(() => made.readyPods() === pods);
  }
  made.runFor(12);
  made.calls.length = 0;
  return { made, keys };
}

/** Instants of successful calls of one sort [s]. */
function times(made: ControllerWorld, client: string, what: string): number[] {
  return made
    .of(client, what)
    .filter(({ code }) => code < 300)
    .map(({ at }) => at);
}

describe('the node lifecycle controller', () => {
  it('costs no request while all nodes are well', () => {
    const { made } = world(20, 0);
    made.runFor(300);
    expect(made.counts(NODE)).toEqual({});
  });

  it('loses, taints and evicts a silent node with the calls and at the times that were measured', () => {
    const { made, keys } = world(20, 100);
    const node = keys[0] as ObjectKey;
    const lease = made.store.current(
      kinds.leases,
      made.tables.keysOf('leases').find('kube-node-lease', made.tables.keysOf('nodes').name(node)),
    );
    made.silence(node);
    const last = made.tables.leases.renewedAt.get(lease) / 1e9;
    made.runUntil(() => times(made, EVICTION, 'DELETE pods').length === 5);
    made.runFor(10);
    const [unknown] = times(made, NODE, 'PUT nodes/status') as [number];
    const [noSchedule, noExecute] = times(made, NODE, 'PATCH nodes') as [number, number];
    // The next pass after the grace period; renewals are seen by passes too. eviction.csv: 40.0 to 49.8 s at 40 s of grace.
    expect(unknown - last).toBeGreaterThan(GRACE);
    expect(unknown - last).toBeLessThan(GRACE + 10);
    expect(noSchedule - unknown).toBeLessThan(0.5);
    // eviction.csv: 5.4 s, the next pass and a tick of the loop.
    expect(noExecute - unknown).toBeGreaterThan(4.9);
    expect(noExecute - unknown).toBeLessThan(5.6);
    const deletions = times(made, EVICTION, 'DELETE pods');
    expect((deletions[0] as number) - noExecute).toBeGreaterThan(4.99);
    expect((deletions[4] as number) - noExecute).toBeLessThan(5.5);
    expect(made.taints(node)).toEqual(['unreachable:NoExecute', 'unreachable:NoSchedule']);
    // eviction_calls.jsonl, K=1.
    expect(made.counts(NODE)).toEqual({
      'PUT nodes/status 200': 1,
      'PUT pods/status 200': 5,
      'GET nodes 200': 2,
      'PATCH nodes 200': 2,
      'POST events 201': 6,
    });
    expect(made.counts(EVICTION)).toEqual({
      'GET pods 200': 5,
      'PATCH pods/status 200': 5,
      'DELETE pods 200': 5,
      'POST events 201': 5,
    });
    // The pods stay Terminating, since nobody ends them, and are replaced at once.
    expect(made.readyPods()).toBe(100);
    expect(made.stored(kinds.pods)).toHaveLength(105);
  });

  it('marks the pods of a lost node as not ready before any of them is evicted', () => {
    const { made, keys } = world(5, 10);
    made.silence(keys[0] as ObjectKey);
    made.runUntil(() => times(made, NODE, 'PUT pods/status').length === 2);
    expect(made.readyPods()).toBe(8);
    expect(times(made, EVICTION, 'DELETE pods')).toEqual([]);
  });

  it('taints one node at once and then one in ten seconds', () => {
    const { made, keys } = world(20, 0);
    for (const node of keys.slice(0, 4)) made.silence(node);
    made.runFor(120);
    const tainted = times(made, NODE, 'PATCH nodes');
    expect(tainted).toHaveLength(8);
    const evicted = keys.slice(0, 4).filter((node) => made.taints(node).includes('unreachable:NoExecute'));
    expect(evicted).toHaveLength(4);
    const noExecute = tainted.slice(4).sort((left, right) => left - right);
    for (let i = 1; i < noExecute.length; i++) {
      const gap = (noExecute[i] as number) - (noExecute[i - 1] as number);
      expect(gap).toBeGreaterThan(9.9);
      expect(gap).toBeLessThan(10.3);
    }
  });

  it('stops in a small zone of which more than 55 percent are lost, as measured with 12 of 20', () => {
    const { made, keys } = world(20, 0);
    for (const node of keys.slice(0, 12)) made.silence(node);
    made.runFor(300);
    const evicted = keys.filter((node) => made.taints(node).includes('unreachable:NoExecute'));
    expect(evicted.length).toBeLessThanOrEqual(2);
    expect(keys.filter((node) => made.taints(node).includes('unreachable:NoSchedule'))).toHaveLength(12);
  });

  it('goes on at a tenth of the rate in a large zone that is partly disrupted', () => {
    const { made, keys } = world(60, 0);
    for (const node of keys.slice(0, 40)) made.silence(node);
    made.runFor(90);
    const count = () => keys.filter((node) => made.taints(node).includes('unreachable:NoExecute')).length;
    const before = count();
    made.runFor(500);
    expect(count() - before).toBeGreaterThanOrEqual(4);
    expect(count() - before).toBeLessThanOrEqual(6);
  });

  it('evicts from a zone that is lost as a whole at the usual rate while another one is well', () => {
    const made = new ControllerWorld();
    made.start();
    const lost = made.addNodes(4, 'a');
    made.addNodes(4, 'b');
    made.runFor(12);
    for (const node of lost) made.silence(node);
    made.runFor(GRACE + 60);
    expect(lost.filter((node) => made.taints(node).includes('unreachable:NoExecute'))).toHaveLength(4);
  });

  it('takes all taints that evict off when every zone is lost, and gives the nodes time when one returns', () => {
    const { made, keys } = world(6, 0);
    for (const node of keys) made.silence(node);
    made.runFor(200);
    for (const node of keys) expect(made.taints(node)).toEqual(['unreachable:NoSchedule']);
    made.revive(keys[0] as ObjectKey);
    made.runFor(20);
    expect(made.taints(keys[0] as ObjectKey)).toEqual([]);
    expect(keys.filter((node) => made.taints(node).includes('unreachable:NoExecute'))).toEqual([]);
  });

  it('takes the taints off and evicts nobody when the node returns in time', () => {
    const made = new ControllerWorld();
    made.start();
    const keys = made.addNodes(10);
    made.runFor(20);
    // Pods that say nothing tolerate a lost node for 300 s.
    made.createReplicaSet('web', 20, podTemplate('web'));
    made.runUntil(() => made.readyPods() === 20);
    const node = keys[0] as ObjectKey;
    made.silence(node);
    made.runUntil(() => made.taints(node).includes('unreachable:NoExecute'));
    made.runFor(280);
    expect(made.counts(EVICTION)).toEqual({});
    made.revive(node);
    made.runFor(60);
    expect(made.ready(node)).toBe(ConditionStatus.True);
    expect(made.taints(node)).toEqual([]);
    expect(made.counts(EVICTION)).not.toHaveProperty('DELETE pods 200');
    // The pods on it are told that they may stay.
    expect(made.counts(EVICTION)['POST events 201']).toBe(2);
  });

  it('taints a node again that is lost a second time', () => {
    const { made, keys } = world(10, 0);
    const node = keys[0] as ObjectKey;
    for (let i = 0; i < 2; i++) {
      made.silence(node);
      made.runUntil(() => made.taints(node).includes('unreachable:NoExecute'));
      made.revive(node);
      made.runUntil(() => made.taints(node).length === 0);
      made.runFor(10);
    }
    expect(times(made, NODE, 'PUT nodes/status')).toHaveLength(2);
  });

  it('does not put an eviction off because another taint comes', () => {
    const made = new ControllerWorld();
    made.start();
    const [node] = made.addNodes(10) as [ObjectKey];
    made.runFor(20);
    const both = ['first', 'second']
      .map((key) => `{ key: ${key}, operator: Exists, effect: NoExecute, tolerationSeconds: 5 }`)
      .join();
    made.createReplicaSet('web', 20, podTemplate('web', 1, `[${both}]`));
    made.runUntil(() => made.readyPods() === 20);
    const taint = (key: string) => {
      const request = made.user.write(writes.nodeTaints, node);
      made.requests.object[request] = { add: [{ key, value: '', effect: 'NoExecute' }], remove: [] };
      made.send(request);
    };
    taint('first');
    made.runFor(3);
    taint('second');
    const took = made.runUntil(() => times(made, EVICTION, 'DELETE pods').length > 0);
    expect(took).toBeLessThan(2.5);
  });

  it('evicts at once from a node with a taint that nobody tolerates', () => {
    const { made, keys } = world(10, 20);
    const request = made.user.write(writes.nodeTaints, keys[0] as ObjectKey);
    made.requests.object[request] = { add: [{ key: 'maintenance', value: '', effect: 'NoExecute' }], remove: [] };
    made.send(request);
    made.runFor(2);
    expect(times(made, EVICTION, 'DELETE pods')).toHaveLength(2);
    expect(made.counts(NODE)).not.toHaveProperty('PATCH nodes 200');
  });

  it('evicts pods that say nothing 300 s after the taint', () => {
    const made = new ControllerWorld();
    made.start();
    const keys = made.addNodes(10);
    made.runFor(20);
    made.createReplicaSet('web', 20, podTemplate('web'));
    made.runUntil(() => made.readyPods() === 20);
    made.silence(keys[0] as ObjectKey);
    made.runUntil(() => made.taints(keys[0] as ObjectKey).includes('unreachable:NoExecute'));
    const took = made.runUntil(() => times(made, EVICTION, 'DELETE pods').length === 2);
    expect(took).toBeGreaterThan(299.9);
    expect(took).toBeLessThan(300.5);
  });

  it('evicts nobody who tolerates everything for good', () => {
    const made = new ControllerWorld();
    made.start();
    const keys = made.addNodes(4);
    made.createReplicaSet('web', 4, podTemplate('web', 1, '[{ operator: Exists }]'));
    made.runUntil(() => made.readyPods() === 4);
    made.silence(keys[0] as ObjectKey);
    made.runFor(600);
    expect(made.taints(keys[0] as ObjectKey)).toContain('unreachable:NoExecute');
    expect(made.counts(EVICTION)).toEqual({});
  });

  it('changes taints on the node that it has read, and tries again after a conflict', () => {
    const { made, keys } = world(3, 0);
    const node = keys[0] as ObjectKey;
    const cordon = made.user.write(writes.nodeCordon, node);
    made.requests.setNumber(cordon, 0, 1);
    made.send(cordon);
    // The node reports something every millisecond.
    for (let i = 0; i < 40; i++) {
      made.simulation.run(simTime(made.simulation.now + milliseconds(1)));
      made.reportReady(node);
    }
    made.runFor(5);
    expect(made.counts(NODE)['PATCH nodes 409']).toBeGreaterThan(0);
    expect(made.taints(node)).toEqual(['unschedulable:NoSchedule']);
  });

  it('tells of a node that joins, and keeps pods off until it is Ready', () => {
    const made = new ControllerWorld();
    made.start();
    const [node] = made.addNodes(1) as [ObjectKey];
    made.runFor(10);
    expect(made.counts(NODE)['POST events 201']).toBe(1);
    expect(made.taints(node)).toEqual([]);
  });
});
