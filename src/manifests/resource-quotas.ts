/** ResourceQuotas: spec.hard by the names that are counted. */
import type { Intent } from '../cluster/index.ts';
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
