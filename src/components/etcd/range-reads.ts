/** What a read finds in the key space at a revision, and how long a range takes. E:server/storage/mvcc/kvstore_txn.go:rangeKeys. */
import { type Kind, NO_VERSION, type ObjectKey, type ObjectTables } from '../../cluster/index.ts';
import type { ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import type { RequestId, Requests } from '../api-machinery/index.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Keyspace } from './mvcc/index.ts';

/** Numbers of a list's message: most objects that it returns (0 = all), position at which it goes on, revision at which it goes on. */
const LIMIT = 1;
const CONTINUE_POSITION = 3;
const CONTINUE_REVISION = 4;
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

  /** Puts the version of a key at a revision into the answer. */
  get(request: RequestId, revision: number): void {
    const { requests, tables, keyspace } = this.options;
    const kind = requests.kind[request] as Kind;
    const version = keyspace.versionAt(kind, requests.key[request] as ObjectKey, revision);
    requests.result[request] = version === NO_VERSION ? NO_VERSION : tables.of(kind).retain(version);
  }

  /**
   * Puts all versions of a kind into the answer, as of the revision at which the list began, or of the present one; returns how long that takes, undefined
   * if that revision is compacted.
   */
  list(request: RequestId, present: number): Nanoseconds | undefined {
    const { requests, keyspace } = this.options;
    const kind = requests.kind[request] as Kind;
    const wanted = requests.number(request, CONTINUE_REVISION);
    const revision = wanted === 0 ? present : wanted;
    if (revision < keyspace.compactedRevision) return undefined;
    requests.resultRevision[request] = revision;
    const listed = keyspace.holdAllAt(kind, revision);
    requests.object[request] = listed;
    return this.rangeTime(request, listed.length);
  }

  /** A limited range visits every index key behind its beginning, to count them. */
  private rangeTime(request: RequestId, keys: number): Nanoseconds {
    const { requests, parameters } = this.options;
    const limit = requests.number(request, LIMIT);
    const behind = Math.max(0, keys - requests.number(request, CONTINUE_POSITION));
    const returned = limit === 0 ? behind : Math.min(limit, behind);
    const visits = limit === 0 ? 0 : behind;
    return nanoseconds(
      parameters.readService + parameters.rangeServicePerKey * returned + parameters.indexVisit * visits,
    );
  }
}
