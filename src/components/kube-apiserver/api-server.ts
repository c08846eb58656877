/**
 * kube-apiserver 1.36: one server process. https://github.com/kubernetes/apiserver.
 *
 * Here: the stages of a request, in the order of DefaultBuildHandlerChain (K:apiserver/pkg/server/config.go) as far as they cost or wait:
 * arrival, flow control, CPU of authentication and decoding, admission of writes, storage, CPU of encoding and writing, release of flow control, reply.
 * The stages' mechanisms have files of their own: flow-control/ or max-in-flight.ts (flow control), object-reads.ts, admission/ (admission of writes), object-writes.ts
 * (storage), request-costs.ts and cpu-stages.ts (CPU), watch-caches.ts (caches and fan-out), requests-in-service.ts (deadlines),
 * server-memory.ts, server-process.ts (restart).
 * A request that is in service when the process ends is answered with a broken connection at the end of the stage it is in.
 * Left out here: see docs/not-modelled.md (audit).
 */
import type { Kind, ObjectKey, VersionHandle } from '../../cluster/index.ts';
import type { EventType, RandomStream } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { isMutating, type RequestId, StatusCode } from '../api-machinery/index.ts';
import { READ, READ_REVISION, type StoreClient, StoreOutcome } from '../etcd/index.ts';
import type { Host } from '../host/host.ts';
import { AdmissionChain } from './admission/index.ts';
import { startBackgroundWork } from './background-work.ts';
import { CacheFreshness } from './cache-freshness.ts';
import { publishCaches } from './cache-metrics.ts';
import { CacheUpkeep } from './cache-upkeep.ts';
import { Compactor } from './compactor.ts';
import { CpuStages } from './cpu-stages.ts';
import { EventLeases } from './event-leases.ts';
import { newRequestFilter } from './new-request-filter.ts';
import { ObjectReads } from './object-reads.ts';
import { ObjectWrites } from './object-writes.ts';
import { OwnRequests } from './own-requests.ts';
import { RequestCosts } from './request-costs.ts';
import type { RequestFilter } from './request-filter.ts';
import { RequestMetrics } from './request-metrics.ts';
import { RequestsInService } from './requests-in-service.ts';
import { ServerMemory } from './server-memory.ts';
import { ServerProcess } from './server-process.ts';
import { StoreCommands } from './store-commands.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';
import { WatchCaches } from './watch-caches.ts';

/** What a client is told when etcd refuses or does not answer. */
const failureCodes: ReadonlyMap<number, number> = new Map([
  [StoreOutcome.Unavailable, StatusCode.InternalServerError],
  [StoreOutcome.TooManyRequests, StatusCode.InternalServerError],
  [StoreOutcome.NoSpace, StatusCode.InternalServerError],
  [StoreOutcome.TooLarge, StatusCode.RequestEntityTooLarge],
  [StoreOutcome.Compacted, StatusCode.Gone],
]);

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
  readonly progressArrived: EventType;
  readonly watchesCancelled: EventType;
  /** Requests that wait until a cache is new enough. */
  readonly freshness: CacheFreshness;
  private readonly around: ApiServerSurroundings;
  private readonly cpu: CpuStages;
  /** Numbers of the CPU stages. */
  private readonly decoding: number;
  private readonly retrying: number;
  private readonly encoding: number;
  private readonly refusing: number;
  private readonly process: ServerProcess;
  private readonly inService: RequestsInService;
  private readonly memory: ServerMemory;
  /** Which requests' connections are to be closed. */
  private readonly goaway: RandomStream;
  private readonly flowControl: RequestFilter;
  private readonly reads: ObjectReads;
  private readonly admission: AdmissionChain;
  private readonly writes: ObjectWrites;
  private readonly caches: WatchCaches;
  private readonly own: OwnRequests;
  private readonly costs: RequestCosts;
  private readonly metrics: RequestMetrics;
  private readonly commands: StoreCommands;
  private readonly compactor: Compactor;
  private readonly eventLeases: EventLeases;

  constructor(around: ApiServerSurroundings, index: number, host: Host) {
    const { simulation, recorder, parameters, tables } = around;
    this.around = around;
    this.index = index;
    this.name = `kube-apiserver ${index}`;
    this.requestArrived = simulation.on(`${this.name}: request arrived`, (request) =>
      this.arrive(request as RequestId),
    );
    this.storeAnswered = simulation.on(`${this.name}: store answered`, (request, outcome) =>
      this.onStoreAnswered(request as RequestId, outcome),
    );
    this.changesArrived = simulation.on(`${this.name}: changes arrived`, (_, upTo) => {
      if (this.process.isRunning) this.caches.takeOver(upTo);
    });
    this.progressArrived = simulation.on(`${this.name}: progress arrived`, (_, revision) => {
      if (this.process.isRunning) this.caches.progress(revision);
    });
    this.watchesCancelled = simulation.on(`${this.name}: watches cancelled`, (_, isCompacted) => {
      if (isCompacted === 1 && this.process.isRunning) this.caches.reload();
    });
    this.cpu = new CpuStages(around, host, this.name);
    this.decoding = this.cpu.register((request) => this.onDecoded(request));
    this.encoding = this.cpu.register((request) => this.onEncoded(request));
    this.refusing = this.cpu.register((request) => this.onRefused(request));
    this.retrying = this.cpu.register((request) => this.onRetryCpuDone(request));
    this.process = new ServerProcess(simulation, this.name, parameters, {
      draining: () => this.onDraining(),
      ended: () => this.onEnded(),
      started: () => this.onStarted(),
    });
    this.commands = new StoreCommands(around, this.name);
    this.compactor = new Compactor(around, this.name, this.commands);
    this.eventLeases = new EventLeases(around, this.commands, {
      proceed: (request) => around.store.send(index, request),
      refuse: (request, outcome) => this.fail(request, outcome),
    });
    this.own = new OwnRequests(around, index);
    this.caches = new WatchCaches(around, this.name, index, host, this.own, {
      ready: (kind) => this.reads.onReady(kind),
      moved: () => this.freshness.moved(),
    });
    this.freshness = new CacheFreshness(around, this.name, index, (kind) => this.cache(kind).readableRevision, {
      onFresh: (request) => this.reads.onFresh(request),
      onStale: (request) => this.reads.onStale(request),
    });
    const upkeep = new CacheUpkeep(around, this.name, {
      own: this.own,
      host,
      caches: this.caches.all,
      isRunning: () => this.process.isRunning,
    });
    publishCaches(around, this.caches.all, upkeep.counts);
    this.flowControl = newRequestFilter(around, `${this.name} flow control`, {
      resource: (kind) => this.cache(kind),
      serve: (request, extraCpu) => this.serve(request, extraCpu),
      refuse: (request, retryAfter) => this.refuse(request, retryAfter),
      breakOff: (request) => this.inService.breakOff(request),
    });
    this.memory = new ServerMemory(simulation, { parameters, limit: around.memoryLimit, holders: this.caches });
    host.collect(this.name, { ...parameters, liveBytes: () => this.memory.liveBytes() });
    startBackgroundWork(simulation, this.name, {
      host,
      cores: parameters.backgroundCores,
      isRunning: () => this.process.isRunning,
      look: () => this.checkMemory(),
    });
    this.goaway = simulation.streams.stream(`${this.name} goaway`);
    this.costs = new RequestCosts(around, (kind) => this.cache(kind));
    this.metrics = new RequestMetrics(recorder, tables);
    this.reads = new ObjectReads(around, this);
    this.admission = new AdmissionChain(around, this.name, host, this);
    this.writes = new ObjectWrites(around, this, {
      finish: (request, code) => this.finish(request, code),
      retry: (request) => this.cpu.run(request, this.retrying, this.costs.again(request)),
      attachLease: (request) => this.eventLeases.attach(request),
      conflict: (kind, how) => this.metrics.conflict(kind, how),
      isOver: (request) => this.inService.isOver(request),
    });
    this.inService = new RequestsInService({
      around,
      name: this.name,
      process: this.process,
      memory: this.memory,
      metrics: this.metrics,
      release: (request) => this.flowControl.release(request),
      dropVersions: (request) => this.drop(request),
    });
    const connected = around.store.connect(this);
    if (connected !== index) throw new RangeError('API servers connect to etcd in the order of their numbers');
    this.compactor.start();
  }

  // ---- ports -------------------------------------------------------------------------------------------------------------------

  /** Whether clients can connect. */
  get isUp(): boolean {
    return this.process.isReady;
  }

  /** Since when clients can connect, or cannot [ns]. */
  get upOrDownSince(): number {
    return this.process.since;
  }

  /** Number of the process among those that have run here; connections to others are broken. */
  get incarnation(): number {
    return this.process.incarnation;
  }

  /** Requests at once that it takes on one connection. */
  get maxStreams(): number {
    return this.around.parameters.http2MaxStreams;
  }

  /** A client connects: the server computes its side of the handshake; returns how long that takes. */
  acceptConnection(): Nanoseconds {
    return this.cpu.runBeside(this.around.parameters.handshakeCpu);
  }

  /** Memory that it has now [B]. */
  get residentBytes(): number {
    return this.memory.residentBytes();
  }

  /** What happened to its process, in words. */
  get notes(): readonly string[] {
    return this.process.notes;
  }

  /** Whether it follows etcd's watch. */
  get isWatching(): boolean {
    return this.process.isRunning;
  }

  /** The watch cache of a resource. */
  cache(kind: Kind): WatchCache {
    return this.caches.of(kind);
  }

  /** Most requests in service at once since this was last asked. */
  takePeak(mutating: boolean): number {
    return this.flowControl.takePeak(mutating);
  }

  /** Fault: the process ends at once; it is back after `duration` (`restart` if left out) and then fills its caches from etcd. */
  crash(duration?: Nanoseconds): void {
    this.process.crash(duration);
  }

  /** The life of its process, for whoever supervises it. */
  get ownProcess(): Pick<ServerProcess, 'supervise' | 'start' | 'kill' | 'drain'> {
    return this.process;
  }

  /** The process is asked to end: it serves what it has first. `whenReady` is called when it takes requests again. */
  restartGracefully(duration?: Nanoseconds, whenReady?: () => void): void {
    if (whenReady !== undefined) this.process.onceReady(whenReady);
    this.process.drain(duration);
    this.inService.letProcessEnd();
  }

  /** A change made before the run began (preload): into the cache, without cost. */
  preload(kind: Kind, key: ObjectKey, version: VersionHandle, revision: number): void {
    this.cache(kind).set(key, version, revision);
    this.cache(kind).log.startFrom(revision);
  }

  // ---- a request in the order of its life -----------------------------------------------------------------------------------------

  private arrive(request: RequestId): void {
    const { requests, simulation } = this.around;
    requests.server[request] = this.index;
    requests.incarnation[request] = this.process.incarnation;
    requests.receivedAt[request] = simulation.now;
    if (!this.process.isReady && !this.process.isDraining) {
      this.inService.breakOff(request);
      return;
    }
    this.inService.enter(request);
    this.flowControl.arrive(request);
  }

  /** Flow control will not have a request: 429, the client is to come again after `retryAfter`. */
  private refuse(request: RequestId, retryAfter: Nanoseconds): void {
    const { requests, parameters } = this.around;
    requests.code[request] = StatusCode.TooManyRequests;
    requests.retryAfter[request] = retryAfter;
    this.cpu.run(request, this.refusing, parameters.rejectCpu);
  }

  private onRefused(request: RequestId): void {
    if (this.inService.isOver(request)) return;
    this.inService.answer(request);
  }

  /** Flow control lets a request in: CPU of authentication and decoding. */
  private serve(request: RequestId, extraCpu: Nanoseconds): void {
    this.inService.admitted(request);
    if (this.inService.isOver(request)) return;
    this.cpu.run(request, this.decoding, nanoseconds(this.costs.before(request) + extraCpu));
  }

  private onDecoded(request: RequestId): void {
    if (this.inService.isOver(request)) return;
    if (isMutating(this.around.requests.verb[request] as number)) this.admission.admit(request);
    else this.reads.read(request);
  }

  /** A write that admission has let pass goes to storage. */
  admitted(request: RequestId): void {
    if (!this.inService.isOver(request)) this.writes.write(request);
  }

  private onStoreAnswered(request: RequestId, outcome: number): void {
    if (this.around.requests.isOwn(request)) {
      this.own.answered(request, outcome);
      return;
    }
    if (this.inService.isOver(request)) return;
    const { requests, simulation } = this.around;
    const mark = requests.transactionRevision[request];
    const isRead = mark === READ || mark === READ_REVISION;
    this.metrics.storeAnswered(request, requests, isRead, simulation.now);
    if (failureCodes.has(outcome)) {
      this.fail(request, outcome);
    } else if (!isMutating(requests.verb[request] as number)) {
      this.reads.onStoreAnswered(request);
    } else if (isRead) {
      this.writes.onFreshRead(request);
    } else if (outcome === StoreOutcome.Succeeded) {
      this.writes.onStored(request);
    } else {
      this.writes.onTransactionLost(request);
    }
  }

  /** etcd refuses, or does not answer. */
  private fail(request: RequestId, outcome: number): void {
    this.drop(request);
    this.finish(request, failureCodes.get(outcome) as number);
  }

  private onRetryCpuDone(request: RequestId): void {
    if (!this.inService.isOver(request)) this.writes.judgeAgain(request);
  }

  /** The outcome is known; what is left is the CPU of the answer, and for a LIST the memory of it. */
  finish(request: RequestId, code: number): void {
    const { requests } = this.around;
    if (this.inService.isAbandoned(request) && this.inService.isOver(request)) return;
    requests.code[request] = code;
    const work = this.costs.after(request);
    this.memory.take(requests.memory[request] as number);
    this.cpu.run(request, this.encoding, work);
    if ((requests.memory[request] as number) > 0) this.checkMemory();
  }

  private onEncoded(request: RequestId): void {
    if (this.inService.isOver(request)) return;
    const { parameters, carrier } = this.around;
    if (parameters.goawayChance > 0 && this.goaway.next() < parameters.goawayChance) carrier.closeConnection(request);
    this.inService.answer(request);
  }

  // ---- the process's end ------------------------------------------------------------------------------------------------------------

  /** The process was asked to end: its watches are ended, and connections get no further requests. */
  private onDraining(): void {
    this.around.carrier.connectionsBroke(this.index);
  }

  /** The process has ended: what it served and whom it notified is gone. */
  private onEnded(): void {
    this.around.store.timeline.record(this.name, 'ends');
    this.flowControl.clear();
    this.admission.clear();
    this.around.carrier.connectionsBroke(this.index);
    this.caches.clear();
    for (const request of [...this.freshness.clear(), ...this.reads.clear(), ...this.writes.clear()])
      this.inService.breakOff(request);
    this.inService.clear();
    this.compactor.stop();
    this.commands.forget();
    this.eventLeases.forget();
  }

  /** The process runs again: its caches begin to fill. */
  private onStarted(): void {
    this.around.store.timeline.record(this.name, 'runs again and fills its caches');
    this.compactor.start();
    this.caches.load();
  }

  /** For admission: a request that it holds when the process ends is answered with a broken connection. */
  breakOff(request: RequestId): void {
    this.inService.breakOff(request);
  }

  /** A request is given up: versions that it holds go. */
  private drop(request: RequestId): void {
    this.reads.drop(request);
    this.writes.dropVersions(request);
  }

  private checkMemory(): void {
    if (this.memory.isOverLimit) this.process.killForMemory(this.memory.residentBytes());
  }
}
