import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { revision, shop, watchEvents, withoutRoutine } from './shop.ts';

describe('one pod of a Deployment', () => {
  const world = shop(3, '    - createDeployment: { name: web, replicas: 1 }');
  const before = { revision: revision(world), pods: watchEvents(world, 'pods') };
  world.perform();
  world.runFor(15);
  const tally = world.tally(withoutRoutine(world.calls));
  const count = (call: string) => tally[call] ?? 0;

  it('takes exactly these calls for the pod itself, and no others of these clients', () => {
    const ofPod = Object.fromEntries(
      Object.entries(tally).filter(([call]) => /^(kubelet|kube-scheduler|replicaset-controller: POST)/.test(call)),
    );
    expect(ofPod).toEqual({
      // 1, 2: the ReplicaSet controller creates it and tells so.
      'replicaset-controller: POST pods 201': 1,
      'replicaset-controller: POST events 201': 1,
      // 3, 4: the scheduler binds it and tells so.
      'kube-scheduler: POST pods/binding 201': 1,
      'kube-scheduler events: POST events 201': 1,
      // 5: its token, and the namespace's first pod on a node opens a watch.
      'kubelet: POST serviceaccounts/token 201': 1,
      'kubelet: WATCH configmaps 200': 1,
      // 6, 7, 9: three statuses.
      'kubelet: GET pods 200': 3,
      'kubelet: PATCH pods/status 200': 3,
      // 8: Pulled, Created, Started.
      'kubelet events: POST events 201': 3,
    });
  });

  it('is written five times: created, bound, three statuses', () => {
    expect(world.podChanges).toHaveLength(5);
  });

  it('is told 14 times: five times to scheduler and controllers, four times to its kubelet', () => {
    expect(watchEvents(world, 'pods') - before.pods).toBe(5 * 2 + 4);
  });

  it('costs its owners a few writes of their own', () => {
    // 10, 11: status updates, coalesced; a conflict is followed by another try.
    expect(count('replicaset-controller: PUT replicasets/status 200')).toBeGreaterThanOrEqual(2);
    expect(count('replicaset-controller: PUT replicasets/status 200')).toBeLessThanOrEqual(4);
    expect(count('deployment-controller: POST replicasets 201')).toBe(1);
    expect(count('deployment-controller: POST events 201')).toBe(1);
    expect(count('deployment-controller: PUT deployments/status 200')).toBeGreaterThanOrEqual(2);
    expect(count('deployment-controller: PUT deployments/status 200')).toBeLessThanOrEqual(5);
  });

  it('costs its Service a write when it has an address and one when it is Ready', () => {
    // 12: not Ready with status two, Ready with status three.
    expect(count('endpointslice-controller: PUT endpointslices 200')).toBe(2);
    expect(count('endpoint-controller: PUT endpoints 200')).toBe(2);
  });

  it('accounts for every revision of etcd: each successful write is one', () => {
    const writes = world.calls.filter(({ verb, code, what }) => {
      const isWrite = verb === 'POST' || verb === 'PUT' || verb === 'PATCH' || verb === 'DELETE';
      return isWrite && (code === 200 || code === 201) && what !== 'POST serviceaccounts/token';
    });
    expect(revision(world) - before.revision).toBe(writes.length);
  });

  it('makes no call besides these', () => {
    const known = [
      'load client plimsoll: POST deployments 201',
      'deployment-controller: PUT deployments/status 409',
      'deployment-controller: PUT deployments/status 200',
      'deployment-controller: POST replicasets 201',
      'deployment-controller: POST events 201',
      'replicaset-controller: PUT replicasets/status 200',
      'endpointslice-controller: PUT endpointslices 200',
      'endpoint-controller: PUT endpoints 200',
    ];
    const others = Object.keys(tally).filter(
      (call) => !/^(kubelet|kube-scheduler|replicaset-controller: POST)/.test(call),
    );
    for (const call of others) expect(known).toContain(call);
  });
});

describe('a pod that goes', () => {
  const world = shop(
    3,
    `
    - createDeployment: { name: web, replicas: 2, preload: true }
    - scale: { deployments: web, replicas: 1 }`,
  );
  world.perform();
  world.runFor(15);
  const tally = world.tally(withoutRoutine(world.calls));

  it('is deleted by its controller, killed, reported and deleted for good', () => {
    expect(tally).toMatchObject({
      'replicaset-controller: DELETE pods 200': 1,
      'kubelet events: POST events 201': 1,
      'kubelet: GET pods 200': 2,
      'kubelet: PATCH pods/status 200': 1,
      'kubelet: DELETE pods 200': 1,
    });
    expect(world.calls.filter(({ reason }) => reason !== '').map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['SuccessfulDelete', 'Killing']),
    );
  });

  it('is written four times: marked, ended, its grace ended, removed', () => {
    expect(world.podChanges.map(({ terminating, gone }) => [terminating, gone])).toEqual([
      [true, false],
      [true, false],
      [true, false],
      [false, true],
    ]);
  });

  it('costs its Service at most four writes', () => {
    const slices = tally['endpointslice-controller: PUT endpointslices 200'] ?? 0;
    const endpoints = tally['endpoint-controller: PUT endpoints 200'] ?? 0;
    expect(slices).toBe(2);
    expect(slices + endpoints).toBeLessThanOrEqual(4);
    expect(endpoints).toBeGreaterThanOrEqual(1);
  });

  it('leaves nothing behind', () => {
    expect(world.stored(kinds.pods)).toHaveLength(1);
    expect(world.readyPods()).toBe(1);
  });
});
