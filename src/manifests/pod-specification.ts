/** Pod specifications and templates, with the defaults of the API server (K:pkg/apis/core/v1/defaults.go:SetDefaults_PodSpec). */
import {
  effectivePodRequest,
  type Labels,
  type NodeAffinity,
  type PodTemplate,
  type PreemptionPolicy,
  type Toleration,
} from '../cluster/index.ts';
import type { DistributionSpec } from '../engine/index.ts';
import { readContainers } from './containers.ts';
import { readPodClaims } from './devices.ts';
import type { FieldReader } from './field-reader.ts';
import { readTerm } from './node-selector-terms.ts';
import { estimateStoredBytes } from './object-bytes.ts';
import { readPodAffinity, readSchedulingGates, readTopologySpread } from './pod-affinity.ts';
import { readResourceList } from './resources.ts';
import { readSettingsReferences } from './settings-references.ts';
import type { TemplateRegistry } from './template-registry.ts';
import { readPodVolumes } from './volume-claims.ts';

/** Grace period of a pod that gives none [s]. */
const DEFAULT_GRACE_SECONDS = 30;

/** Fields of a pod specification that nothing in the model reads. */
const POD_FIELDS_WITHOUT_EFFECT = [
  'activeDeadlineSeconds',
  'automountServiceAccountToken',
  'dnsConfig',
  'dnsPolicy',
  'enableServiceLinks',
  'ephemeralContainers',
  'hostAliases',
  'hostIPC',
  'hostPID',
  'hostUsers',
  'hostname',
  'hostnameOverride',
  'os',
  'readinessGates',
  'resources',
  'runtimeClassName',
  'securityContext',
  'serviceAccount',
  'setHostnameAsFQDN',
  'shareProcessNamespace',
  'subdomain',
  'workloadRef',
] as const;

/** Fields of metadata that nothing in the model reads. */
const METADATA_FIELDS_WITHOUT_EFFECT = [
  'annotations',
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generateName',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
] as const;

/** Ends the reading of a metadata map whose modelled fields were read. */
export function finishMetadata(metadata: FieldReader): void {
  metadata.ignore(...METADATA_FIELDS_WITHOUT_EFFECT);
  metadata.finish();
}

/** What the metadata of a pod, or of a template, say about it. */
export interface PodMetadata {
  readonly labels: Labels;
  readonly finalizers: readonly string[];
}

/** Reads what matters of a pod's metadata. */
export function readPodMetadata(metadata: FieldReader | undefined): PodMetadata {
  if (metadata === undefined) return { labels: {}, finalizers: [] };
  return { labels: metadata.labels('labels'), finalizers: metadata.texts('finalizers') };
}

/** Reads the specification of a pod (`spec` of a pod or of a template) and interns the template that it makes with its labels. */
export function readPodTemplate(
  holder: FieldReader,
  { labels, finalizers }: PodMetadata,
  templates: TemplateRegistry,
  lifetime: DistributionSpec | null,
): PodTemplate {
  const spec = holder.requiredMap('spec');
  const initContainers = readContainers(spec, 'initContainers');
  const containers = readContainers(spec, 'containers');
  if (containers.length === 0)
    spec.refuse('containers', 'a pod needs at least one container', 'a list of containers', 'add containers');
  const overhead = readResourceList(spec.map('overhead'));
  const volumes = readPodVolumes(spec);
  const settings = readSettingsReferences(spec);
  const gates = readSchedulingGates(spec);
  const claims = readPodClaims(spec);
  const spread = spec.maps('topologySpreadConstraints').map(readTopologySpread);
  const content = {
    labels,
    ...(finalizers.length === 0 ? {} : { finalizers }),
    ...(volumes === undefined ? {} : { volumes }),
    ...(settings.length === 0 ? {} : { settings }),
    initContainers,
    containers,
    requests: effectivePodRequest(initContainers, containers, overhead),
    nodeSelector: spec.labels('nodeSelector'),
    ...readAffinity(spec.map('affinity')),
    ...(spread.length === 0 ? {} : { topologySpread: spread }),
    ...(claims.length === 0 ? {} : { resourceClaims: claims }),
    ...(gates.length === 0 ? {} : { schedulingGates: gates }),
    tolerations: spec.maps('tolerations').map(readToleration),
    schedulerName: spec.text('schedulerName') ?? 'default-scheduler',
    nodeName: spec.text('nodeName') ?? '',
    priority: spec.wholeNumber('priority', 0, { least: -2_147_483_648 }),
    priorityClassName: spec.text('priorityClassName') ?? '',
    ...readSchedulingGroup(spec.map('schedulingGroup')),
    ...(spec.has('preemptionPolicy') ? { preemptionPolicy: readPreemptionPolicy(spec) } : {}),
    hostNetwork: spec.flag('hostNetwork', false),
    serviceAccountName: spec.text('serviceAccountName') ?? 'default',
    terminationGracePeriod: spec.seconds('terminationGracePeriodSeconds', DEFAULT_GRACE_SECONDS),
    restartPolicy: spec.oneOf('restartPolicy', ['Always', 'OnFailure', 'Never'], 'Always'),
    bytes: estimateStoredBytes({ metadata: { labels }, spec: holder.raw('spec') }, 'pod'),
  };
  spec.ignore(...POD_FIELDS_WITHOUT_EFFECT);
  spec.finish();
  return templates.intern(content, lifetime);
}

function readSchedulingGroup(reader: FieldReader | undefined): Pick<PodTemplate, 'podGroup'> {
  if (reader === undefined) return {};
  const podGroup = reader.requiredText('podGroupName');
  reader.finish();
  return { podGroup };
}

/** `preemptionPolicy` of a pod or a PriorityClass. */
export function readPreemptionPolicy(reader: FieldReader): PreemptionPolicy {
  return reader.oneOf('preemptionPolicy', ['PreemptLowerPriority', 'Never'], 'PreemptLowerPriority');
}

function readToleration(reader: FieldReader): Toleration {
  const operator = reader.oneOf('operator', ['Equal', 'Exists'], 'Equal');
  const key = reader.text('key') ?? '';
  if (key === '' && operator !== 'Exists') {
    reader.refuse('operator', 'a toleration without key must have operator Exists', 'Exists', 'write operator: Exists');
  }
  const tolerationSeconds = reader.wholeNumber('tolerationSeconds', undefined, { least: -2_147_483_648 });
  const toleration: Toleration = {
    key,
    operator,
    value: reader.text('value') ?? '',
    effect: reader.oneOf('effect', ['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute'], ''),
    ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
  };
  reader.finish();
  return toleration;
}

function readAffinity(
  reader: FieldReader | undefined,
): Pick<PodTemplate, 'nodeAffinity' | 'podAffinity' | 'podAntiAffinity'> {
  const nodeAffinity = readNodeAffinity(reader?.map('nodeAffinity'));
  const podAffinity = readPodAffinity(reader?.map('podAffinity'));
  const podAntiAffinity = readPodAffinity(reader?.map('podAntiAffinity'));
  reader?.finish();
  return {
    nodeAffinity,
    ...(podAffinity === undefined ? {} : { podAffinity }),
    ...(podAntiAffinity === undefined ? {} : { podAntiAffinity }),
  };
}

function readNodeAffinity(node: FieldReader | undefined): NodeAffinity {
  const required = node?.map('requiredDuringSchedulingIgnoredDuringExecution');
  const terms = required?.maps('nodeSelectorTerms').map(readTerm);
  required?.finish();
  const preferred = (node?.maps('preferredDuringSchedulingIgnoredDuringExecution') ?? []).map((entry) => {
    const weight = entry.wholeNumber('weight', 1, { least: 1, most: 100 });
    const term = readTerm(entry.requiredMap('preference'));
    entry.finish();
    return { weight, term };
  });
  node?.finish();
  return { ...(terms === undefined ? {} : { required: terms }), preferred };
}
