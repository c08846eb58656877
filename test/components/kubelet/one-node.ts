/** One node whose spans are fixed, so that every instant of a pod's life can be told in advance. */
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld, parametersLine } from '../cluster-world.ts';

/** Spans of the node side [s]. */
export const SPANS = {
  volumeMount: 0.1,
  sandboxStart: 0.4,
  containerStart: 0.15,
  containerStop: 0.3,
  applicationStart: 2,
  initContainerRun: 1.3,
  registration: 2,
} as const;

/** How long a pull takes with {@link PULLS}: 0.5 s to ask, 2 s to download, 0.5 s to unpack [s]. */
export const IMAGE_PULL = 3;

/** Images of 100 MB, all alike. */
const PULLS = [
  'kubelet.imageCheck: 500ms',
  'kubelet.imageSizeMedian: 100e6',
  'kubelet.imageSizeP99: 100e6',
  'kubelet.nodeDownloadRate: 50e6',
  'kubelet.imageUnpackRate: 200e6',
];

/** spec.parameters with those spans, a short network, and whatever else a test wants ("kubelet.imagesPresent: false"). */
export function fixedSpans(...more: string[]): string {
  const spans = Object.entries(SPANS).map(([name, seconds]) => `kubelet.${name}: ${seconds * 1000}ms`);
  const network = ['network.nodeDelay: 100us', 'network.controlPlaneDelay: 100us', 'etcd.members: 1'];
  return parametersLine([...spans, ...network, ...PULLS, 'kubelet.imagesPresent: true', ...more]);
}

/** What API requests and watches may add to a span [s]. */
export const API_TIME = 0.03;

/** A world with `node-0`, all caches filled, and pods that only a test binds: their scheduler does not run. */
export function oneNode(manifests: string, ...parameters: string[]): ClusterWorld {
  const world = new ClusterWorld({
    spec: `${fixedSpans(...parameters)}\nschedulers: [{ name: default-scheduler }, { name: nobody }]`,
    operations: `
    - createNodes: { count: 1, allocatable: { cpu: "2", memory: 4Gi, pods: 5 }, preload: true }
    - apply: { manifests: pods.yaml }`,
    files: { 'pods.yaml': manifests },
  });
  world.cluster.schedulers[1]?.crash('leader', false, seconds(30 * 24 * 3600));
  world.runFor(1);
  world.perform();
  world.runFor(0.1);
  world.forget();
  return world;
}

/** The manifest of a pod that waits for a scheduler that does not run. */
export function podManifest(name: string, spec = '', container = '', more = ''): string {
  return `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  schedulerName: nobody
${spec}
  containers: [{ name: main, image: "image-${name}:1", imagePullPolicy: IfNotPresent${container} }${more}]
`;
}
