/** What a read finds in the key space at a revision, and how long a range takes. E:server/storage/mvcc/kvstore_txn.go:rangeKeys. */
import { type Kind, NO_VERSION, type ObjectKey, type ObjectTables, type VersionHandle } from '../../cluster/index.ts';
import type { ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { ReadNumber, type RequestId, type Requests } from '../api-machinery/index.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Keyspace } from './mvcc/index.ts';

/** What reads look at. */
export interface RangeReadsOptions {
  readonly requests: Requests;
  readonly tables: ObjectTables;
  readonly keyspace: Keyspace;
  readonly parameters: ValuesOf<typeof etcdParameters>;
}

/** Reads of the key space. */
export class RangeReads {
  private readonly options: RangeReadsOptions;

  constructor(options: RangeReadsOptions) {
    this.options = options;
  }

  /** Puts the version of a key at a revision into the answer; returns how long that takes. */
  get(request: RequestId, revision: number): Nanoseconds {
    const { requests, tables, keyspace } = this.options;
    const kind = requests.kind[request] as Kind;
    const version = keyspace.versionAt(kind, requests.key[request] as ObjectKey, revision);
    if (version === NO_VERSION) {
      requests.result[request] = NO_VERSION;
      return this.rangeTime(0, 0, 0);
    }
    const table = tables.of(kind);
    requests.result[request] = table.retain(version);
    return this.rangeTime(0, 0, table.bytes.get(version));
  }

  /** How long an answer takes that holds nothing but the revision. */
  get revisionTime(): Nanoseconds {
    return this.rangeTime(0, 0, 0);
  }

  /**
   * Puts a page of the versions of a kind into the answer, as of the revision at which the list began, or of the present one, and where the next page
   * begins (0 = there is none); returns how long that takes, undefined if that revision is compacted.
   */
  list(request: RequestId, present: number): Nanoseconds | undefined {
    const { requests, keyspace, tables } = this.options;
    const kind = requests.kind[request] as Kind;
    const wanted = requests.number(request, ReadNumber.Revision);
    const revision = wanted === 0 ? present : wanted;
    if (revision < keyspace.compactedRevision) return undefined;
    const limit = requests.number(request, ReadNumber.Limit);
    const table = tables.of(kind);
    const held: VersionHandle[] = [];
    let behind = 0;
    let next = 0;
    let bytes = 0;
    keyspace.forEachAt(kind, revision, requests.number(request, ReadNumber.Position), (key, version) => {
      behind++;
      if (limit === 0 || held.length < limit) {
        held.push(table.retain(version));
        bytes += table.bytes.get(version);
      } else if (next === 0) next = key;
    });
    requests.resultRevision[request] = revision;
    requests.object[request] = held;
    requests.setNumber(request, ReadNumber.Position, next);
    return this.rangeTime(held.length, limit === 0 ? 0 : behind, bytes);
  }

  /** A limited range visits every index key behind its beginning, to count them; what is sent is encrypted. */
  private rangeTime(returned: number, visits: number, bytes: number): Nanoseconds {
    const { rangeServicePerKey, indexVisit, tlsPerByte } = this.options.parameters;
    return nanoseconds(rangeServicePerKey * returned + indexVisit * visits + tlsPerByte * bytes);
  }
}
