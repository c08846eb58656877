import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { ControllerWorld, podTemplate } from './controller-world.ts';

const DEPLOYMENT = 'deployment-controller';
const REPLICA_SET = 'replicaset-controller';
/** As measured: Kubernetes 1.25 on one core. */
const MEASURED = { host: { controlPlaneCores: 1 }, kubeControllerManager: { replicaSetConsistency: false } };

/** Who comes first in a race between a sync and a watch event is a draw: what was measured is compared with the mean over these. */
const SEEDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** A world with twenty nodes and a Service, as the measured one. */
function world(overrides = {}, seed?: string): ControllerWorld {
  const made = new ControllerWorld({ ...MEASURED, ...overrides }, {}, seed);
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

/** A complete Deployment gets another template: how long until it is complete again, and the calls of both controllers. */
function rollout(replicas: number, seed: string) {
  const made = world({}, seed);
  const key = made.createDeployment('web', replicas, podTemplate('web'));
  untilComplete(made, key);
  made.runFor(30);
  made.calls.length = 0;
  made.setTemplate(key, podTemplate('web', 2));
  return { seconds: untilComplete(made, key), own: made.counts(DEPLOYMENT), sets: made.counts(REPLICA_SET) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How far a value lies outside the range that was measured, as a share of the nearer end. */
function deviation(value: number, [least = 0, most = 0]: number[]): number {
  return Math.max(1 - value / least, value / most - 1, 0);
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
    const runs = SEEDS.map((seed) => {
      const made = world({}, seed);
      const key = made.createDeployment('web', replicas, podTemplate('web'));
      return { took: untilComplete(made, key), own: made.counts(DEPLOYMENT), sets: made.counts(REPLICA_SET) };
    });
    // The run with 30 was slowed by other work: its calls count, its time does not.
    if (measured !== undefined) expect(Math.abs(mean(runs.map(({ took }) => took)) / measured - 1)).toBeLessThan(0.1);
    const own = mean(runs.map((run) => run.own['PUT deployments/status 200'] ?? 0));
    expect(Math.abs(own - deploymentPuts)).toBeLessThanOrEqual(3.5);
    const sets = mean(runs.map((run) => run.sets['PUT replicasets/status 200'] ?? 0));
    expect(Math.abs(sets - replicaSetPuts)).toBeLessThanOrEqual(3.5);
    for (const run of runs) expect(run.sets['POST pods 201']).toBe(replicas);
  });

  it.each([
    // deployment.csv, least and most of the runs: seconds, PUTs of replicasets, of replicasets/status and of deployments/status.
    // With 10 replicas one wave more or less is a tenth of the whole; the two measured runs differ by 60 %.
    [10, 0.15, [2.3, 3.693], [11, 11], [30, 32], [21, 25]],
    [50, 0.1, [6.498, 7.022], [10, 12], [23, 27], [25, 26]],
    [100, 0.1, [11.863, 11.863], [10, 10], [23, 23], [23, 23]],
    [200, 0.1, [21.424, 21.424], [10, 10], [20, 20], [22, 22]],
  ])(
    'rolls %d replicas in the time and with the calls that were measured',
    (replicas, tolerance, took, updates, statuses, own) => {
      const runs = SEEDS.map((seed) => rollout(replicas, seed));
      expect(deviation(mean(runs.map(({ seconds }) => seconds)), took)).toBeLessThan(tolerance);
      // How many waves there are depends on how pods and syncs interleave: within 40 %.
      const near = (counts: (number | undefined)[], measured: number[]) =>
        expect(deviation(mean(counts.map((count) => count ?? 0)), measured)).toBeLessThan(0.4);
      near(
        runs.map((run) => run.own['PUT replicasets 200']),
        updates,
      );
      near(
        runs.map((run) => run.own['PUT deployments/status 200']),
        own,
      );
      near(
        runs.map((run) => run.sets['PUT replicasets/status 200']),
        statuses,
      );
      for (const run of runs) {
        expect(run.own['POST replicasets 201']).toBe(1);
        expect(run.sets).toMatchObject({ 'POST pods 201': replicas, 'DELETE pods 200': replicas });
      }
    },
  );

  it('hardly ever has fewer available pods than allowed, and never more wanted ones than may surge', () => {
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
    // The controller counts by status: one that the ReplicaSet controller, at 20 requests a second, has not written yet makes it go too far (rolling.go).
    expect(least).toBeGreaterThanOrEqual(25);
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
