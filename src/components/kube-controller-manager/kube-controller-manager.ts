/**
 * kube-controller-manager 1.36: one process that runs the controllers of controllers/index.ts.
 * https://github.com/kubernetes/kubernetes (cmd/kube-controller-manager, pkg/controller).
 *
 * Modelled: one shared informer for each resource, on a client without limits; for each controller its own client with its own limiter, a
 * work queue with its workers and its back-off, and an event recorder that shares the limiter; caches that must be filled before the workers begin.
 * A sync takes time before its first request (a fixed part and one for each object that it walks over); workers compute side by side.
 * Left out here: see docs/not-modelled.md (discovery calls, the process's share of a host's CPU).
 */
import { type Kind, kinds, type ObjectTables } from '../../cluster/index.ts';
import type { Process } from '../../engine/index.ts';
import { nanoseconds } from '../../units/index.ts';
import {
  type ApiClient,
  type ClientGo,
  EventRecorder,
  type EventRecorderReplies,
  Gather,
  type InformerIndex,
  type ReflectorReplies,
  SharedInformer,
  WorkQueue,
} from '../client-go/index.ts';
import type {
  ControllerQueue,
  ControllerSurroundings,
  KubeControllerManagerValues,
  QueueOptions,
  Sync,
} from './controller.ts';
import { controllers } from './controllers/index.ts';
import { NodeLeases } from './node-leases.ts';
import { ServiceMemberships } from './service-memberships.ts';

/** What the process is made from. */
export interface KubeControllerManagerOptions {
  readonly clientGo: ClientGo;
  readonly reflectorReplies: ReflectorReplies;
  readonly eventRecorderReplies: EventRecorderReplies;
  readonly parameters: KubeControllerManagerValues;
  /** Which of the processes of a run it is, from 1. */
  readonly generation: number;
}

/** The process. Once stopped it does not come back. */
export class KubeControllerManager implements ControllerSurroundings {
  readonly clientGo: ClientGo;
  readonly parameters: KubeControllerManagerValues;
  readonly gather: Gather;
  readonly memberships: ServiceMemberships;
  readonly name: string;
  hasStopped = false;
  /** Whether all first lists have come, once and for all, state. */
  private synced = false;
  private readonly tables: ObjectTables;
  private readonly reflectorReplies: ReflectorReplies;
  private readonly eventRecorderReplies: EventRecorderReplies;
  /** Client of the informers. */
  private readonly watching: ApiClient;
  private readonly clients: ApiClient[] = [];
  private readonly queues: WorkQueue[] = [];
  /** Informers and indexes by kind, in the order in which they were asked for. */
  private readonly informers = new Map<Kind, SharedInformer>();
  private readonly ownerIndexes = new Map<Kind, InformerIndex>();
  private nodeIndex: InformerIndex | undefined;
  private leases: NodeLeases | undefined;
  /** What controllers do when the process starts. */
  private readonly starts: ((preloaded: boolean) => void)[] = [];

  constructor(options: KubeControllerManagerOptions) {
    this.clientGo = options.clientGo;
    this.name =
      options.generation === 1 ? 'kube-controller-manager' : `kube-controller-manager (process ${options.generation})`;
    this.tables = options.clientGo.tables;
    this.parameters = options.parameters;
    this.reflectorReplies = options.reflectorReplies;
    this.eventRecorderReplies = options.eventRecorderReplies;
    this.gather = new Gather(this.clientGo);
    this.watching = this.clientGo.newClient({
      name: 'kube-controller-manager',
      user: 'system:kube-controller-manager',
      groups: ['system:authenticated'],
      qps: 0,
      burst: 1,
      onNode: false,
      process: 'kube-controller-manager',
    });
    // The first to hear of a change, so that controllers find memberships up to date.
    this.memberships = new ServiceMemberships(this.tables, this.informer(kinds.services), this.informer(kinds.pods));
    for (const { create } of Object.values(controllers)) create(this);
  }

  // ---- ports -------------------------------------------------------------------------------------------------------------------

  /** Starts the process. `preloaded`: it has been running for long, in a cluster that is in the caches already. */
  start({ preloaded }: { readonly preloaded: boolean }): void {
    for (const watch of this.watches()) {
      if (preloaded) watch.startPreloaded();
      else watch.start();
    }
    this.scheduleResyncs();
    for (const start of this.starts) start(preloaded);
  }

  /** All informers of a process resync at one period, drawn when it starts so that processes drift apart (cmd/kube-controller-manager/app: ResyncPeriod). */
  private scheduleResyncs(): void {
    const { simulation } = this.clientGo;
    const draw = simulation.streams.stream('kube-controller-manager.resync').next();
    const period = nanoseconds(this.parameters.minResyncPeriod * (1 + draw));
    for (const informer of this.informers.values()) informer.resyncEvery(period);
  }

  /** The process ends: caches and queues are lost, requests that are on their way are answered to nobody. */
  stop(): void {
    this.hasStopped = true;
    for (const queue of this.queues) queue.stop();
    for (const watch of this.watches()) watch.stop();
    for (const client of this.clients) client.retire();
  }

  // ---- what controllers ask for ------------------------------------------------------------------------------------------------

  get hasSynced(): boolean {
    if (this.synced) return true;
    for (const watch of this.watches()) if (!watch.hasSynced) return false;
    this.synced = true;
    return true;
  }

  informer(kind: Kind): SharedInformer {
    let informer = this.informers.get(kind);
    if (informer === undefined) {
      informer = new SharedInformer(this.clientGo, this.watching, kind, this.reflectorReplies);
      this.informers.set(kind, informer);
    }
    return informer;
  }

  byOwner(kind: Kind): InformerIndex {
    let index = this.ownerIndexes.get(kind);
    if (index === undefined) {
      const table = this.tables.of(kind);
      index = this.informer(kind).addIndex((version) => table.owner.get(version));
      this.ownerIndexes.set(kind, index);
    }
    return index;
  }

  podsByNode(): InformerIndex {
    const { pods } = this.tables;
    this.nodeIndex ??= this.informer(kinds.pods).addIndex((version) => pods.node.get(version));
    return this.nodeIndex;
  }

  nodeLeases(): NodeLeases {
    this.leases ??= new NodeLeases(this.clientGo, this.watching, this.reflectorReplies);
    return this.leases;
  }

  newClient(name: string, options: { readonly user?: string; readonly qpsFactor?: number } = {}): ApiClient {
    const client = this.clientGo.newClient({
      name,
      user: `system:serviceaccount:kube-system:${options.user ?? name}`,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      qps: this.parameters.clientQps * (options.qpsFactor ?? 1),
      burst: this.parameters.clientBurst,
      onNode: false,
      process: 'kube-controller-manager',
    });
    this.clients.push(client);
    return client;
  }

  newRecorder(client: ApiClient): EventRecorder {
    return new EventRecorder(this.clientGo, client, this.eventRecorderReplies);
  }

  newQueue(name: string, workers: number, sync: Sync, options: QueueOptions = {}): ControllerQueue {
    const queue: WorkQueue = new WorkQueue(
      this.clientGo,
      name,
      workers,
      (key) => this.work(queue, key, sync, options),
      options.backoff,
    );
    this.queues.push(queue);
    return { add: (key) => queue.add(key), addAfter: (key, span) => queue.addAfter(key, nanoseconds(span)) };
  }

  onStart(start: (preloaded: boolean) => void): void {
    this.starts.push(start);
  }

  *untilSynced(): Generator<number, boolean, number> {
    while (!this.hasSynced && !this.hasStopped) yield this.parameters.cacheSyncPoll;
    return !this.hasStopped;
  }

  /** All watches of the process, in the order in which they start. */
  private watches(): (SharedInformer | NodeLeases)[] {
    return this.leases === undefined ? [...this.informers.values()] : [...this.informers.values(), this.leases];
  }

  /** What a worker does with a key (processNextWorkItem). */
  private *work(queue: WorkQueue, key: number, sync: Sync, options: QueueOptions): Process {
    const { syncTime, syncTimePerObject } = this.parameters;
    if (!(yield* this.untilSynced())) return;
    yield syncTime + syncTimePerObject * (options.objects?.(key) ?? 0);
    if (this.hasStopped) return;
    const succeeded = yield* sync(key);
    if (this.hasStopped) return;
    const giveUp = options.maximumRetries !== undefined && queue.requeues(key) >= options.maximumRetries;
    if (succeeded || giveUp) queue.forget(key);
    else queue.addRateLimited(key);
  }
}
