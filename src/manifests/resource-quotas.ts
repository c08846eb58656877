/** ResourceQuotas (spec.hard by the names that are counted) and LimitRanges, with the defaults of the API server. */
import type { ComputeAmounts, Intent, LimitRangeItem } from '../cluster/index.ts';
import type { FieldReader } from './field-reader.ts';
import { estimateStoredBytes } from './object-bytes.ts';
import type { ObjectIdentity } from './workloads.ts';

/** A ResourceQuota. */
export function readResourceQuota(object: FieldReader, { namespace, name }: ObjectIdentity): Intent {
  const spec = object.requiredMap('spec');
  const written = spec.requiredMap('hard');
  const hard: Record<string, number> = {};
  for (const key of written.keys()) {
    const isCpu = key === 'cpu' || key.endsWith('.cpu');
    const amount = isCpu ? written.cpu(key) : written.bytes(key);
    if (amount !== undefined) hard[key] = amount;
  }
  written.finish();
  spec.ignore('scopes', 'scopeSelector');
  spec.finish();
  return { kind: 'ResourceQuota', namespace, name, hard, bytes: estimateStoredBytes(hard, 'other') };
}

/** A LimitRange. */
export function readLimitRange(object: FieldReader, { namespace, name }: ObjectIdentity): Intent {
  const spec = object.requiredMap('spec');
  const limits = spec.maps('limits').map(readItem);
  spec.finish();
  return { kind: 'LimitRange', namespace, name, limits, bytes: estimateStoredBytes(limits, 'other') };
}

/** One item, with what SetDefaults_LimitRangeItem fills in (K:pkg/apis/core/v1/defaults.go). */
function readItem(reader: FieldReader): LimitRangeItem {
  const type = reader.oneOf('type', ['Container', 'Pod'], 'Container');
  const min = readAmounts(reader.map('min'));
  const max = readAmounts(reader.map('max'));
  const limit = { ...(type === 'Container' ? max : {}), ...readAmounts(reader.map('default')) };
  const request = {
    ...(type === 'Container' ? { ...min, ...limit } : {}),
    ...readAmounts(reader.map('defaultRequest')),
  };
  reader.ignore('maxLimitRequestRatio');
  reader.finish();
  return { type, default: limit, defaultRequest: request, min, max };
}

function readAmounts(reader: FieldReader | undefined): ComputeAmounts {
  if (reader === undefined) return {};
  const cpu = reader.cpu('cpu');
  const memory = reader.bytes('memory');
  reader.ignore('ephemeral-storage');
  reader.finish();
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
}
