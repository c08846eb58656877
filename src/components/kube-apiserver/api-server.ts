/**
 * kube-apiserver 1.36: one server process. https://github.com/kubernetes/apiserver. Model reference section 2.
 *
 * Modelled: in-flight limits (429 with Retry-After), CPU before and after storage on the host's shared cores, optimistic transactions on the
 * mod revision with GuaranteedUpdate's retries (judged on the watch cache first, on a fresh read before any refusal), graceful deletion of pods,
 * status codes as the real one gives them, watch cache and fan-out, the request timeout, restart with caches filled anew, compaction every five minutes.
 * A request that is in service when the process ends is answered with a broken connection at the end of the stage it is in.
 * Left out here: see docs/not-modelled.md (priority and fairness, admission plugins and webhooks, consistent reads from cache, audit, memory).
 */
import {
  type Kind,
  KIND_COUNT,
  kinds,
  kindsRefusingUnconditionalUpdate,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  resourceName,
  resourceNames,
  type VersionHandle,
} from '../../cluster/index.ts';
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import type { CounterSeries, MetricRecorder, WaitLedger } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import {
  isMutating,
  type objectSizeParameters,
  RequestFlag,
  type RequestId,
  type Requests,
  StatusCode,
  UNCHANGED,
  Verb,
  WaitPlace,
  type Write,
  writeList,
} from '../api-machinery/index.ts';
import { type EtcdCluster, READ, type StoreClient, StoreOutcome } from '../etcd/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { Host } from '../host/host.ts';
import type { kubeApiserverParameters } from './kube-apiserver.parameters.ts';
import { RequestMetrics } from './request-metrics.ts';
import { WatchCache } from './watch-cache.ts';
import { EVERYTHING, GONE, WatchLog, type WatchSubscriber } from './watch-log.ts';

/** What the API server needs of whoever carries answers back to clients. */
export interface ReplyCarrier {
  /** Sends the answer of a request that is done. */
  carryReply(request: RequestId): void;
  /** Tells every watch connection of a server that it broke. */
  watchesBroke(server: number): void;
}

/** What all API servers of a cluster share. */
export interface ApiServerSurroundings {
  readonly simulation: Simulation;
  readonly tables: ObjectTables;
  readonly requests: Requests;
  readonly store: EtcdCluster;
  readonly parameters: ValuesOf<typeof kubeApiserverParameters>;
  readonly network: ValuesOf<typeof networkParameters>;
  readonly sizes: ValuesOf<typeof objectSizeParameters>;
  readonly recorder: MetricRecorder;
  readonly waits: WaitLedger;
  readonly carrier: ReplyCarrier;
}

/** One API server. */
export class ApiServer implements StoreClient {
  /** Its number among the API servers, which is its number at etcd too. */
  readonly index: number;
  /** "kube-apiserver 1". */
  readonly name: string;
  /** Event "a request has arrived" (request), for whoever sends requests. */
  readonly requestArrived: EventType;
  readonly storeAnswered: EventType;
  readonly changesArrived: EventType;
  private readonly around: ApiServerSurroundings;
  private readonly host: Host;
  private readonly beforeStorage: number;
  private readonly afterStorage: number;
  private readonly retrying: number;
  private readonly fanOut: number;
  private readonly caches: readonly WatchCache[];
  private readonly metrics: RequestMetrics;
  private readonly waitCpu: number;
  private readonly evRestarted: EventType;
  private readonly evReady: EventType;
  private readonly evCompact: EventType;
  private readonly watchEvents: readonly CounterSeries[];

  /** Whether it takes requests, state. */
  private ready = true;
  /** Whether it follows etcd's watch, state. */
  isWatching = true;
  /** Raised at every end of the process, state. */
  private incarnation = 1;
  /** Requests in service by type, state. */
  private readsInflight = 0;
  private mutatingInflight = 0;
  /** Position in etcd's change log that was taken over, state. */
  private position = 0;
  /** Revision that the next compaction drops history up to, state. */
  private compactRevision = 0;

  constructor(around: ApiServerSurroundings, index: number, host: Host) {
    const { simulation, recorder } = around;
    this.around = around;
    this.index = index;
    this.name = `kube-apiserver ${index}`;
    this.host = host;
    this.requestArrived = simulation.on(`${this.name}: request arrived`, (request) => this.onRequestArrived(request as RequestId));
    this.storeAnswered = simulation.on(`${this.name}: store answered`, (request, outcome) =>
      this.onStoreAnswered(request as RequestId, outcome),
    );
    this.changesArrived = simulation.on(`${this.name}: changes arrived`, (_, upTo) => this.onChangesArrived(upTo));
    this.evRestarted = simulation.on(`${this.name}: restarted`, () => this.onRestarted());
    this.evReady = simulation.on(`${this.name}: ready`, () => this.onReady());
    this.evCompact = simulation.on(`${this.name}: compaction`, () => this.onCompaction());
    this.beforeStorage = host.register((request) => this.onCpuBeforeStorageDone(request as RequestId));
    this.afterStorage = host.register((request) => this.onCpuAfterStorageDone(request as RequestId));
    this.retrying = host.register((request) => this.onRetryCpuDone(request as RequestId));
    this.fanOut = host.register(() => {});
    this.caches = Array.from({ length: KIND_COUNT }, (_, kind) => this.createCache(kind as Kind));
    this.metrics = new RequestMetrics(recorder);
    this.waitCpu = around.waits.server('kube-apiserver CPU', 'server');
    this.watchEvents = resourceNames.map((resource) => recorder.counter('apiserver_watch_events_total', { resource }));
    const connected = around.store.connect(this);
    if (connected !== index) throw new RangeError('API servers connect to etcd in the order of their numbers');
    if (index === 0) simulation.after(around.parameters.compactionInterval, this.evCompact);
    simulation.addInvariantCheck(this.name, () => this.checkInvariants());
  }

  private createCache(kind: Kind): WatchCache {
    const { simulation, tables, parameters, network } = this.around;
    const table = tables.of(kind);
    const pods = tables.pods;
    const bucketOf =
      kind === kinds.pods
        ? (version: VersionHandle) => pods.node.get(version)
        : (version: VersionHandle) => table.key.get(version);
    const revision = this.around.store.revision;
    const log = new WatchLog(
      {
        name: `${this.name} ${resourceName(kind)}`,
        simulation,
        table,
        bucketOf,
        minimum: parameters.watchCacheMinimum,
        maximum: parameters.watchCacheMaximum,
        fresh: parameters.watchCacheFresh,
        delay: {
          distribution: network.nodeDelay,
          minimum: network.minimumDelay,
          keyed: simulation.streams.keyed(`watchDelay.${this.index}.${resourceName(kind)}`),
        },
      },
      revision,
    );
    return new WatchCache(kind, table, log, revision);
  }

  // ---- ports -------------------------------------------------------------------------------------------------------------------

  /** Whether clients can connect. */
  get isUp(): boolean {
    return this.ready;
  }

  /** The watch cache of a resource. */
  cache(kind: Kind): WatchCache {
    return this.caches[kind] as WatchCache;
  }

  /** Requests in service. */
  inflight(mutating: boolean): number {
    return mutating ? this.mutatingInflight : this.readsInflight;
  }

  /** Fault: the process ends; it is back after `duration` (`restart` if left out) and then fills its caches from etcd. */
  crash(duration: Nanoseconds = this.around.parameters.restart): void {
    if (!this.isWatching) return;
    this.ready = false;
    this.isWatching = false;
    this.incarnation++;
    this.readsInflight = 0;
    this.mutatingInflight = 0;
    this.around.carrier.watchesBroke(this.index);
    for (const cache of this.caches) cache.clear(this.around.store.revision);
    this.around.simulation.after(duration, this.evRestarted);
  }

  /** A change made before the run began (preload): into the cache, without cost. */
  preload(kind: Kind, key: ObjectKey, version: VersionHandle, revision: number): void {
    this.cache(kind).set(key, version, revision);
    this.cache(kind).log.startFrom(revision);
  }

  // ---- a request in the order of its life -----------------------------------------------------------------------------------------

  private onRequestArrived(request: RequestId): void {
    const { requests, simulation, parameters } = this.around;
    requests.server[request] = this.index;
    requests.incarnation[request] = this.incarnation;
    requests.receivedAt[request] = simulation.now;
    if (!this.ready) {
      this.breakOff(request);
      return;
    }
    const verb = requests.verb[request] as number;
    const mutating = isMutating(verb);
    const limit = mutating ? parameters.maxMutatingRequestsInflight : parameters.maxRequestsInflight;
    if (verb !== Verb.Watch) {
      if (this.inflight(mutating) >= limit) {
        requests.code[request] = StatusCode.TooManyRequests;
        requests.retryAfter[request] = parameters.retryAfter;
        this.runCpu(request, this.afterStorage, parameters.rejectCpu);
        return;
      }
      if (mutating) this.mutatingInflight++;
      else this.readsInflight++;
    }
    this.runCpu(request, this.beforeStorage, this.cpuBefore(request));
  }

  private onCpuBeforeStorageDone(request: RequestId): void {
    this.endCpu(request);
    if (this.isBroken(request)) return;
    const { requests } = this.around;
    switch (requests.verb[request]) {
      case Verb.Get:
        this.get(request);
        break;
      case Verb.List:
        this.list(request);
        break;
      case Verb.Watch:
        this.watch(request);
        break;
      case Verb.Delete:
        this.delete(request);
        break;
      case Verb.Create:
        this.create(request);
        break;
      default:
        this.update(request);
    }
  }

  private get(request: RequestId): void {
    const { requests, store } = this.around;
    if ((requests.flags[request] as number) & RequestFlag.FromCache) {
      const version = this.cache(requests.kind[request] as Kind).get(requests.key[request] as ObjectKey);
      this.hold(request, version);
      this.finish(request, version === NO_VERSION ? StatusCode.NotFound : StatusCode.Ok);
    } else {
      store.send(this.index, request);
    }
  }

  private list(request: RequestId): void {
    const { requests, store } = this.around;
    if ((requests.flags[request] as number) & RequestFlag.FromCache) {
      const cache = this.cache(requests.kind[request] as Kind);
      requests.resultRevision[request] = cache.revision;
      this.collect(request, (visit) => cache.forEach(visit));
      this.finish(request, StatusCode.Ok);
    } else {
      store.send(this.index, request);
    }
  }

  /** Puts the listed versions, held, into the answer. Number 0 of the message: bucket that is asked for, or EVERYTHING. */
  private collect(request: RequestId, source: (visit: (key: ObjectKey, version: VersionHandle) => void) => void): void {
    const { requests, tables } = this.around;
    const kind = requests.kind[request] as Kind;
    const table = tables.of(kind);
    const bucket = requests.number(request, 0);
    const found: VersionHandle[] = [];
    source((key, version) => {
      const of = kind === kinds.pods ? tables.pods.node.get(version) : key;
      if (bucket === EVERYTHING || of === bucket) found.push(table.retain(version));
    });
    requests.object[request] = found;
  }

  /** Numbers of the message: bucket, revision after which. Object: the subscriber. The answer's revision is the watcher's number. */
  private watch(request: RequestId): void {
    const { requests } = this.around;
    const { log } = this.cache(requests.kind[request] as Kind);
    const watcher = log.openWatch(
      requests.number(request, 0),
      requests.number(request, 1),
      requests.object[request] as WatchSubscriber | null,
    );
    requests.resultRevision[request] = watcher;
    this.finish(request, watcher === GONE ? StatusCode.Gone : StatusCode.Ok);
  }

  private create(request: RequestId): void {
    const write = this.writeOf(request);
    if (write.readsOnly !== undefined) this.readFor(request);
    else if (write.subresource === 'binding') this.update(request);
    else if (write.allocates !== undefined && this.around.requests.number(request, ALLOCATED) === 0) this.allocate(request);
    else this.createObject(request);
  }

  private createObject(request: RequestId): void {
    const { requests, tables, simulation, store } = this.around;
    const kind = requests.kind[request] as Kind;
    const table = tables.of(kind);
    const draft = table.allocate(requests.key[request] as ObjectKey);
    table.createdAt.set(draft, simulation.now);
    const code = this.apply(this.writeOf(request), draft, request);
    if (code >= StatusCode.Ok) {
      table.release(draft);
      this.finish(request, code);
      return;
    }
    requests.draft[request] = draft;
    requests.transactionRevision[request] = 0;
    store.send(this.index, request);
  }

  /** Stores the object that a create needs first (a Service's IPAddress): an etcd transaction of its own, under the same request. */
  private allocate(request: RequestId): void {
    const { requests, tables, store } = this.around;
    const kind = (this.writeOf(request).allocates as readonly Kind[])[0] as Kind;
    const key = tables.keysOf(kind).generate('', 'ip');
    const draft = tables.of(kind).allocate(key);
    tables.of(kind).bytes.set(draft, this.around.sizes.lease);
    requests.setNumber(request, ALLOCATED, 1);
    requests.setNumber(request, REAL_KIND, requests.kind[request] as number);
    requests.setNumber(request, REAL_KEY, requests.key[request] as number);
    requests.kind[request] = kind;
    requests.key[request] = key;
    requests.draft[request] = draft;
    requests.transactionRevision[request] = 0;
    store.send(this.index, request);
  }

  private readFor(request: RequestId): void {
    this.around.requests.transactionRevision[request] = READ;
    this.around.requests.retries[request] = 0;
    this.around.store.send(this.index, request);
  }

  /** GuaranteedUpdate: judges on the version at hand (the cache's at first), then tries the transaction on its revision. */
  private update(request: RequestId): void {
    const { requests } = this.around;
    const kind = requests.kind[request] as Kind;
    if (
      requests.verb[request] === Verb.Update &&
      requests.expectedRevision[request] === 0 &&
      kindsRefusingUnconditionalUpdate.has(kind)
    ) {
      this.finish(request, StatusCode.UnprocessableEntity);
      return;
    }
    this.updateFrom(request, this.cache(kind).get(requests.key[request] as ObjectKey));
  }

  private updateFrom(request: RequestId, present: VersionHandle): void {
    const { requests, tables, store } = this.around;
    const table = tables.of(requests.kind[request] as Kind);
    const refusal = this.precondition(request, present);
    if (refusal !== 0) {
      this.refuse(request, refusal);
      return;
    }
    const draft = table.copy(present);
    const outcome = this.apply(this.writeOf(request), draft, request);
    if (outcome !== 0) {
      table.release(draft);
      if (outcome === UNCHANGED) this.unchanged(request, present);
      else this.refuse(request, outcome);
      return;
    }
    requests.draft[request] = draft;
    requests.transactionRevision[request] = table.revision.get(present);
    store.send(this.index, request);
  }

  /** A pod that runs somewhere is deleted gracefully: its deletionTimestamp is set and the kubelet deletes it for good; everything else goes at once. */
  private delete(request: RequestId): void {
    const { requests } = this.around;
    this.deleteFrom(request, this.cache(requests.kind[request] as Kind).get(requests.key[request] as ObjectKey));
  }

  private deleteFrom(request: RequestId, present: VersionHandle): void {
    const { requests, tables, store, simulation } = this.around;
    const kind = requests.kind[request] as Kind;
    const refusal = this.precondition(request, present);
    if (refusal !== 0) {
      this.refuse(request, refusal);
      return;
    }
    const table = tables.of(kind);
    const { pods } = tables;
    const noGrace = ((requests.flags[request] as number) & RequestFlag.NoGrace) !== 0;
    if (kind === kinds.pods && !noGrace && pods.node.get(present) >= 0 && !pods.isTerminal(present)) {
      if (pods.isTerminating(present)) {
        this.unchanged(request, present);
        return;
      }
      const draft = table.copy(present);
      table.deletedAt.set(draft, simulation.now);
      requests.draft[request] = draft;
    } else {
      requests.draft[request] = NO_VERSION;
    }
    requests.transactionRevision[request] = table.revision.get(present);
    store.send(this.index, request);
  }

  /** 0, or the code with which a precondition of the client fails on this version. */
  private precondition(request: RequestId, present: VersionHandle): number {
    const { requests, tables } = this.around;
    if (present === NO_VERSION) return StatusCode.NotFound;
    const table = tables.of(requests.kind[request] as Kind);
    const revision = requests.expectedRevision[request] as number;
    const uid = requests.expectedUid[request] as number;
    if (revision !== 0 && revision !== table.revision.get(present)) return StatusCode.Conflict;
    if (uid !== 0 && uid !== table.uid.get(present)) return StatusCode.Conflict;
    return 0;
  }

  /** A refusal on what may be stale is judged again on a fresh read before the client hears of it. */
  private refuse(request: RequestId, code: number): void {
    const { requests } = this.around;
    if (((requests.flags[request] as number) & RequestFlag.Fresh) === 0) {
      this.readAgain(request);
      return;
    }
    if (code === StatusCode.Conflict) this.metrics.conflict(requests.kind[request] as Kind, 'returned');
    this.finish(request, code);
  }

  /** Nothing would change: before it says so, the API server makes sure on a fresh read. */
  private unchanged(request: RequestId, present: VersionHandle): void {
    const { requests } = this.around;
    if (((requests.flags[request] as number) & RequestFlag.Fresh) === 0) {
      this.readAgain(request);
      return;
    }
    this.hold(request, present);
    this.finish(request, StatusCode.Ok);
  }

  private readAgain(request: RequestId): void {
    const { requests, store } = this.around;
    requests.flags[request] = (requests.flags[request] as number) | RequestFlag.Fresh;
    requests.transactionRevision[request] = READ;
    store.send(this.index, request);
  }

  private onStoreAnswered(request: RequestId, outcome: number): void {
    if (this.isBroken(request)) return;
    const { requests } = this.around;
    if (outcome === StoreOutcome.Unavailable) {
      this.dropVersions(request);
      this.finish(request, StatusCode.InternalServerError);
      return;
    }
    const verb = requests.verb[request] as number;
    if (verb === Verb.Get) {
      this.finish(request, requests.result[request] === NO_VERSION ? StatusCode.NotFound : StatusCode.Ok);
    } else if (verb === Verb.List) {
      this.collect(request, (visit) => this.around.store.forEachCurrent(requests.kind[request] as Kind, visit));
      this.finish(request, StatusCode.Ok);
    } else if (requests.transactionRevision[request] === READ) {
      this.onFreshRead(request);
    } else if (outcome === StoreOutcome.Succeeded) {
      this.onStored(request);
    } else {
      this.onTransactionLost(request);
    }
  }

  private onStored(request: RequestId): void {
    const { requests } = this.around;
    const created = requests.verb[request] === Verb.Create;
    const hasAllocated = created && this.writeOf(request).allocates !== undefined;
    if (hasAllocated && requests.number(request, REAL_KIND) !== requests.kind[request]) {
      this.dropVersions(request);
      requests.kind[request] = requests.number(request, REAL_KIND);
      requests.key[request] = requests.number(request, REAL_KEY);
      this.createObject(request);
      return;
    }
    this.finish(request, created ? StatusCode.Created : StatusCode.Ok);
  }

  /** Somebody else was first. A create is refused; everything else is judged again on the version that won. */
  private onTransactionLost(request: RequestId): void {
    const { requests, tables, parameters } = this.around;
    const kind = requests.kind[request] as Kind;
    const draft = requests.draft[request] as VersionHandle;
    if (draft !== NO_VERSION) tables.of(kind).release(draft);
    requests.draft[request] = NO_VERSION;
    const isCreate = requests.verb[request] === Verb.Create && this.writeOf(request).subresource === '';
    if (isCreate) {
      this.metrics.conflict(kind, 'returned');
      this.finish(request, StatusCode.Conflict);
      return;
    }
    this.metrics.conflict(kind, 'retried_inside');
    requests.retries[request] = (requests.retries[request] as number) + 1;
    requests.flags[request] = (requests.flags[request] as number) | RequestFlag.Fresh;
    this.runCpu(request, this.retrying, parameters.retryCpu);
  }

  private onRetryCpuDone(request: RequestId): void {
    this.endCpu(request);
    if (!this.isBroken(request)) this.judgeAgain(request);
  }

  private onFreshRead(request: RequestId): void {
    const { requests } = this.around;
    const write = requests.verb[request] === Verb.Delete ? undefined : this.writeOf(request);
    if (write?.readsOnly !== undefined) {
      requests.retries[request] = (requests.retries[request] as number) + 1;
      this.dropVersions(request);
      if ((requests.retries[request] as number) < write.readsOnly) this.around.store.send(this.index, request);
      else this.finish(request, StatusCode.Created);
      return;
    }
    this.judgeAgain(request);
  }

  private judgeAgain(request: RequestId): void {
    const { requests, tables } = this.around;
    const present = requests.result[request] as VersionHandle;
    requests.result[request] = NO_VERSION;
    if (requests.verb[request] === Verb.Delete) this.deleteFrom(request, present);
    else this.updateFrom(request, present);
    if (present !== NO_VERSION) tables.of(requests.kind[request] as Kind).release(present);
  }

  /** The outcome is known; what is left is the CPU of the answer. */
  private finish(request: RequestId, code: number): void {
    this.around.requests.code[request] = code;
    this.runCpu(request, this.afterStorage, this.cpuAfter(request));
  }

  private onCpuAfterStorageDone(request: RequestId): void {
    this.endCpu(request);
    if (this.isBroken(request)) return;
    const { requests, simulation, parameters, carrier } = this.around;
    const rejected = requests.code[request] === StatusCode.TooManyRequests;
    const verb = requests.verb[request] as number;
    if (!rejected && verb !== Verb.Watch) {
      if (isMutating(verb)) this.mutatingInflight--;
      else this.readsInflight--;
    }
    const took = simulation.now - (requests.receivedAt[request] as number);
    if (took > parameters.requestTimeout && verb !== Verb.Watch) requests.code[request] = StatusCode.GatewayTimeout;
    this.metrics.answered(request, requests, took);
    carrier.carryReply(request);
  }

  // ---- the process's end ------------------------------------------------------------------------------------------------------------

  /** Whether the process that took this request has ended; if so the request is answered with a broken connection. */
  private isBroken(request: RequestId): boolean {
    if (this.around.requests.incarnation[request] === this.incarnation) return false;
    this.breakOff(request);
    return true;
  }

  private breakOff(request: RequestId): void {
    this.dropVersions(request);
    this.around.requests.code[request] = StatusCode.ConnectionBroken;
    this.around.carrier.carryReply(request);
  }

  private onRestarted(): void {
    const { simulation, store, parameters } = this.around;
    this.isWatching = true;
    this.position = store.changeCount;
    store.consumedUpTo(this.index, this.position);
    let objects = 0;
    for (const cache of this.caches) {
      const { revision } = store;
      cache.clear(revision);
      store.forEachCurrent(cache.kind, (key, version) => cache.set(key, version, revision));
      objects += cache.objects;
    }
    simulation.after(nanoseconds(objects * parameters.cacheLoadPerObject), this.evReady);
  }

  private onReady(): void {
    this.ready = true;
  }

  // ---- watch cache ------------------------------------------------------------------------------------------------------------------

  private onChangesArrived(upTo: number): void {
    const { simulation, store, parameters } = this.around;
    if (!this.isWatching) return;
    let cpu = 0;
    while (this.position < upTo) {
      const change = store.changeAt(this.position++);
      const cache = this.cache(change.kind);
      const dispatch = cache.reserve(simulation.now, parameters.watchProcessService);
      const receivers = cache.log.matching(change.version, change.previous);
      const sending = receivers * parameters.watchEventCpu;
      cpu += sending;
      // The watchers' goroutines share the cores with everything else that runs on the host.
      const parallel = Math.max(1, Math.min(receivers, this.host.cores));
      const spread = receivers > 1 ? (sending / parallel) * this.host.slowdown() : 0;
      cache.set(change.key, change.version, change.revision);
      cache.log.append(change.revision, change.version, change.previous, dispatch, spread);
      (this.watchEvents[change.kind] as CounterSeries).add(receivers);
    }
    store.consumedUpTo(this.index, this.position);
    this.chargeFanOut(cpu);
  }

  /** The CPU of sending, as one job per core that it can use at once. */
  private chargeFanOut(cpu: number): void {
    if (cpu <= 0) return;
    const jobs = Math.max(1, Math.min(Math.floor(this.host.cores), Math.ceil(cpu / FAN_OUT_SLICE)));
    for (let i = 0; i < jobs; i++) this.host.run(this.fanOut, nanoseconds(cpu / jobs), 0);
  }

  private onCompaction(): void {
    const { simulation, store, parameters } = this.around;
    store.compact(this.compactRevision);
    this.compactRevision = store.revision;
    simulation.after(parameters.compactionInterval, this.evCompact);
  }

  // ---- small parts ------------------------------------------------------------------------------------------------------------------

  private writeOf(request: RequestId): Write {
    return writeList[this.around.requests.write[request] as number] as Write;
  }

  private apply(write: Write, draft: VersionHandle, request: RequestId): number {
    const { tables, requests, sizes, simulation } = this.around;
    return write.apply({ tables, requests, sizes, now: simulation.now }, draft, request);
  }

  private hold(request: RequestId, version: VersionHandle): void {
    const { requests, tables } = this.around;
    requests.result[request] = version === NO_VERSION ? NO_VERSION : tables.of(requests.kind[request] as Kind).retain(version);
  }

  private dropVersions(request: RequestId): void {
    const { requests, tables } = this.around;
    const table = tables.of(requests.kind[request] as Kind);
    const draft = requests.draft[request] as VersionHandle;
    const result = requests.result[request] as VersionHandle;
    if (draft !== NO_VERSION) table.release(draft);
    if (result !== NO_VERSION) table.release(result);
    requests.draft[request] = NO_VERSION;
    requests.result[request] = NO_VERSION;
  }

  private runCpu(request: RequestId, port: number, work: Nanoseconds): void {
    const { requests, simulation } = this.around;
    requests.stageAt[request] = simulation.now;
    requests.stageService[request] = work;
    this.host.run(port, work, request);
  }

  private endCpu(request: RequestId): void {
    const { requests, simulation, waits } = this.around;
    const waited =
      simulation.now - (requests.stageAt[request] as number) - (requests.stageService[request] as number);
    requests.addWait(request, WaitPlace.ServerCpu, Math.max(0, waited));
    waits.passed(this.waitCpu, Math.max(0, waited));
  }

  private cpuBefore(request: RequestId): Nanoseconds {
    return nanoseconds(this.cpuOf(request) * (1 - this.around.parameters.replyShare));
  }

  private cpuAfter(request: RequestId): Nanoseconds {
    const { requests, parameters } = this.around;
    let work = this.cpuOf(request) * parameters.replyShare;
    if (requests.verb[request] === Verb.List) {
      const listed = (requests.object[request] as readonly unknown[] | null)?.length ?? 0;
      const fromCache = ((requests.flags[request] as number) & RequestFlag.FromCache) !== 0;
      work += listed * (fromCache ? parameters.listPerObjectCpu : parameters.listFromStorePerObjectCpu);
    }
    return nanoseconds(work);
  }

  /** CPU of a request that does not depend on how many objects it returns. */
  private cpuOf(request: RequestId): number {
    const { requests, parameters } = this.around;
    switch (requests.verb[request]) {
      case Verb.Get:
        return parameters.getCpu;
      case Verb.List:
        return parameters.listBaseCpu;
      case Verb.Watch:
        return parameters.watchOpenCpu;
      case Verb.Create:
        return parameters.createCpu;
      case Verb.Delete:
        return parameters.deleteCpu;
      case Verb.Update:
        return requests.kind[request] === kinds.leases ? parameters.leaseUpdateCpu : parameters.updateCpu;
      default:
        return this.writeOf(request).subresource === 'status' ? parameters.statusPatchCpu : parameters.patchCpu;
    }
  }

  /** Nothing is counted in service that has left. */
  checkInvariants(): void {
    const simulation: Simulation = this.around.simulation;
    simulation.invariant(
      this.readsInflight >= 0 && this.mutatingInflight >= 0,
      this.name,
      `requests in service: ${this.readsInflight} reads, ${this.mutatingInflight} writes`,
    );
  }
}

/** Numbers of a message that the API server uses itself while it allocates what a create needs first. */
const ALLOCATED = 3;
const REAL_KIND = 4;
const REAL_KEY = 5;
/** CPU of fan-out that one goroutine is charged before another core joins [ns]; 1 ms, a scheduling slice of the kernel. */
const FAN_OUT_SLICE = 1_000_000;
