/**
 * One replica of CoreDNS: its informers, its cache, its cores and what it has forwarded. CDNS:core/dnsserver, CDNS:plugin/kubernetes, CDNS:plugin/forward.
 * Queries that wait for a core form one queue, which ends where the socket's receive buffer is full.
 */
import { kinds, NO_VERSION, type ObjectKey, type VersionHandle } from '../../../cluster/index.ts';
import { SerialServer, type ValuesOf } from '../../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../../units/index.ts';
import { type ApiClient, type ClientGo, SharedInformer } from '../../client-go/index.ts';
import type { corednsParameters } from './coredns.parameters.ts';
import { DnsCache } from './dns-cache.ts';
import type { DnsMetrics } from './dns-metrics.ts';
import { Family, FULL_NAME, questionOf } from './questions.ts';

/** What becomes of a replica. */
export const ReplicaState = { Starting: 0, Serving: 1, LameDuck: 2, Stopped: 3 } as const;

/** What replicas share. */
export interface ReplicaSurroundings {
  readonly clientGo: ClientGo;
  /** A client for one replica. */
  newClient(): ApiClient;
  readonly parameters: ValuesOf<typeof corednsParameters>;
  readonly metrics: DnsMetrics;
  /** Whether it watches pods too (`pods verified`). */
  readonly watchesPods: boolean;
}

/** One replica. */
export class Replica {
  readonly index: number;
  /** A value of {@link ReplicaState}, state. */
  state: number = ReplicaState.Starting;
  readonly cache: DnsCache;
  readonly cpu: SerialServer;
  /** Queries that were forwarded and not answered yet, state. */
  forwarded = 0;
  /** When the process started [ns]: what changed before that is not its latency. */
  readonly startedAt: number;
  private readonly around: ReplicaSurroundings;
  private readonly informers: readonly SharedInformer[];
  private readonly services: SharedInformer;
  /** When each query that waits has a core [ns], a ring: where the first is, and how many there are, state. */
  private readonly starts: Float64Array;
  private firstStart = 0;
  private queued = 0;
  /** Endpoints that it knows, state. */
  private endpoints = 0;

  constructor(around: ReplicaSurroundings, index: number) {
    const { clientGo, parameters, watchesPods } = around;
    const client = around.newClient();
    this.around = around;
    this.index = index;
    this.startedAt = clientGo.simulation.now;
    this.cache = new DnsCache(parameters.cacheCapacity);
    this.cpu = new SerialServer(parameters.cores);
    this.starts = new Float64Array(parameters.socketBuffer);
    const watched = [kinds.services, kinds.endpointslices, kinds.namespaces, ...(watchesPods ? [kinds.pods] : [])];
    this.informers = watched.map((kind) => new SharedInformer(clientGo, client, kind, clientGo.reflectorReplies));
    const [services, slices] = this.informers as [SharedInformer, SharedInformer];
    this.services = services;
    const sizeOf = (version: VersionHandle) => clientGo.tables.endpointslices.endpoints.get(version).length;
    slices.addHandler({
      onAdd: (version) => {
        this.endpoints += sizeOf(version);
      },
      onUpdate: (version, previous) => {
        this.endpoints += sizeOf(version) - sizeOf(previous);
        this.sliceChanged(version);
      },
      onDelete: (previous) => {
        this.endpoints -= sizeOf(previous);
      },
    });
  }

  /** It has been running for long. */
  startPreloaded(): void {
    for (const informer of this.informers) informer.startPreloaded();
    this.state = ReplicaState.Serving;
  }

  /** Its process starts, and lists. */
  start(): void {
    for (const informer of this.informers) informer.start();
  }

  /** Its process ends. */
  stop(): void {
    this.state = ReplicaState.Stopped;
    for (const informer of this.informers) informer.stop();
  }

  /** Whether its lists have come: the plugin ready says no before. */
  get hasSynced(): boolean {
    return this.informers.every(({ hasSynced }) => hasSynced);
  }

  /** Whether packets that reach it are read. */
  get isListening(): boolean {
    return this.state === ReplicaState.Serving || this.state === ReplicaState.LameDuck;
  }

  /** Whether it knows a Service. */
  knows(service: ObjectKey): boolean {
    return this.services.get(service) !== NO_VERSION;
  }

  /** A query arrives: when a core is done with it, or -1 if the socket's buffer is full. */
  take(now: SimTime): number {
    const { cpu, around, starts } = this;
    const { cpuPerQuery } = around.parameters;
    if (this.waiting(now) === starts.length) return -1;
    const done = cpu.reserve(now, cpuPerQuery);
    const start = done - cpuPerQuery;
    if (start > now) {
      starts[(this.firstStart + this.queued) % starts.length] = start;
      this.queued++;
    }
    around.metrics.waited((start - now) as Nanoseconds);
    return done;
  }

  /** Queries that wait for a core. They have it in the order in which they came. */
  waiting(now: SimTime): number {
    const { starts } = this;
    while (this.queued > 0 && (starts[this.firstStart] as number) <= now) {
      this.firstStart = (this.firstStart + 1) % starts.length;
      this.queued--;
    }
    return this.queued;
  }

  /** Memory of its process [B]. */
  get residentBytes(): number {
    if (this.state === ReplicaState.Stopped) return 0;
    const { memoryBase, memoryPerObject } = this.around.parameters;
    return memoryBase + memoryPerObject * (this.services.size + this.endpoints);
  }

  /**
   * A slice of a headless Service has changed: its name has other addresses from now on, but an answer that is kept is given until it ends.
   * For other Services the name's address is the Service's own, which never changes.
   */
  private sliceChanged(slice: VersionHandle): void {
    const { tables, simulation } = this.around.clientGo;
    const trigger = tables.endpointslices.triggeredAt.get(slice);
    const service = tables.endpointslices.owner.get(slice) as ObjectKey;
    const version = this.services.get(service);
    if (trigger < this.startedAt || version === NO_VERSION) return;
    if (tables.services.specification.get(version)?.headless !== true) return;
    const kept = this.cache.answerExpiry(questionOf(service, 0, FULL_NAME, Family.IPv4));
    this.around.metrics.programmed(
      (simulation.now - trigger) as Nanoseconds,
      (Math.max(simulation.now, kept) - trigger) as Nanoseconds,
    );
  }
}
