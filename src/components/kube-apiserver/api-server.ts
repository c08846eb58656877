/**
 * kube-apiserver 1.36: one server process. https://github.com/kubernetes/apiserver.
 *
 * Modelled: in-flight limits (429 with Retry-After), CPU before and after storage on the host's shared cores, optimistic transactions on the
 * mod revision with GuaranteedUpdate's retries (judged on the watch cache first, on a fresh read before any refusal), graceful deletion of pods,
 * status codes as the real one gives them, watch cache and fan-out, the request timeout, restart with caches filled anew, compaction every five minutes.
 * A request that is in service when the process ends is answered with a broken connection at the end of the stage it is in.
 * Left out here: see docs/not-modelled.md (priority and fairness, admission plugins and webhooks, consistent reads from cache, audit, memory).
 */
import { type Kind, kinds, NO_VERSION, type ObjectKey, type VersionHandle } from '../../cluster/index.ts';
import type { EventType, Simulation } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { isMutating, RequestFlag, type RequestId, StatusCode, Verb, WaitPlace } from '../api-machinery/index.ts';
import { READ, type StoreClient, StoreOutcome } from '../etcd/index.ts';
import type { Host } from '../host/host.ts';
import { ObjectWrites } from './object-writes.ts';
import { RequestCosts } from './request-costs.ts';
import { RequestMetrics } from './request-metrics.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';
import { WatchCaches } from './watch-caches.ts';
import { EVERYTHING, GONE, type WatchSubscriber } from './watch-log.ts';

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
  private readonly writes: ObjectWrites;
  private readonly caches: WatchCaches;
  private readonly costs: RequestCosts;
  private readonly metrics: RequestMetrics;
  private readonly waitCpu: number;
  private readonly evRestarted: EventType;
  private readonly evReady: EventType;
  private readonly evCompact: EventType;

  /** Whether it takes requests, state. */
  private ready = true;
  /** Whether it follows etcd's watch, state. */
  isWatching = true;
  /** Raised at every end of the process, state. */
  private incarnation = 1;
  /** Requests in service by type, state. */
  private readsInflight = 0;
  private mutatingInflight = 0;
  /** Most of them at once since {@link takePeak} was last asked, statistic. */
  private mostReads = 0;
  private mostMutating = 0;
  /** Revision that the next compaction drops history up to, state. */
  private compactRevision = 0;

  constructor(around: ApiServerSurroundings, index: number, host: Host) {
    const { simulation, recorder } = around;
    this.around = around;
    this.index = index;
    this.name = `kube-apiserver ${index}`;
    this.host = host;
    this.requestArrived = simulation.on(`${this.name}: request arrived`, (request) =>
      this.onRequestArrived(request as RequestId),
    );
    this.storeAnswered = simulation.on(`${this.name}: store answered`, (request, outcome) =>
      this.onStoreAnswered(request as RequestId, outcome),
    );
    this.changesArrived = simulation.on(`${this.name}: changes arrived`, (_, upTo) => {
      if (this.isWatching) this.caches.takeOver(upTo);
    });
    this.evRestarted = simulation.on(`${this.name}: restarted`, () => this.onRestarted());
    this.evReady = simulation.on(`${this.name}: ready`, () => this.onReady());
    this.evCompact = simulation.on(`${this.name}: compaction`, () => this.onCompaction());
    this.beforeStorage = host.register((request) => this.onCpuBeforeStorageDone(request as RequestId));
    this.afterStorage = host.register((request) => this.onCpuAfterStorageDone(request as RequestId));
    const retrying = host.register((request) => this.onRetryCpuDone(request as RequestId));
    this.caches = new WatchCaches(around, this.name, index, host);
    this.costs = new RequestCosts(around.requests, around.parameters);
    this.metrics = new RequestMetrics(recorder);
    this.writes = new ObjectWrites(around, this, {
      finish: (request, code) => this.finish(request, code),
      retry: (request) => this.runCpu(request, retrying, around.parameters.retryCpu),
      conflict: (kind, how) => this.metrics.conflict(kind, how),
    });
    this.waitCpu = around.waits.server('kube-apiserver CPU', 'server');
    const connected = around.store.connect(this);
    if (connected !== index) throw new RangeError('API servers connect to etcd in the order of their numbers');
    if (index === 0) simulation.after(around.parameters.compactionInterval, this.evCompact);
    simulation.addInvariantCheck(this.name, () => this.checkInvariants());
  }

  // ---- ports -------------------------------------------------------------------------------------------------------------------

  /** Whether clients can connect. */
  get isUp(): boolean {
    return this.ready;
  }

  /** The watch cache of a resource. */
  cache(kind: Kind): WatchCache {
    return this.caches.of(kind);
  }

  /** Most requests in service at once since this was last asked (K:apiserver/pkg/server/filters/maxinflight.go:requestWatermark). */
  takePeak(mutating: boolean): number {
    const peak = mutating ? this.mostMutating : this.mostReads;
    if (mutating) this.mostMutating = this.mutatingInflight;
    else this.mostReads = this.readsInflight;
    return peak;
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
    this.caches.clear();
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
      if ((mutating ? this.mutatingInflight : this.readsInflight) >= limit) {
        requests.code[request] = StatusCode.TooManyRequests;
        requests.retryAfter[request] = parameters.retryAfter;
        this.runCpu(request, this.afterStorage, parameters.rejectCpu);
        return;
      }
      if (mutating) this.mostMutating = Math.max(this.mostMutating, ++this.mutatingInflight);
      else this.mostReads = Math.max(this.mostReads, ++this.readsInflight);
    }
    this.runCpu(request, this.beforeStorage, this.costs.before(request));
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
        this.writes.delete(request);
        break;
      case Verb.Create:
        this.writes.create(request);
        break;
      default:
        this.writes.update(request);
    }
  }

  private get(request: RequestId): void {
    const { requests, store } = this.around;
    if ((requests.flags[request] as number) & RequestFlag.FromCache) {
      const version = this.cache(requests.kind[request] as Kind).get(requests.key[request] as ObjectKey);
      this.writes.hold(request, version);
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
      this.collect(request, cache);
      this.finish(request, StatusCode.Ok);
    } else {
      store.send(this.index, request);
    }
  }

  /** Puts the listed versions of the cache, held, into the answer. */
  private collect(request: RequestId, cache: WatchCache): void {
    const { requests, tables } = this.around;
    const kind = requests.kind[request] as Kind;
    const table = tables.of(kind);
    const bucket = requests.number(request, 0);
    const found: VersionHandle[] = [];
    requests.object[request] = found;
    if (bucket !== EVERYTHING && kind !== kinds.pods) {
      const version = cache.get(bucket as ObjectKey);
      if (version !== NO_VERSION) found.push(table.retain(version));
      return;
    }
    cache.forEach((_, version) => {
      if (this.isAskedFor(request, version)) found.push(table.retain(version));
    });
  }

  /** Leaves of what etcd has listed what was asked for. */
  private narrow(request: RequestId): void {
    const { requests, tables } = this.around;
    const table = tables.of(requests.kind[request] as Kind);
    const listed = requests.object[request] as readonly VersionHandle[];
    requests.object[request] = listed.filter((version) => {
      const isAskedFor = this.isAskedFor(request, version);
      if (!isAskedFor) table.release(version);
      return isAskedFor;
    });
  }

  /** Whether a list is to show a version. Number 0 of the message: bucket that is asked for, or EVERYTHING. */
  private isAskedFor(request: RequestId, version: VersionHandle): boolean {
    const { requests, tables } = this.around;
    const kind = requests.kind[request] as Kind;
    const bucket = requests.number(request, 0);
    if (bucket === EVERYTHING) return true;
    return bucket === (kind === kinds.pods ? tables.pods.node.get(version) : tables.of(kind).key.get(version));
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

  private onStoreAnswered(request: RequestId, outcome: number): void {
    if (this.isBroken(request)) return;
    const { requests } = this.around;
    const isRead = requests.transactionRevision[request] === READ;
    this.metrics.storeAnswered(request, requests, isRead, this.around.simulation.now);
    if (outcome === StoreOutcome.Unavailable) {
      this.writes.dropVersions(request);
      this.finish(request, StatusCode.InternalServerError);
      return;
    }
    const verb = requests.verb[request] as number;
    if (verb === Verb.Get) {
      this.finish(request, requests.result[request] === NO_VERSION ? StatusCode.NotFound : StatusCode.Ok);
    } else if (verb === Verb.List) {
      this.narrow(request);
      this.finish(request, StatusCode.Ok);
    } else if (isRead) {
      this.writes.onFreshRead(request);
    } else if (outcome === StoreOutcome.Succeeded) {
      this.writes.onStored(request);
    } else {
      this.writes.onTransactionLost(request);
    }
  }

  private onRetryCpuDone(request: RequestId): void {
    this.endCpu(request);
    if (!this.isBroken(request)) this.writes.judgeAgain(request);
  }

  /** The outcome is known; what is left is the CPU of the answer. */
  private finish(request: RequestId, code: number): void {
    this.around.requests.code[request] = code;
    this.runCpu(request, this.afterStorage, this.costs.after(request));
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
    this.writes.dropVersions(request);
    this.around.requests.code[request] = StatusCode.ConnectionBroken;
    this.around.carrier.carryReply(request);
  }

  private onRestarted(): void {
    const { simulation, parameters } = this.around;
    this.isWatching = true;
    const objects = this.caches.fill();
    simulation.after(nanoseconds(objects * parameters.cacheLoadPerObject), this.evReady);
  }

  private onReady(): void {
    this.ready = true;
  }

  private onCompaction(): void {
    const { simulation, store, parameters } = this.around;
    store.compact(this.compactRevision);
    this.compactRevision = store.revision;
    simulation.after(parameters.compactionInterval, this.evCompact);
  }

  // ---- small parts ------------------------------------------------------------------------------------------------------------------

  private runCpu(request: RequestId, port: number, work: Nanoseconds): void {
    const { requests, simulation } = this.around;
    requests.stageAt[request] = simulation.now;
    requests.stageService[request] = work;
    this.host.run(port, work, request);
  }

  private endCpu(request: RequestId): void {
    const { requests, simulation, waits } = this.around;
    const waited = simulation.now - (requests.stageAt[request] as number) - (requests.stageService[request] as number);
    requests.addWait(request, WaitPlace.ServerCpu, Math.max(0, waited));
    waits.passed(this.waitCpu, Math.max(0, waited));
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
