/** The static pods of a control-plane node, as kubeadm writes their manifests (K:cmd/kubeadm/app/phases/controlplane/manifests.go, phases/etcd/local.go). */
import { type Container, NO_RESOURCES, type PodTemplate, type Probe, type ResourceList } from '../cluster/index.ts';
import { estimateStoredBytes, type TemplateRegistry } from '../manifests/index.ts';
import { BYTES_PER_MEBIBYTE, bytes, milliCpu, NS_PER_SECOND, seconds } from '../units/index.ts';

/** Components of the control plane, in the order in which kubeadm writes their manifests, with their requests [m, MiB] and image. */
const components = [
  { name: 'kube-apiserver', cpu: 250, memory: 0, hasReadiness: true },
  { name: 'kube-controller-manager', cpu: 200, memory: 0, hasReadiness: false },
  { name: 'kube-scheduler', cpu: 100, memory: 0, hasReadiness: false },
  { name: 'etcd', cpu: 100, memory: 100, hasReadiness: true },
] as const;

/** Name of a component that runs in a static pod. */
export const controlPlaneComponents = components.map(({ name }) => name) as readonly string[];

/** Priority of system-node-critical pods. */
const NODE_CRITICAL = 2_000_001_000;
/** From the start of the container until the component serves; etcd opens its files after that. */
const START_TIME = { distribution: 'lognormal', p50: 3 * NS_PER_SECOND, p99: 8 * NS_PER_SECOND } as const;
/** From SIGTERM until the process has ended. */
const STOP_TIME = { distribution: 'constant', value: NS_PER_SECOND } as const;

/** A static pod of a control-plane node: the component that runs in it, and what it is made from. */
export interface ControlPlanePod {
  readonly component: string;
  readonly template: PodTemplate;
}

/** The static pods of each control-plane node. */
export function controlPlanePods(templates: TemplateRegistry): readonly ControlPlanePod[] {
  return components.map(({ name, cpu, memory, hasReadiness }) => {
    const requests: ResourceList = { ...NO_RESOURCES, cpu: milliCpu(cpu), memory: bytes(memory * BYTES_PER_MEBIBYTE) };
    const main: Container = {
      name,
      image: `registry.k8s.io/${name}`,
      imagePullPolicy: 'IfNotPresent',
      requests,
      limits: NO_RESOURCES,
      ports: [],
      startupProbe: probe(10, 10, 24),
      livenessProbe: probe(10, 10, 8),
      ...(hasReadiness ? { readinessProbe: probe(0, 1, 3) } : {}),
      application: { startTime: START_TIME, stopTime: STOP_TIME, exitCode: 0 },
      sidecar: false,
    };
    const labels = { component: name, tier: 'control-plane' };
    const template = templates.intern({
      labels,
      initContainers: [],
      containers: [main],
      requests,
      nodeSelector: {},
      nodeAffinity: { preferred: [] },
      tolerations: [{ key: '', operator: 'Exists', value: '', effect: 'NoExecute' }],
      schedulerName: 'default-scheduler',
      nodeName: '',
      priority: NODE_CRITICAL,
      priorityClassName: 'system-node-critical',
      hostNetwork: true,
      serviceAccountName: '',
      terminationGracePeriod: seconds(30),
      restartPolicy: 'Always',
      bytes: estimateStoredBytes({ labels, containers: [main] }, 'pod'),
    });
    return { component: name, template };
  });
}

/** A probe of kubeadm's: all have a timeout of 15 s. */
function probe(initialDelay: number, period: number, failureThreshold: number): Probe {
  return {
    initialDelay: seconds(initialDelay),
    period: seconds(period),
    timeout: seconds(15),
    successThreshold: 1,
    failureThreshold,
    handler: 'httpGet',
  };
}
