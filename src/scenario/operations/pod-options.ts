/** What createDeployment, createPods and churn may say about their pods, without writing a manifest. */
import { z } from 'zod';
import {
  type Container,
  effectivePodRequest,
  type GpuRequest,
  NO_RESOURCES,
  type PodTemplate,
  type Probe,
  probeHandlers,
  type ResourceList,
  type Toleration,
} from '../../cluster/index.ts';
import type { DistributionSpec } from '../../engine/index.ts';
import { estimateStoredBytes, type TemplateRegistry } from '../../manifests/index.ts';
import { type Nanoseconds, seconds } from '../../units/index.ts';
import { resolveResources, resourcesSchema } from '../resources-form.ts';
import { strictMap } from '../schema-parts.ts';
import {
  durationSchema,
  labelsSchema,
  nameSchema,
  positiveDurationSchema,
  textSchema,
  wholeNumberSchema,
} from '../value-forms.ts';
import { applicationSchema, resolveApplication } from './application-form.ts';
import { finalizersSchema } from './finalizers-form.ts';
import { podPlacementShape, resolvePodPlacement } from './pod-placement.ts';
import { resolveVolumes, volumesSchema } from './volumes-form.ts';

/** Most units of an extended resource. */
const MAXIMUM_UNITS = 1_000_000;
/** Highest priority that a user may give (K:pkg/apis/scheduling/types.go:HighestUserDefinablePriority). */
const HIGHEST_PRIORITY = 1_000_000_000;
/** Most failures and successes that a probe may ask for. */
const MAXIMUM_THRESHOLD = 1000;
/** Most init containers of a pod. */
const MAXIMUM_INIT_CONTAINERS = 100;
/** Highest port number. */
const MAXIMUM_PORT = 65_535;

const probeSchema = strictMap({
  initialDelay: durationSchema.optional(),
  period: positiveDurationSchema.optional(),
  timeout: positiveDurationSchema.optional(),
  successThreshold: wholeNumberSchema(1, MAXIMUM_THRESHOLD).optional(),
  failureThreshold: wholeNumberSchema(1, MAXIMUM_THRESHOLD).optional(),
  handler: z.enum(probeHandlers).optional(),
});

const tolerationSchema = strictMap({
  key: z.string().optional(),
  operator: z.enum(['Equal', 'Exists']).optional(),
  value: z.string().optional(),
  effect: z.enum(['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: wholeNumberSchema(0, MAXIMUM_UNITS).optional(),
});

/** Keys that describe pods. */
export const podShape = {
  requests: resourcesSchema.optional(),
  limits: resourcesSchema.optional(),
  labels: labelsSchema.optional(),
  finalizers: finalizersSchema.optional(),
  volumes: volumesSchema.optional(),
  secrets: z.array(nameSchema).min(1).optional(),
  configMaps: z.array(nameSchema).min(1).optional(),
  image: textSchema('an image, such as registry.k8s.io/pause:3.10').optional(),
  initContainers: wholeNumberSchema(0, MAXIMUM_INIT_CONTAINERS).optional(),
  port: wholeNumberSchema(1, MAXIMUM_PORT).optional(),
  startupProbe: probeSchema.optional(),
  livenessProbe: probeSchema.optional(),
  readinessProbe: probeSchema.optional(),
  preStop: durationSchema.optional(),
  application: applicationSchema.optional(),
  nodeSelector: labelsSchema.optional(),
  tolerations: z.array(tolerationSchema).optional(),
  priority: wholeNumberSchema(-HIGHEST_PRIORITY, HIGHEST_PRIORITY).optional(),
  priorityClassName: nameSchema.optional(),
  podGroup: nameSchema.optional(),
  preemptionPolicy: z.enum(['PreemptLowerPriority', 'Never']).optional(),
  schedulerName: nameSchema.optional(),
  terminationGracePeriod: durationSchema.optional(),
  ...podPlacementShape,
};

/** What {@link podShape} yields. */
export type WrittenPod = z.output<z.ZodObject<typeof podShape>>;

/** Image of pods that name none: a small one that every node of a Kubernetes cluster has. */
const DEFAULT_IMAGE = 'registry.k8s.io/pause:3.10';
/** Grace period of pods that give none, as the API server sets it. */
const DEFAULT_GRACE_PERIOD = seconds(30);
/** Port on which a container listens that names none. */
const DEFAULT_PORT = 8080;

/** The pod that was described, with labels that its owner adds. */
export function makePodTemplate(
  pod: WrittenPod,
  ownLabels: Readonly<Record<string, string>>,
  templates: TemplateRegistry,
  lifetime: DistributionSpec | null,
  restartPolicy: PodTemplate['restartPolicy'],
  gpu?: GpuRequest,
): PodTemplate {
  const limits = resolveResources(pod.limits);
  const requests = pod.requests === undefined ? limits : resolveResources(pod.requests);
  const image = pod.image ?? DEFAULT_IMAGE;
  const main = container('main', image, requests, limits, pod);
  // Init containers ask for what the main container does, so that they change no placement.
  const initContainers = Array.from({ length: pod.initContainers ?? 0 }, (_, i) =>
    container(`init-${i + 1}`, image, requests, limits, {}),
  );
  const labels = { ...ownLabels, ...pod.labels };
  return templates.intern(
    {
      labels,
      ...(pod.finalizers === undefined ? {} : { finalizers: pod.finalizers }),
      ...(pod.volumes === undefined ? {} : { volumes: resolveVolumes(pod.volumes) }),
      ...resolveSettings(pod),
      initContainers,
      containers: [main],
      requests: effectivePodRequest(initContainers, [main], NO_RESOURCES),
      ...(gpu === undefined ? {} : { gpu }),
      nodeSelector: pod.nodeSelector ?? {},
      nodeAffinity: { preferred: [] },
      ...resolvePodPlacement(pod, ownLabels),
      tolerations: (pod.tolerations ?? []).map(resolveToleration),
      schedulerName: pod.schedulerName ?? 'default-scheduler',
      nodeName: '',
      priority: pod.priority ?? 0,
      priorityClassName: pod.priorityClassName ?? '',
      ...(pod.podGroup === undefined ? {} : { podGroup: pod.podGroup }),
      ...(pod.preemptionPolicy === undefined ? {} : { preemptionPolicy: pod.preemptionPolicy }),
      hostNetwork: false,
      serviceAccountName: 'default',
      terminationGracePeriod: pod.terminationGracePeriod ?? DEFAULT_GRACE_PERIOD,
      restartPolicy,
      bytes: estimateStoredBytes(
        {
          labels,
          containers: [main],
          initContainers,
          nodeSelector: pod.nodeSelector,
          tolerations: pod.tolerations,
          affinity: pod.podAffinity ?? pod.podAntiAffinity,
          topologySpreadConstraints: pod.topologySpreadConstraints,
        },
        'pod',
      ),
    },
    lifetime,
  );
}

/** Secrets and ConfigMaps of the pod's namespace that it mounts. */
function resolveSettings({ secrets = [], configMaps = [] }: WrittenPod): Pick<PodTemplate, 'settings'> {
  const settings = [
    ...secrets.map((name) => ({ kind: 'Secret', name, isOptional: false, isMounted: true }) as const),
    ...configMaps.map((name) => ({ kind: 'ConfigMap', name, isOptional: false, isMounted: true }) as const),
  ];
  return settings.length === 0 ? {} : { settings };
}

function container(
  name: string,
  image: string,
  requests: ResourceList,
  limits: ResourceList,
  pod: WrittenPod,
): Container {
  const port = { name: '', containerPort: pod.port ?? DEFAULT_PORT, hostPort: 0, hostIp: '', protocol: 'TCP' } as const;
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    requests,
    limits,
    ports: [port],
    ...(pod.startupProbe === undefined ? {} : { startupProbe: resolveProbe(pod.startupProbe) }),
    ...(pod.livenessProbe === undefined ? {} : { livenessProbe: resolveProbe(pod.livenessProbe) }),
    ...(pod.readinessProbe === undefined ? {} : { readinessProbe: resolveProbe(pod.readinessProbe) }),
    ...(pod.preStop === undefined ? {} : { preStop: { sleep: pod.preStop } }),
    ...(pod.application === undefined ? {} : { application: resolveApplication(pod.application) }),
    sidecar: false,
  };
}

function resolveProbe(written: z.output<typeof probeSchema>): Probe {
  return {
    initialDelay: written.initialDelay ?? (0 as Nanoseconds),
    period: written.period ?? seconds(10),
    timeout: written.timeout ?? seconds(1),
    successThreshold: written.successThreshold ?? 1,
    failureThreshold: written.failureThreshold ?? 3,
    handler: written.handler ?? 'httpGet',
  };
}

function resolveToleration(written: z.output<typeof tolerationSchema>): Toleration {
  return {
    key: written.key ?? '',
    operator: written.operator ?? 'Equal',
    value: written.value ?? '',
    effect: written.effect ?? '',
    ...(written.tolerationSeconds === undefined ? {} : { tolerationSeconds: written.tolerationSeconds }),
  };
}
