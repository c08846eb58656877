import { it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { ControllerWorld, podTemplate } from './controller-world.ts';

const m = { host: { controlPlaneCores: 1 }, kubeControllerManager: { replicaSetConsistency: false } };
it.skip('rs', () => {
  for (const n of [10, 100, 500, 3000]) {
    const w = new ControllerWorld(m, {});
    w.start();
    w.createReplicaSet('web', n, podTemplate('web'));
    const t0 = performance.now();
    const t = w.runUntil(() => w.stored(kinds.pods).length === n, 400);
    w.runFor(2);
    console.log(
      n,
      t,
      JSON.stringify(w.counts('replicaset-controller')),
      performance.now() - t0,
      w.simulation.eventsProcessed,
    );
    if (n === 500) {
      w.calls.length = 0;
      w.scaleReplicaSet(w.tables.keysOf('replicasets').find('default', 'web'), 250);
      const t2 = w.runUntil(() => w.activePods().length === 250, 400);
      w.runFor(2);
      console.log('scaledown', t2, JSON.stringify(w.counts()));
    }
    if (n === 100) {
      w.calls.length = 0;
      w.delete(kinds.replicasets, w.tables.keysOf('replicasets').find('default', 'web'));
      const t2 = w.runUntil(() => w.stored(kinds.pods).length === 0, 400);
      w.runFor(2);
      console.log('gc', t2, JSON.stringify(w.counts()));
    }
  }
});
it('deployment', () => {
  for (const cons of [false])
    for (const n of [3, 10, 30, 50, 100, 200]) {
      const w = new ControllerWorld(
        { host: { controlPlaneCores: 1 }, kubeControllerManager: { replicaSetConsistency: cons } },
        {},
      );
      w.start();
      w.addNodes(20);
      w.createService('web', 'web');
      w.runFor(2);
      w.calls.length = 0;
      const d = w.createDeployment('web', n, podTemplate('web'));
      w.runFor(0.05);
      const t = w.runUntil(() => w.isComplete(d), 400) + 0.05;
      console.log(
        'create',
        n,
        t,
        w.calls.filter((c) => c.client !== 'tester').length,
        JSON.stringify({
          ...w.counts('deployment-controller'),
          ...w.counts('replicaset-controller'),
          ...w.counts('endpointslice-controller'),
          ...w.counts('endpoint-controller'),
        }),
        JSON.stringify([w.counts('deployment-controller'), w.counts('replicaset-controller')]),
      );
      w.runFor(30);
      w.calls.length = 0;
      w.setTemplate(d, podTemplate('web', 2));
      w.runFor(0.05);
      const t2 = w.runUntil(() => w.isComplete(d), 400) + 0.05;
      console.log(
        'rollout',
        n,
        t2,
        JSON.stringify([
          w.counts('deployment-controller'),
          w.counts('replicaset-controller'),
          w.counts('endpointslice-controller'),
          w.counts('endpoint-controller'),
        ]),
      );
    }
});
