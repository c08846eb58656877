/**
 * PersistentVolumes, PersistentVolumeClaims and StorageClasses, with the defaults of the API server
 * (K:pkg/apis/core/v1/defaults.go, K:pkg/apis/storage/v1/defaults.go).
 */
import type { Intent, LabelRequirement, NodeSelectorTerm } from '../cluster/index.ts';
import { bytes } from '../units/index.ts';
import type { FieldReader } from './field-reader.ts';
import { readTerm } from './node-selector-terms.ts';
import { estimateStoredBytes } from './object-bytes.ts';
import { MIGRATED_DRIVERS, OTHER_SOURCES, readAccessModes, readClaimSpecification } from './volume-claims.ts';
import type { ObjectIdentity } from './workloads.ts';

/** Annotations by which a class is the default one. */
const DEFAULT_CLASS_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** A PersistentVolume. */
export function readPersistentVolume(object: FieldReader, { name, labels }: ObjectIdentity): Intent {
  const spec = object.requiredMap('spec');
  const capacity = spec.requiredMap('capacity');
  const storage = capacity.bytes('storage');
  if (storage === undefined) capacity.refuse('storage', 'storage is missing', 'a size such as 10Gi', 'add storage');
  capacity.finish();
  const claim = spec.map('claimRef');
  const affinity = spec.map('nodeAffinity');
  const required = affinity?.map('required');
  const terms = required?.maps('nodeSelectorTerms').map(readTerm);
  required?.finish();
  affinity?.finish();
  const intent: Intent = {
    kind: 'PersistentVolume',
    namespace: '',
    name,
    specification: {
      capacity: storage ?? bytes(0),
      storageClass: spec.text('storageClassName') ?? '',
      accessModes: readAccessModes(spec),
      driver: readDriver(spec),
      labels,
      ...(terms === undefined ? {} : { nodeAffinity: terms }),
      reclaimPolicy: spec.oneOf('persistentVolumeReclaimPolicy', ['Retain', 'Delete'], 'Retain'),
      bytes: estimateStoredBytes({ metadata: { labels }, spec: object.raw('spec') }, 'other'),
    },
    ...(claim === undefined
      ? {}
      : { claim: { namespace: claim.text('namespace') ?? 'default', name: claim.requiredText('name') } }),
  };
  claim?.ignore('apiVersion', 'kind', 'resourceVersion', 'uid');
  claim?.finish();
  spec.ignore('mountOptions', 'volumeMode', 'volumeAttributesClassName', ...OTHER_SOURCES);
  spec.finish();
  return intent;
}

/** Driver that attaches the volume; "" where none counts it. */
function readDriver(spec: FieldReader): string {
  const csi = spec.map('csi');
  const driver = csi?.requiredText('driver') ?? '';
  csi?.ignore('fsType', 'readOnly', 'volumeAttributes', 'volumeHandle', 'nodeStageSecretRef', 'nodePublishSecretRef');
  csi?.finish();
  for (const source of Object.keys(MIGRATED_DRIVERS)) {
    if (spec.raw(source) !== undefined && driver === '') return MIGRATED_DRIVERS[source] as string;
  }
  return driver;
}

/** A PersistentVolumeClaim. */
export function readPersistentVolumeClaim(object: FieldReader, { namespace, name }: ObjectIdentity): Intent {
  const spec = object.requiredMap('spec');
  const volume = spec.text('volumeName');
  const specification = readClaimSpecification(spec);
  return {
    kind: 'PersistentVolumeClaim',
    namespace,
    name,
    specification,
    ...(volume === undefined || volume === '' ? {} : { volume }),
  };
}

/** A StorageClass. */
export function readStorageClass(object: FieldReader, { name, annotations }: ObjectIdentity): Intent {
  const topologies = object.maps('allowedTopologies').map(readTopology);
  const intent: Intent = {
    kind: 'StorageClass',
    namespace: '',
    name,
    specification: {
      provisioner: object.requiredText('provisioner'),
      waitsForConsumer:
        object.oneOf('volumeBindingMode', ['Immediate', 'WaitForFirstConsumer'], 'Immediate') !== 'Immediate',
      ...(topologies.length === 0 ? {} : { allowedTopologies: topologies }),
      reclaimPolicy: object.oneOf('reclaimPolicy', ['Delete', 'Retain'], 'Delete'),
      isDefault: DEFAULT_CLASS_ANNOTATIONS.some((annotation) => annotations[annotation] === 'true'),
      bytes: estimateStoredBytes({ name, topologies }, 'other'),
    },
  };
  object.ignore('allowVolumeExpansion', 'mountOptions', 'parameters');
  return intent;
}

function readTopology(reader: FieldReader): NodeSelectorTerm {
  const matchExpressions = reader.maps('matchLabelExpressions').map((entry): LabelRequirement => {
    const requirement = { key: entry.requiredText('key'), operator: 'In', values: entry.texts('values') } as const;
    entry.finish();
    return requirement;
  });
  reader.finish();
  return { matchExpressions, matchFields: [] };
}
