import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey, PodPhase } from '../../../src/cluster/index.ts';
import { writes } from '../../../src/components/api-machinery/index.ts';
import { ControllerWorld, podTemplate } from './controller-world.ts';

const COLLECTOR = 'generic-garbage-collector';
const POD_COLLECTOR = 'pod-garbage-collector';

describe('the garbage collector', () => {
  it('deletes the pods of a deleted ReplicaSet by a GET and a DELETE each, at 40 calls a second', () => {
    const world = new ControllerWorld({ host: { controlPlaneCores: 1 } });
    world.start();
    const key = world.createReplicaSet('web', 50, podTemplate('web'));
    world.runUntil(() => world.activePods().length === 50);
    world.runFor(30);
    world.delete(kinds.replicasets, key);
    const took = world.runUntil(() => world.stored(kinds.pods).length === 0);
    world.runFor(1);
    // replicaset_calls.jsonl, rs_delete_gc_background: 50 GETs and 50 DELETEs. It took 2.4 s, of which discovery calls, which are not
    // modelled, had used up part of the burst: 100 calls less the burst of 30 take 1.75 s at 40 a second.
    expect(world.counts(COLLECTOR)).toEqual({ 'GET pods 200': 50, 'DELETE pods 200': 50 });
    expect(took).toBeGreaterThan(1.7);
    expect(took).toBeLessThan(2.5);
  });

  it('leaves nothing behind of a Deployment that is deleted', () => {
    const world = new ControllerWorld();
    world.start();
    world.addNodes(5);
    const key = world.createDeployment('web', 20, podTemplate('web'));
    world.runUntil(() => world.isComplete(key) && world.readyPods() === 20);
    world.setTemplate(key, podTemplate('web', 2));
    world.runFor(10);
    world.delete(kinds.deployments, key);
    world.runFor(30);
    expect(world.stored(kinds.replicasets)).toEqual([]);
    expect(world.stored(kinds.pods)).toEqual([]);
    expect(world.counts(COLLECTOR)).toMatchObject({ 'GET replicasets 200': 2, 'DELETE replicasets 200': 2 });
  });

  it('finds pods that were created after their ReplicaSet was gone', () => {
    const world = new ControllerWorld();
    world.start();
    const key = world.createReplicaSet('web', 100, podTemplate('web'));
    // In the middle of the creations: the controller goes on with what it knew when it began.
    world.runUntil(() => world.activePods().length > 50);
    world.delete(kinds.replicasets, key);
    world.runFor(60);
    expect(world.counts('replicaset-controller')['POST pods 201']).toBe(100);
    expect(world.stored(kinds.pods)).toEqual([]);
  });

  it('deletes only the pod that it has read', () => {
    const world = new ControllerWorld();
    world.start();
    const key = world.createReplicaSet('web', 1, podTemplate('web'));
    world.runFor(5);
    world.delete(kinds.replicasets, key);
    world.runFor(5);
    expect(world.issued.filter(({ client }) => client === COLLECTOR).map(({ what }) => what)).toEqual([
      'GET pods',
      'DELETE pods',
    ]);
  });
});

describe('the pod garbage collector', () => {
  it('fails and deletes the pods of a node that is gone, after the quarantine', () => {
    const world = new ControllerWorld();
    world.start();
    const nodes = world.addNodes(4);
    world.createReplicaSet('web', 8, podTemplate('web'));
    world.runUntil(() => world.readyPods() === 8);
    const gone = nodes[0] as ObjectKey;
    world.silence(gone);
    world.delete(kinds.nodes, gone);
    const took = world.runUntil(() => world.counts(POD_COLLECTOR)['DELETE pods 200'] === 2);
    expect(took).toBeGreaterThan(40);
    expect(took).toBeLessThan(81);
    expect(world.counts(POD_COLLECTOR)).toEqual({
      'GET nodes 404': 1,
      'PATCH pods/status 200': 2,
      'DELETE pods 200': 2,
    });
    world.runFor(10);
    expect(world.stored(kinds.pods)).toHaveLength(8);
  });

  it('spares the pods of a node that comes back within the quarantine', () => {
    const world = new ControllerWorld();
    world.start();
    const nodes = world.addNodes(4);
    world.createReplicaSet('web', 8, podTemplate('web'));
    world.runUntil(() => world.readyPods() === 8);
    const gone = nodes[0] as ObjectKey;
    const specification = world.tables.nodes.specification.get(world.store.current(kinds.nodes, gone));
    world.delete(kinds.nodes, gone);
    world.runFor(30);
    const create = world.user.write(writes.nodeCreate, gone);
    world.requests.object[create] = specification;
    world.send(create);
    world.runFor(100);
    expect(world.counts(POD_COLLECTOR)).toEqual({});
    expect(world.stored(kinds.pods)).toHaveLength(8);
  });

  it('deletes the oldest of the pods that have ended, beyond the threshold', () => {
    const world = new ControllerWorld({ kubeControllerManager: { terminatedPodGcThreshold: 3 } });
    world.start();
    const template = podTemplate('job');
    const keys: ObjectKey[] = [];
    for (let i = 0; i < 5; i++) {
      const key = world.tables.keysOf('pods').generate('default', 'job');
      const create = world.user.write(writes.podCreate, key);
      world.requests.setNumber(create, 0, -1);
      world.requests.setNumber(create, 1, -1);
      world.requests.object[create] = template;
      world.send(create);
      world.runFor(0.1);
      keys.push(key);
      const end = world.user.write(writes.podStatus, key);
      world.requests.setNumber(end, 0, PodPhase.Succeeded);
      world.send(end);
    }
    world.runFor(25);
    const left = world.stored(kinds.pods).map((pod) => world.tables.pods.key.get(pod));
    expect(left).toEqual(keys.slice(2));
    expect(world.counts(POD_COLLECTOR)).toEqual({ 'DELETE pods 200': 2 });
  });
});
