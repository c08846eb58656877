import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { writes } from '../../../src/components/api-machinery/index.ts';
import { controllers } from '../../../src/components/kube-controller-manager/index.ts';
import { Preload } from '../../../src/components/preload.ts';
import { bytes, milliCpu } from '../../../src/units/index.ts';
import { ControllerWorld, podTemplate, ROLLING } from './controller-world.ts';

/** A world in which everything is there already. */
function preloadedWorld(): ControllerWorld {
  const world = new ControllerWorld();
  const preload = new Preload(world.tables, world.parameters.objectSize, world.store, world.servers, 100);
  const allocatable = {
    cpu: milliCpu(64_000),
    memory: bytes(2 ** 38),
    ephemeralStorage: bytes(2 ** 40),
    extended: {},
  };
  for (let i = 0; i < 10; i++) {
    preload.node(`node-${i}`, { allocatable, pods: 110, labels: {}, taints: [], unschedulable: false });
  }
  const service = {
    type: 'ClusterIP',
    headless: false,
    selector: { app: 'web' },
    ports: [],
    sessionAffinity: 'None',
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    loadBalancerSourceRanges: [],
    externalIps: [],
  } as const;
  preload.services.add('default', 'web', service);
  preload.deployment({
    namespace: 'default',
    name: 'web',
    replicas: 250,
    selector: [],
    template: podTemplate('web'),
    strategy: ROLLING,
    minReady: 0,
    revisionHistoryLimit: 10,
    bytes: 2546,
  });
  preload.finish();
  world.manager.start({ preloaded: true });
  return world;
}

describe('kube-controller-manager', () => {
  it('knows its controllers by the names that --controllers takes', () => {
    expect(Object.keys(controllers)).toEqual([
      'deployment-controller',
      'replicaset-controller',
      'endpointslice-controller',
      'endpoints-controller',
      'node-lifecycle-controller',
      'taint-eviction-controller',
      'pod-garbage-collector-controller',
      'garbage-collector-controller',
      'persistentvolume-binder-controller',
      'ephemeral-volume-controller',
      'resourcequota-controller',
      'resourceclaim-controller',
      'disruption-controller',
    ]);
  });

  it('finds nothing to do in a cluster that was preloaded', () => {
    const world = preloadedWorld();
    world.runFor(45);
    // A watch that has run for as long as it may is opened anew: that is no work.
    const work = Object.keys(world.counts()).filter((call) => !call.startsWith('WATCH '));
    expect(work).toEqual([]);
  });

  it('follows a preloaded Deployment that is scaled', () => {
    const world = preloadedWorld();
    world.runFor(5);
    world.scale(world.tables.keysOf('deployments').find('default', 'web'), 260);
    world.runFor(30);
    expect(world.activePods()).toHaveLength(260);
    expect(world.counts('deployment-controller')['PUT replicasets 200']).toBe(1);
  });

  it('opens one watch for each resource, and syncs nothing before all lists have come', () => {
    const world = new ControllerWorld();
    const template = podTemplate('web');
    const key = world.createReplicaSet('web', 500, template);
    // The long list of its pods comes after the short one of the ReplicaSet.
    for (let i = 0; i < 500; i++) {
      const create = world.user.write(writes.podCreate, world.tables.keysOf('pods').generate('default', 'web'));
      world.requests.setNumber(create, 0, key);
      world.requests.setNumber(create, 1, -1);
      world.requests.object[create] = template;
      world.send(create);
    }
    world.runFor(10);
    world.calls.length = 0;
    world.manager.start({ preloaded: false });
    world.runFor(5);
    const own = world.calls.filter(({ client }) => client === 'kube-controller-manager').map(({ what }) => what);
    const watches = own.filter((what) => what.startsWith('WATCH')).sort();
    expect(watches).toEqual([...new Set(watches)]);
    expect(watches.map((what) => what.slice('WATCH '.length))).toEqual([
      'configmaps',
      'deployments',
      'endpoints',
      'endpointslices',
      'leases',
      'nodes',
      'persistentvolumeclaims',
      'persistentvolumes',
      'poddisruptionbudgets',
      'pods',
      'replicasets',
      'resourceclaims',
      'resourceclaimtemplates',
      'resourcequotas',
      'secrets',
      'services',
      'storageclasses',
    ]);
    expect(world.counts('replicaset-controller')).not.toHaveProperty('POST pods 201');
    expect(world.activePods()).toHaveLength(500);
  });

  it('does nothing more once it has stopped', () => {
    const world = new ControllerWorld();
    world.start();
    world.createReplicaSet('web', 200, podTemplate('web'));
    world.runUntil(() => world.activePods().length > 50);
    world.manager.stop();
    world.runFor(1);
    const count = world.activePods().length;
    world.createReplicaSet('other', 5, podTemplate('other'));
    world.runFor(60);
    expect(world.activePods()).toHaveLength(count);
    expect(world.stored(kinds.replicasets)).toHaveLength(2);
  });

  it('does the same twice for the same seed', () => {
    const run = (seed: string): string => {
      const world = new ControllerWorld({}, {}, seed);
      world.start();
      const nodes = world.addNodes(6);
      world.createService('web', 'web');
      const key = world.createDeployment('web', 20, podTemplate('web'));
      world.runFor(30);
      world.setTemplate(key, podTemplate('web', 2));
      world.silence(nodes[0] as (typeof nodes)[0]);
      world.runFor(200);
      return world.simulation.fingerprint();
    };
    expect(run('one')).toBe(run('one'));
    expect(run('one')).not.toBe(run('two'));
  });

  it('reports its queues, workers and limiters under their real names', () => {
    const world = new ControllerWorld();
    world.start();
    world.createReplicaSet('web', 40, podTemplate('web'));
    world.runFor(5);
    world.recorder.sample();
    const { series } = world.recorder.result();
    const find = (metric: string, labels: string) =>
      series.find((one) => one.metric === metric && one.labels === labels)?.statistics;
    expect(find('workqueue_adds_total', 'name=replicaset')?.final).toBeGreaterThan(1);
    expect(find('workqueue_depth', 'name=endpoint_slice')).toBeDefined();
    expect(find('plimsoll_server_utilisation', 'server=replicaset workers')).toBeDefined();
    const limiter = find('rest_client_rate_limiter_duration_seconds', 'client=replicaset-controller');
    expect(limiter?.max).toBeGreaterThan(0.4);
  });
});
