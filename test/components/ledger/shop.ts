/** A cluster at rest with one Service in front of one app, for counting calls against what the source code of Kubernetes says. */
import { kinds } from '../../../src/cluster/index.ts';
import { type Call, ClusterWorld, parametersLine } from '../cluster-world.ts';

/** Fixed spans on the nodes: images are there, containers start in half a second, applications have no probes. */
const PARAMETERS = [
  'kubelet.imagesPresent: true',
  'kubelet.volumeMount: 100ms',
  'kubelet.sandboxStart: 400ms',
  'kubelet.containerStart: 150ms',
  'kubelet.containerStop: 300ms',
  'etcd.members: 1',
];

/** A world whose operations are, in order: what the test gives. */
export function shop(nodes: number, operations: string, ...parameters: string[]): ClusterWorld {
  const world = new ClusterWorld({
    spec: parametersLine([...PARAMETERS, ...parameters]),
    operations: `
    - createNodes: { count: ${nodes}, preload: true }
    - createService: { name: web, selector: web, ports: [80], preload: true }
${operations.replace(/^\n/, '')}`,
  });
  world.runFor(5);
  world.forget();
  return world;
}

/** Calls that belong to no pod and no rollout: heartbeats, watches that are opened again. */
export function withoutRoutine(calls: readonly Call[]): Call[] {
  return calls.filter(
    ({ resource, verb, what }) =>
      resource !== 'leases' && what !== 'PATCH nodes/status' && (verb !== 'WATCH' || resource === 'configmaps'),
  );
}

/** Revisions of etcd, each one a write. */
export function revision(world: ClusterWorld): number {
  return world.cluster.store.revision;
}

/** Watch events sent for a resource so far. */
export function watchEvents(world: ClusterWorld, resource: string): number {
  return world.series('apiserver_watch_events_total', `resource=${resource}`)?.statistics.final ?? 0;
}

/** spec.replicas of all ReplicaSets, older ones first. */
export function sizes(world: ClusterWorld): number[] {
  return world.stored(kinds.replicasets).map((version) => world.tables.replicasets.replicas.get(version));
}
