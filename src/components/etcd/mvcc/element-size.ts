/**
 * Bytes of a revision in the key bucket of the database: the element of the leaf page, the revision as key, and the key-value message with key, value,
 * create and mod revision and version. E:server/storage/mvcc/revision.go, api/mvccpb/kv.proto; bbolt page.go.
 */
import { type Kind, NO_VERSION, type ObjectTables, type VersionHandle } from '../../../cluster/index.ts';

/** Bytes of an element for a version of a kind; NO_VERSION = a tombstone, or a key that is no API object [B]. */
export type ElementSize = (kind: Kind, version: VersionHandle) => number;

/** Header of an element in a leaf page: flags, position, key size, value size [B]. */
const LEAF_ELEMENT_HEADER = 16;
/** A revision as key: main, separator, sub [B]. */
export const REVISION_KEY = 17;
/** Tags and lengths of the fields of a key-value message, and the version of the key [B]. */
const MESSAGE_FIELDS = 7;
/** Numbers below this take one byte, below its square two, and so on. */
const VARINT_BASE = 128;

/** Bytes of a whole number of variable length [B]. */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let limit = VARINT_BASE; value >= limit; limit *= VARINT_BASE) bytes++;
  return bytes;
}

/** Bytes of an element with a key and a value of these lengths; without a create revision, one as long as the mod revision [B]. */
export function elementBytes(key: number, value: number, modRevision: number, createRevision = modRevision): number {
  const numbers = varintBytes(modRevision) + varintBytes(createRevision) + varintBytes(value);
  return LEAF_ELEMENT_HEADER + REVISION_KEY + MESSAGE_FIELDS + numbers + key + value;
}

/** Bytes of a tombstone: the mark behind the revision, and a message that holds only the key [B]. */
export function tombstoneBytes(key: number): number {
  return LEAF_ELEMENT_HEADER + REVISION_KEY + 1 + 2 + key;
}

/** Element sizes when keys are `key` bytes long. */
export function elementSizes(tables: ObjectTables, key: number): ElementSize {
  return (kind, version) => {
    if (version === NO_VERSION) return tombstoneBytes(key);
    const table = tables.of(kind);
    return elementBytes(key, table.bytes.get(version), table.revision.get(version));
  };
}
