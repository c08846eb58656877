import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { ControllerWorld, podTemplate } from './controller-world.ts';

const DEPLOYMENT = 'deployment-controller';
const REPLICA_SET = 'replicaset-controller';
/** As measured: Kubernetes 1.25 on one core. */
const MEASURED = { host: { controlPlaneCores: 1 }, kubeControllerManager: { replicaSetConsistency: false } };

/** A world with twenty nodes and a Service, as the measured one. */
function world(overrides = {}): ControllerWorld {
  const made = new ControllerWorld({ ...MEASURED, ...overrides });
  made.start();
  made.addNodes(20);
  made.createService('web', 'web');
  made.runFor(2);
  made.calls.length = 0;
  return made;
}

/** spec.replicas of ReplicaSets by template, old one first. */
function sizes(of: ControllerWorld): number[] {
  return of.stored(kinds.replicasets).map((version) => of.tables.replicasets.replicas.get(version));
}

function untilComplete(of: ControllerWorld, key: ObjectKey): number {
  of.runFor(0.05);
  return of.runUntil(() => of.isComplete(key)) + 0.05;
}

describe('the Deployment controller', () => {
  it('makes the calls of one small Deployment as they were measured', () => {
    const small = world();
    const key = small.createDeployment('web', 3, podTemplate('web'));
    untilComplete(small, key);
    small.runFor(5);
    // deployment_calls.jsonl, create R=3.
    const deployment = small.counts(DEPLOYMENT);
    expect(deployment).toMatchObject({
      'POST replicasets 201': 1,
      'POST events 201': 1,
      'PUT deployments/status 409': 1,
    });
    expect(Math.abs((deployment['PUT deployments/status 200'] as number) - 5)).toBeLessThanOrEqual(1);
    const replicaSet = small.counts(REPLICA_SET);
    expect(replicaSet).toMatchObject({ 'POST pods 201': 3, 'POST events 201': 3 });
    expect(Math.abs((replicaSet['PUT replicasets/status 200'] as number) - 4)).toBeLessThanOrEqual(1);
    expect(deployment).not.toHaveProperty('PUT replicasets 200');
  });

  it.each([
    // deployment.csv: replicas, seconds, PUTs of deployments/status and of replicasets/status.
    [50, 1.981, 8, 7],
    [30, undefined, 10, 9],
  ])('creates %d replicas with the calls that were measured', (replicas, measured, deploymentPuts, replicaSetPuts) => {
    const made = world();
    const key = made.createDeployment('web', replicas, podTemplate('web'));
    const took = untilComplete(made, key);
    // The run with 30 was slowed by other work: its calls count, its time does not.
    if (measured !== undefined) expect(Math.abs(took / measured - 1)).toBeLessThan(0.1);
    const near = (calls: number | undefined, reference: number) =>
      expect(Math.abs((calls ?? 0) - reference)).toBeLessThanOrEqual(3);
    near(made.counts(DEPLOYMENT)['PUT deployments/status 200'], deploymentPuts);
    near(made.counts(REPLICA_SET)['PUT replicasets/status 200'], replicaSetPuts);
    expect(made.counts(REPLICA_SET)['POST pods 201']).toBe(replicas);
  });

  it.each([
    // deployment.csv, rep2_tmpfs and default: seconds, PUTs of replicasets, of replicasets/status and of deployments/status.
    [10, 2.3, 11, 30, 25],
    [50, 6.498, 10, 23, 25],
    [100, 11.863, 10, 23, 23],
    [200, 21.424, 10, 20, 22],
  ])(
    'rolls %d replicas in the time and with the calls that were measured',
    (replicas, seconds, sets, statuses, own) => {
      const made = world();
      const key = made.createDeployment('web', replicas, podTemplate('web'));
      untilComplete(made, key);
      made.runFor(30);
      made.calls.length = 0;
      made.setTemplate(key, podTemplate('web', 2));
      const took = untilComplete(made, key);
      expect(Math.abs(took / seconds - 1)).toBeLessThan(0.1);
      const calls = made.counts(DEPLOYMENT);
      expect(calls['POST replicasets 201']).toBe(1);
      // How many waves there are depends on how pods and syncs interleave: within 40 %.
      const near = (count: number | undefined, reference: number) =>
        expect(Math.abs((count ?? 0) / reference - 1)).toBeLessThanOrEqual(0.4);
      near(calls['PUT replicasets 200'], sets);
      near(calls['PUT deployments/status 200'], own);
      near(made.counts(REPLICA_SET)['PUT replicasets/status 200'], statuses);
      expect(made.counts(REPLICA_SET)).toMatchObject({ 'POST pods 201': replicas, 'DELETE pods 200': replicas });
    },
  );

  it('never has fewer available pods than allowed, nor more wanted ones than may surge', () => {
    const made = world();
    const key = made.createDeployment('web', 40, podTemplate('web'));
    untilComplete(made, key);
    made.runFor(30);
    made.setTemplate(key, podTemplate('web', 2));
    made.runFor(0.05);
    let least = 40;
    let most = 40;
    made.runUntil(() => {
      least = Math.min(least, made.readyPods());
      most = Math.max(
        most,
        sizes(made).reduce((sum, size) => sum + size, 0),
      );
      return made.isComplete(key);
    });
    expect(least).toBeGreaterThanOrEqual(30);
    expect(most).toBe(50);
  });

  it('opens a rollout of 100 as the ledger says: 25 new, 75 old, then 50 new', () => {
    const made = world();
    const key = made.createDeployment('web', 100, podTemplate('web'));
    untilComplete(made, key);
    made.runFor(30);
    const seen: string[] = [];
    made.setTemplate(key, podTemplate('web', 2));
    made.runUntil(() => {
      const now = sizes(made).join('+');
      if (seen[seen.length - 1] !== now) seen.push(now);
      return seen.length === 4;
    });
    expect(seen).toEqual(['100', '100+25', '75+25', '75+50']);
  });

  it('takes unhealthy old replicas first and then, in the same sync, as many healthy ones as may go', () => {
    const made = world({ kubeControllerManager: { concurrentReplicaSetSyncs: 1 } });
    const key = made.createDeployment('web', 10, podTemplate('web'), {
      strategy: { type: 'RollingUpdate', maxSurge: 3, maxUnavailable: 5 },
    });
    untilComplete(made, key);
    for (const pod of made.activePods().slice(0, 2)) {
      made.breakPod(made.tables.pods.key.get(pod) as ObjectKey);
    }
    made.runFor(10);
    // The only worker of the ReplicaSet controller is busy, so that no status comes between the two PUTs.
    made.createReplicaSet('busy', 300, podTemplate('busy'));
    made.runFor(1);
    made.calls.length = 0;
    made.setTemplate(key, podTemplate('web', 2));
    made.runUntil(() => made.of(DEPLOYMENT, 'PUT replicasets').length === 2);
    made.runFor(0.1);
    // 13 in all less the 5 that must stay less 3 new ones that are not available: 5 may go, 2 of them unhealthy.
    expect(made.counts(DEPLOYMENT)['PUT replicasets 409']).toBeUndefined();
    expect(sizes(made)[0]).toBe(5);
  });

  it('deletes all old pods before it creates new ones if told to recreate', () => {
    const made = world();
    const strategy = { type: 'Recreate', maxSurge: '25%', maxUnavailable: '25%' } as const;
    const old = podTemplate('web');
    const key = made.createDeployment('web', 6, old, { strategy });
    untilComplete(made, key);
    made.setTemplate(key, podTemplate('web', 2));
    made.runFor(0.05);
    made.runUntil(() => {
      const templates = new Set(made.stored(kinds.pods).map((pod) => made.tables.pods.template.get(pod)));
      expect(templates.size).toBeLessThanOrEqual(1);
      return made.isComplete(key) && !templates.has(old);
    });
    expect(made.readyPods()).toBe(6);
  });

  it('scales both ReplicaSets in proportion when it is scaled while a rollout stands still', () => {
    const made = world();
    const key = made.createDeployment('web', 10, podTemplate('web'), {
      strategy: { type: 'RollingUpdate', maxSurge: 3, maxUnavailable: 2 },
    });
    untilComplete(made, key);
    made.runFor(10);
    // Nothing becomes Ready any more: all nodes are silent.
    for (const node of made.stored(kinds.nodes)) made.silence(made.tables.nodes.key.get(node) as ObjectKey);
    made.setTemplate(key, podTemplate('web', 2));
    made.runFor(5);
    expect(sizes(made)).toEqual([8, 5]);
    made.scale(key, 15);
    made.runFor(5);
    expect(sizes(made)).toEqual([11, 7]);
  });

  it('goes back to an older ReplicaSet if its template returns, under a new rollout number', () => {
    const made = world();
    const first = podTemplate('web');
    const key = made.createDeployment('web', 4, first);
    untilComplete(made, key);
    made.setTemplate(key, podTemplate('web', 2));
    untilComplete(made, key);
    made.setTemplate(key, first);
    untilComplete(made, key);
    made.runFor(10);
    const { replicasets, deployments } = made.tables;
    const sets = made.stored(kinds.replicasets);
    expect(sets.map((set) => [replicasets.replicas.get(set), replicasets.rollout.get(set)])).toEqual([
      [4, 3],
      [0, 2],
    ]);
    expect(deployments.rollout.get(made.deployment(key))).toBe(3);
  });

  it('keeps as many old ReplicaSets as revisionHistoryLimit says', () => {
    const made = world();
    const key = made.createDeployment('web', 2, podTemplate('web'), { history: 2 });
    untilComplete(made, key);
    for (let version = 2; version <= 6; version++) {
      made.setTemplate(key, podTemplate('web', version));
      untilComplete(made, key);
      made.runFor(5);
    }
    expect(made.stored(kinds.replicasets)).toHaveLength(3);
    expect(made.counts(DEPLOYMENT)['DELETE replicasets 200']).toBe(3);
  });
});
