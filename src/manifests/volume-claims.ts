/** What claims ask for, and the volumes of pods that claims back. */
import { type AccessMode, accessModes, type ClaimSpecification, type PodVolume } from '../cluster/index.ts';
import { bytes } from '../units/index.ts';
import type { FieldReader } from './field-reader.ts';
import { estimateStoredBytes } from './object-bytes.ts';

/** Sources of a volume of which the driver counts against what a node can attach, by the driver that they are migrated to (csi-translation-lib). */
export const MIGRATED_DRIVERS: Readonly<Record<string, string>> = {
  awsElasticBlockStore: 'ebs.csi.aws.com',
  gcePersistentDisk: 'pd.csi.storage.gke.io',
  azureDisk: 'disk.csi.azure.com',
  cinder: 'cinder.csi.openstack.org',
};

/** Other sources of a volume, which nothing counts. */
export const OTHER_SOURCES: readonly string[] = [
  'azureFile',
  'fc',
  'hostPath',
  'iscsi',
  'local',
  'nfs',
  'portworxVolume',
  'rbd',
  'vsphereVolume',
];

/** Volumes of a pod that need no claim; what they refer to is read with the pod (settings-references.ts). */
const VOLUMES_OF_SETTINGS = ['configMap', 'projected', 'secret'];

/** Other volumes of a pod that need no claim. */
const VOLUMES_WITHOUT_CLAIM = ['csi', 'downwardAPI', 'emptyDir', 'hostPath', 'image', 'nfs'];

/** Reads the rest of a claim's spec, and ends it. */
export function readClaimSpecification(spec: FieldReader): ClaimSpecification {
  const resources = spec.requiredMap('resources');
  const requests = resources.requiredMap('requests');
  const request = requests.bytes('storage');
  if (request === undefined) requests.refuse('storage', 'storage is missing', 'a size such as 10Gi', 'add storage');
  requests.finish();
  resources.ignore('limits');
  resources.finish();
  const storageClass = spec.text('storageClassName');
  const specification = {
    request: request ?? bytes(0),
    ...(storageClass === undefined ? {} : { storageClass }),
    accessModes: readAccessModes(spec),
    bytes: estimateStoredBytes({ request, storageClass }, 'other'),
  };
  spec.ignore('dataSource', 'dataSourceRef', 'selector', 'volumeAttributesClassName', 'volumeMode');
  spec.finish();
  return specification;
}

/** spec.accessModes, of which there must be one. */
export function readAccessModes(spec: FieldReader): readonly AccessMode[] {
  const modes = spec.texts('accessModes');
  const known: readonly string[] = accessModes;
  for (const mode of modes) {
    if (!known.includes(mode)) spec.refuse('accessModes', `there is no access mode ${mode}`, accessModes.join(', '));
  }
  if (modes.length === 0) spec.refuse('accessModes', 'accessModes is missing', 'a list', 'add [ReadWriteOnce]');
  return modes as readonly AccessMode[];
}

/** Volumes of a pod that claims back; undefined = none. */
export function readPodVolumes(spec: FieldReader): readonly PodVolume[] | undefined {
  const volumes = spec.maps('volumes').flatMap((volume): PodVolume[] => {
    const name = volume.requiredText('name');
    const claim = volume.map('persistentVolumeClaim');
    const template = volume.map('ephemeral')?.requiredMap('volumeClaimTemplate');
    const read: PodVolume[] = [];
    if (claim !== undefined) {
      read.push({ name, claimName: claim.requiredText('claimName') });
      claim.ignore('readOnly');
      claim.finish();
    } else if (template !== undefined) {
      read.push({ name, ephemeral: readClaimSpecification(template.requiredMap('spec')) });
      template.ignore('metadata');
      template.finish();
    }
    for (const source of VOLUMES_OF_SETTINGS) volume.raw(source);
    volume.ignore(...VOLUMES_WITHOUT_CLAIM, ...Object.keys(MIGRATED_DRIVERS), ...OTHER_SOURCES);
    volume.finish();
    return read;
  });
  return volumes.length === 0 ? undefined : volumes;
}
