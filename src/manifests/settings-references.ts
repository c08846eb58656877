/**
 * Secrets and ConfigMaps that a pod refers to, and which its kubelet therefore has to have: in volumes, in the environment of containers, and for pulling
 * images. K:pkg/api/v1/pod/util.go (VisitPodSecretNames, VisitPodConfigmapNames).
 */
import type { SettingsReference } from '../cluster/index.ts';
import type { FieldReader } from './field-reader.ts';
import { isMap } from './value-path.ts';

/** References of a pod specification, each object once; empty = none beside what every pod has. */
export function readSettingsReferences(spec: FieldReader): readonly SettingsReference[] {
  const found = new Map<string, SettingsReference>();
  const add = (reference: SettingsReference) => {
    if (reference.name === '') return;
    const id = `${reference.kind} ${reference.name}`;
    const known = found.get(id);
    found.set(id, {
      ...reference,
      isOptional: reference.isOptional && (known?.isOptional ?? true),
      isMounted: reference.isMounted || known?.isMounted === true,
    });
  };
  for (const volume of mapsOf(spec.raw('volumes'))) {
    for (const reference of referencesOfVolume(volume)) add(reference);
  }
  for (const key of ['initContainers', 'containers']) {
    for (const container of mapsOf(spec.raw(key)))
      for (const reference of referencesOfContainer(container)) add(reference);
  }
  for (const secret of mapsOf(spec.raw('imagePullSecrets'))) {
    // A pod starts without its pull secrets, if its images can be had without.
    add({ kind: 'Secret', name: textOf(secret, 'name'), isOptional: true, isMounted: false });
  }
  return [...found.values()];
}

/** A map of a manifest, of which only the fields named here are looked at. */
type Fields = Readonly<
  Partial<
    Record<
      | 'configMap'
      | 'configMapKeyRef'
      | 'configMapRef'
      | 'env'
      | 'envFrom'
      | 'name'
      | 'optional'
      | 'projected'
      | 'secret'
      | 'secretKeyRef'
      | 'secretName'
      | 'secretRef'
      | 'sources'
      | 'valueFrom',
      unknown
    >
  >
>;

function referencesOfVolume(volume: Fields): SettingsReference[] {
  const { secret, configMap, projected } = volume;
  const sources = isMap(projected) ? mapsOf((projected as Fields).sources) : [];
  return [
    ...reference('Secret', secret, 'secretName', true),
    ...reference('ConfigMap', configMap, 'name', true),
    ...sources.flatMap((source) => [
      ...reference('Secret', source.secret, 'name', true),
      ...reference('ConfigMap', source.configMap, 'name', true),
    ]),
  ];
}

/** Whether the environment of a container names Secrets or ConfigMaps. */
export function environmentRefersToSettings(env: unknown, envFrom: unknown): boolean {
  return referencesOfContainer({ env, envFrom }).length > 0;
}

function referencesOfContainer(container: Fields): SettingsReference[] {
  const values = mapsOf(container.env).flatMap(({ valueFrom }) => (isMap(valueFrom) ? [valueFrom as Fields] : []));
  return [
    ...values.flatMap((from) => [
      ...reference('Secret', from.secretKeyRef, 'name', false),
      ...reference('ConfigMap', from.configMapKeyRef, 'name', false),
    ]),
    ...mapsOf(container.envFrom).flatMap((from) => [
      ...reference('Secret', from.secretRef, 'name', false),
      ...reference('ConfigMap', from.configMapRef, 'name', false),
    ]),
  ];
}

function reference(
  kind: SettingsReference['kind'],
  source: unknown,
  nameKey: 'name' | 'secretName',
  isMounted: boolean,
): SettingsReference[] {
  if (!isMap(source)) return [];
  const fields: Fields = source;
  return [{ kind, name: textOf(fields, nameKey), isOptional: fields.optional === true, isMounted }];
}

function mapsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isMap) : [];
}

function textOf(fields: Fields, key: 'name' | 'secretName'): string {
  const value = fields[key];
  return typeof value === 'string' ? value : '';
}
