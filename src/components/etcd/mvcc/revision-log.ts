/**
 * The modifications of the key space since the last compaction, in the order of their revisions, as a ring of typed columns: what the backend's
 * key bucket holds besides the revisions that were current at the compaction. Every modification has a position, which counts puts and
 * tombstones from the beginning and never repeats; revisions of one transaction share a main revision and differ by position.
 */
import { type Kind, NO_VERSION, type ObjectKey, type VersionHandle } from '../../../cluster/index.ts';

/** No modification. */
export const NO_POSITION = -1;
/** Kind number of a modification of a key that is no API object, such as compact_rev_key. */
export const NO_KIND = 255 as Kind;
/** Entries at the start; doubled when full. A power of two, so that a position is mapped to its slot by a mask. */
const INITIAL_ENTRIES = 1024;

/** The ring. */
export class RevisionLog {
  /** First position that is kept, and the one behind the last, state. */
  first = 0;
  end = 0;
  private mask = INITIAL_ENTRIES - 1;
  private kinds = new Uint8Array(INITIAL_ENTRIES);
  private keys = new Int32Array(INITIAL_ENTRIES);
  private versions = new Int32Array(INITIAL_ENTRIES);
  private previousVersions = new Int32Array(INITIAL_ENTRIES);
  private previousPositions = new Int32Array(INITIAL_ENTRIES);
  private revisions = new Float64Array(INITIAL_ENTRIES);

  /** Appends a modification; returns its position. */
  append(
    revision: number,
    kind: Kind,
    key: ObjectKey,
    version: VersionHandle,
    previousVersion: VersionHandle,
    previousPosition: number,
  ): number {
    if (this.end - this.first > this.mask) this.grow();
    const slot = this.end & this.mask;
    this.kinds[slot] = kind;
    this.keys[slot] = key;
    this.versions[slot] = version;
    this.previousVersions[slot] = previousVersion;
    this.previousPositions[slot] = previousPosition;
    this.revisions[slot] = revision;
    return this.end++;
  }

  /** Kind of the key that was modified, {@link NO_KIND} if it is no API object. */
  kind(position: number): Kind {
    return this.kinds[position & this.mask] as Kind;
  }

  /** Key that was modified. */
  key(position: number): ObjectKey {
    return this.keys[position & this.mask] as ObjectKey;
  }

  /** Version that was put, NO_VERSION = a tombstone. */
  version(position: number): VersionHandle {
    return this.versions[position & this.mask] as VersionHandle;
  }

  /** Version that it took the place of, NO_VERSION = the key did not exist. */
  previousVersion(position: number): VersionHandle {
    return this.previousVersions[position & this.mask] as VersionHandle;
  }

  /** Position of the modification of the same key before this one, {@link NO_POSITION} if it was the first. It may be compacted. */
  previousPosition(position: number): number {
    return this.previousPositions[position & this.mask] as number;
  }

  /** Main revision. */
  revision(position: number): number {
    return this.revisions[position & this.mask] as number;
  }

  /** First kept position whose revision is above `revision`; `end` if there is none. */
  positionAfter(revision: number): number {
    let low = this.first;
    let high = this.end;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.revision(middle) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Forgets everything before `position`. */
  dropBefore(position: number): void {
    this.first = Math.max(this.first, Math.min(position, this.end));
  }

  /** Forgets everything; positions go on. */
  clear(): void {
    this.first = this.end;
  }

  private grow(): void {
    const size = this.mask + 1;
    const mask = size * 2 - 1;
    const spread = <T extends Uint8Array | Int32Array | Float64Array>(from: T): T => {
      const to = new (from.constructor as new (length: number) => T)(size * 2);
      for (let position = this.first; position < this.end; position++) {
        to[position & mask] = from[position & this.mask] as number;
      }
      return to;
    };
    this.kinds = spread(this.kinds);
    this.keys = spread(this.keys);
    this.versions = spread(this.versions);
    this.previousVersions = spread(this.previousVersions);
    this.previousPositions = spread(this.previousPositions);
    this.revisions = spread(this.revisions);
    this.mask = mask;
  }
}

/** Whether a modification is a tombstone of an API object. */
export function isTombstone(log: RevisionLog, position: number): boolean {
  return log.version(position) === NO_VERSION && log.kind(position) !== NO_KIND;
}
