/**
 * How wide a request is: how many seats it takes while it executes, and how many for how long after it was answered.
 * K:apiserver/pkg/util/flowcontrol/request (width.go, list_work_estimator.go, mutating_work_estimator.go, object_count_tracker.go).
 *
 * Lists, and watches that begin with a list, by what they load; writes by how many watchers are to be told. The numbers of objects and their
 * size are those of the last count of the resource, at most `objectCountPeriod` old: the first list after that has it counted anew.
 */
import {
  type Kind,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type VersionHandle,
} from '../../../cluster/index.ts';
import type { Simulation, ValuesOf } from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import {
  isMutating,
  ReadNumber,
  RequestFlag,
  type RequestId,
  type Requests,
  Verb,
  writeList,
} from '../../api-machinery/index.ts';
import type { flowControlParameters } from './flow-control.parameters.ts';
import type { FlowRequests } from './flow-requests.ts';

/** What the estimator needs of the cache of a resource. */
export interface CountedResource {
  readonly objects: number;
  get(key: ObjectKey): VersionHandle;
  forEach(visit: (key: ObjectKey, version: VersionHandle) => void): void;
  readonly log: {
    /** How many watchers a change is sent to: those of everything, and those of the version's bucket. */
    matching(version: VersionHandle, previous: VersionHandle): number;
  };
}

/** Parameters that the estimate rests on. */
export type EstimatorValues = ValuesOf<typeof flowControlParameters> & {
  readonly objectCountPeriod: Nanoseconds;
  readonly consistentListFromCache: boolean;
  readonly listFromCacheSnapshot: boolean;
};

/** The last count of a resource. */
interface ObjectCount {
  readonly at: number;
  readonly objects: number;
  readonly bytes: number;
}

/** The estimator of one server. */
export class WorkEstimator {
  private readonly simulation: Simulation;
  private readonly requests: Requests;
  private readonly tables: ObjectTables;
  private readonly parameters: EstimatorValues;
  private readonly resource: (kind: Kind) => CountedResource;
  /** Last count of each kind, state. */
  private readonly counts: (ObjectCount | undefined)[] = [];

  constructor(options: {
    readonly simulation: Simulation;
    readonly requests: Requests;
    readonly tables: ObjectTables;
    readonly parameters: EstimatorValues;
    readonly resource: (kind: Kind) => CountedResource;
  }) {
    this.simulation = options.simulation;
    this.requests = options.requests;
    this.tables = options.tables;
    this.parameters = options.parameters;
    this.resource = options.resource;
  }

  /** Fills the columns of a request with its estimate. `widest`: bound by its level, Infinity = none. */
  estimate(request: RequestId, columns: FlowRequests, widest: number): void {
    columns.initialSeats[request] = 1;
    columns.finalSeats[request] = 0;
    columns.extraLatency[request] = 0;
    const verb = this.requests.verb[request] as number;
    if (isMutating(verb)) this.estimateWrite(request, columns, widest);
    else if (this.listsObjects(request, verb)) columns.initialSeats[request] = this.listSeats(request, widest);
  }

  /** Every so many watchers of a written object are a seat for a while; beyond the widest it is a longer while instead. */
  private estimateWrite(request: RequestId, columns: FlowRequests, widest: number): void {
    const { watchesPerSeat, mutatingMaximumSeats, eventAdditionalDuration } = this.parameters;
    const watchers = this.watchersOf(request);
    if (watchers < watchesPerSeat || this.storesNothing(request)) return;
    const wanted = Math.ceil(watchers / watchesPerSeat);
    const seats = Math.min(wanted, mutatingMaximumSeats, this.bounded(widest));
    columns.finalSeats[request] = seats;
    columns.extraLatency[request] = Math.ceil((wanted * eventAdditionalDuration) / seats);
  }

  /** Watchers of the whole resource and of the object by its name; those of pods of one node are not counted (watch_tracker.go). */
  private watchersOf(request: RequestId): number {
    const { requests } = this;
    const kind = requests.kind[request] as Kind;
    const { log } = this.resource(kind);
    const key = requests.key[request] as ObjectKey;
    const isNamed = key >= 0 && requests.verb[request] !== Verb.Create && kind !== kinds.pods;
    return log.matching(isNamed ? this.resource(kind).get(key) : NO_VERSION, NO_VERSION);
  }

  /** A TokenRequest changes no object. */
  private storesNothing(request: RequestId): boolean {
    const { requests } = this;
    if (requests.verb[request] !== Verb.Create) return false;
    return writeList[requests.write[request] as number]?.readsOnly !== undefined;
  }

  private listsObjects(request: RequestId, verb: number): boolean {
    return verb === Verb.List || (verb === Verb.Watch && this.requests.number(request, ReadNumber.InitialEvents) === 1);
  }

  private listSeats(request: RequestId, widest: number): number {
    const { requests, parameters } = this;
    const kind = requests.kind[request] as Kind;
    const bucket = requests.number(request, ReadNumber.Bucket);
    if (bucket >= 0 && kind !== kinds.pods) return 1;
    const count = this.count(kind);
    const isWatch = requests.verb[request] === Verb.Watch;
    const limit = isWatch ? 0 : requests.number(request, ReadNumber.Limit);
    const isFromCache = isWatch || this.isListedFromCache(request, limit);
    const limited = limit > 0 ? Math.min(limit, count.objects) : count.objects;
    const isNarrowed = bucket >= 0 || (!isWatch && requests.number(request, ReadNumber.SelectedShare) > 0);
    const seats =
      parameters.listWidth === 'bytes'
        ? this.seatsByBytes(count, limited, isFromCache, isNarrowed)
        : this.seatsByObjects(count, limited, isFromCache, isNarrowed);
    return Math.max(1, Math.min(seats, parameters.listMaximumSeats, this.bounded(widest)));
  }

  /** Where a list is answered from if the cache can be read (K:apiserver/pkg/storage/cacher/delegator.go:shouldDelegateList). */
  private isListedFromCache(request: RequestId, limit: number): boolean {
    const { consistentListFromCache, listFromCacheSnapshot } = this.parameters;
    if (((this.requests.flags[request] as number) & RequestFlag.FromCache) !== 0) return true;
    return consistentListFromCache && (limit === 0 || listFromCacheSnapshot);
  }

  /** From 1.34 on: by the memory that the objects take. */
  private seatsByBytes(count: ObjectCount, limited: number, isFromCache: boolean, isNarrowed: boolean): number {
    const { listBytesPerSeat, listCacheMemoryCap } = this.parameters;
    const loaded = isNarrowed && !isFromCache ? Math.max(limited, Math.floor(count.objects / 2)) : limited;
    const bytes = count.objects === 0 ? 0 : loaded * Math.ceil(count.bytes / count.objects);
    return Math.ceil((isFromCache ? Math.min(bytes, listCacheMemoryCap) : bytes) / listBytesPerSeat);
  }

  /** Before: by the number of objects that are looked at. */
  private seatsByObjects(count: ObjectCount, limited: number, isFromCache: boolean, isNarrowed: boolean): number {
    const looked = isFromCache ? count.objects : isNarrowed ? count.objects + limited : 2 * limited;
    return Math.ceil(looked / this.parameters.listObjectsPerSeat);
  }

  private bounded(widest: number): number {
    return this.parameters.widthByLevel ? widest : Number.POSITIVE_INFINITY;
  }

  private count(kind: Kind): ObjectCount {
    const { now } = this.simulation;
    let count = this.counts[kind];
    if (count === undefined || now - count.at >= this.parameters.objectCountPeriod) {
      const resource = this.resource(kind);
      const table = this.tables.of(kind);
      let bytes = 0;
      resource.forEach((_, version) => {
        bytes += table.bytes.get(version);
      });
      count = { at: now, objects: resource.objects, bytes };
      this.counts[kind] = count;
    }
    return count;
  }

  /** The process has ended. */
  clear(): void {
    this.counts.length = 0;
  }
}
