/** Pods of a size, as the measurements had them, before a run begins. */
import { kinds, type ObjectKey, type PodTemplate } from '../../cluster/index.ts';
import { bytes, milliCpu, nanoseconds } from '../../units/index.ts';
import type { ApiWorld } from '../api-world.ts';

/** Pods that exist, and the template that they and further ones are made from. `nodes`: they are bound to so many nodes in turn. */
export function preloadPods(
  { tables, store, server, parameters }: ApiWorld,
  count: number,
  size: number,
  nodes = 0,
): { readonly keys: readonly ObjectKey[]; readonly nodes: readonly ObjectKey[]; readonly template: PodTemplate } {
  const template = templateOf(size - parameters.objectSize.podManagedFields);
  const { pods } = tables;
  const nodeKeys = Array.from({ length: nodes }, (_, i) => tables.keysOf('nodes').intern('', `node-${i}`));
  const keys = Array.from({ length: count }, (_, i) => {
    const key = tables.keysOf('pods').intern('default', `p-${i}`);
    const version = pods.allocate(key);
    pods.template.set(version, template);
    pods.bytes.set(version, size);
    if (nodes > 0) pods.node.set(version, nodeKeys[i % nodes] as number);
    const { revision } = store.preload(kinds.pods, version);
    server.preload(kinds.pods, key, version, revision);
    return key;
  });
  return { keys, nodes: nodeKeys, template };
}

/** A template without anything but a size. */
function templateOf(size: number): PodTemplate {
  return {
    id: 0,
    labels: { app: 'p' },
    initContainers: [],
    containers: [],
    requests: { cpu: milliCpu(0), memory: bytes(0), ephemeralStorage: bytes(0), extended: {} },
    nodeSelector: {},
    nodeAffinity: { preferred: [] },
    tolerations: [],
    schedulerName: 'default-scheduler',
    nodeName: '',
    priority: 0,
    priorityClassName: '',
    hostNetwork: false,
    serviceAccountName: 'default',
    terminationGracePeriod: nanoseconds(0),
    restartPolicy: 'Always',
    bytes: bytes(Math.max(0, size)),
  };
}
