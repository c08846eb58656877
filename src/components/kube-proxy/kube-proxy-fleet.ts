/**
 * All kube-proxies of a cluster (1.36). https://github.com/kubernetes/kubernetes/tree/master/pkg/proxy.
 *
 * Modelled: watches of Services and EndpointSlices; changes are gathered until the next sync, which begins at once if the minimum period has
 * passed since the end of the one before (K:pkg/proxy/runner); partial, full and forced syncs whose length follows from what the mode writes and
 * what is in the kernel; the lock of iptables, syncs that fail for it and are tried again; network programming latency from the endpoints' trigger
 * time. A proxy takes changes over in the order of their revisions. Left out here: see docs/not-modelled.md.
 */
import { type Kind, kinds, LABEL_ZONE, NO_VERSION, type ObjectKey } from '../../cluster/index.ts';
import { type EventType, type KeyedStream, Occupancy, type ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime, seconds } from '../../units/index.ts';
import { type ApiClient, type ClientGo, Reflector, type ReflectorListener } from '../client-go/index.ts';
import type { EtcdCluster } from '../etcd/index.ts';
import { EVERYTHING } from '../kube-apiserver/index.ts';
import type { NodeAgent } from '../node-agent.ts';
import type { kubeProxyParameters } from './kube-proxy.parameters.ts';
import { NO_ZONE, type ProxyMode, proxyModes, type SyncPace, type SyncWork } from './modes/index.ts';
import { notesOnRules } from './notes-on-rules.ts';
import { type NodeProxy, newProgress, newProxy, reflectorsOf } from './proxy.ts';
import { ProxyMetrics } from './proxy-metrics.ts';
import { ServiceHistory } from './service-history.ts';
import { XtablesLock } from './xtables-lock.ts';

/** Lists that a proxy waits for before its first sync: Services and EndpointSlices. */
const LISTS_AWAITED = 2;
/** Objects that went out of use less than this ago are not deleted yet (nftables/proxier.go: staleChains). */
const STALE_AGE = seconds(1);

/** All proxies. */
export class KubeProxyFleet implements NodeAgent {
  private readonly clientGo: ClientGo;
  private readonly store: EtcdCluster;
  private readonly parameters: ValuesOf<typeof kubeProxyParameters>;
  readonly mode: ProxyMode;
  private readonly pace: SyncPace;
  readonly history: ServiceHistory;
  private readonly lock: XtablesLock;
  private readonly proxies: NodeProxy[] = [];
  private readonly byNode = new Map<ObjectKey, NodeProxy>();
  private readonly phases: KeyedStream;
  private readonly evSync: EventType;
  private readonly evSynced: EventType;
  private readonly evForced: EventType;
  private readonly evRetry: EventType;
  /** Proxies that wait for their next sync, state. */
  private planned = 0;
  /** Proxies that are syncing. */
  private readonly occupied: Occupancy;
  /** Lines that the latest sync handed over, statistic. */
  private lastLines = 0;
  private readonly metrics: ProxyMetrics;

  constructor(clientGo: ClientGo, store: EtcdCluster, parameters: ValuesOf<typeof kubeProxyParameters>) {
    const { simulation, recorder, tables } = clientGo;
    this.clientGo = clientGo;
    this.store = store;
    this.parameters = parameters;
    this.mode = proxyModes[parameters.mode];
    this.pace = this.mode.pace(parameters);
    const zoneOf = (node: number) => this.zoneOf(node as ObjectKey);
    this.history = new ServiceHistory(tables.services, tables.endpointslices, this.mode, parameters, zoneOf);
    store.observe((change) => this.history.observe(change));
    const { foreignLockRate, foreignLockHold, lockWait } = parameters;
    const draws = simulation.streams.keyed('kubeProxy.lock');
    this.lock = new XtablesLock(foreignLockRate, foreignLockHold, lockWait, draws);
    this.phases = simulation.streams.keyed('kubeProxy.phases');
    this.evSync = simulation.on('kube-proxy: sync begins', (proxy, epoch) => this.sync(proxy, epoch));
    this.evSynced = simulation.on('kube-proxy: sync ends', (proxy, epoch) => this.onSynced(proxy, epoch));
    this.evForced = simulation.on('kube-proxy: forced sync due', (proxy, epoch) => this.onForced(proxy, epoch));
    this.evRetry = simulation.on('kube-proxy: failed sync again', (proxy, epoch) => this.onRetry(proxy, epoch));
    this.occupied = new Occupancy(simulation);
    this.metrics = new ProxyMetrics(recorder, simulation, this.mode, parameters, this.history, this.state());
  }

  private state() {
    const fleet = this;
    return {
      busyNanoseconds: () => fleet.occupied.busyNanoseconds(),
      get size() {
        return fleet.proxies.length;
      },
      get planned() {
        return fleet.planned;
      },
      get lastLines() {
        return fleet.lastLines;
      },
    };
  }

  private zoneOf(node: ObjectKey): string {
    const { nodes } = this.clientGo.tables;
    const version = this.store.current(kinds.nodes, node);
    return version === NO_VERSION ? NO_ZONE : (nodes.specification.get(version)?.labels[LABEL_ZONE] ?? NO_ZONE);
  }

  /** What a user should know about the rules of this run. */
  get notes(): string[] {
    return this.proxies.length === 0 ? [] : notesOnRules(this.parameters.mode, this.history, this.parameters);
  }

  /** Zone of a node as its proxy knows it, '' = none. */
  zoneOfNode(node: ObjectKey): string {
    return this.byNode.get(node)?.zone ?? NO_ZONE;
  }

  /** Position in the history that the kernel of a node has; undefined = it has no proxy. */
  programmed(node: ObjectKey): number | undefined {
    return this.byNode.get(node)?.kernel;
  }

  // ---- nodes -------------------------------------------------------------------------------------------------------------------

  /** A proxy on a node that was there before the run: everything is programmed. */
  addPreloaded(nodeKey: ObjectKey, revision: number): void {
    const proxy = this.add(nodeKey);
    proxy.synced = this.history.length;
    proxy.kernel = proxy.synced;
    proxy.cleaned = proxy.synced;
    proxy.full = false;
    proxy.listed = LISTS_AWAITED;
    proxy.seenServices = revision;
    proxy.seenSlices = revision;
    for (const reflector of reflectorsOf(proxy)) reflector.startPreloaded(revision);
    const phase = this.phases.uniform(proxy.index, 0);
    this.clientGo.simulation.after(nanoseconds(this.pace.forcedEvery * phase), this.evForced, proxy.index, proxy.epoch);
  }

  /** A proxy that starts now: it lists, and writes everything once. */
  addAndStart(nodeKey: ObjectKey): void {
    this.start(this.add(nodeKey));
  }

  /** Fault: the node has lost power. */
  crash(nodeKey: ObjectKey): void {
    const proxy = this.byNode.get(nodeKey);
    if (proxy === undefined) return;
    proxy.epoch++;
    proxy.busy = true;
    for (const reflector of reflectorsOf(proxy)) reflector.stop();
    proxy.services.client.isCut = true;
  }

  /** The node is back: the kernel's tables are empty. */
  restart(nodeKey: ObjectKey): void {
    const proxy = this.byNode.get(nodeKey);
    if (proxy === undefined) return;
    proxy.kernel = 0;
    this.startAgain(nodeKey);
  }

  /** Its process starts again, and writes everything once; until then the kernel keeps what it had. */
  startAgain(nodeKey: ObjectKey): void {
    const proxy = this.byNode.get(nodeKey);
    if (proxy === undefined) return;
    proxy.services.client.isCut = false;
    Object.assign(proxy, newProgress());
    this.start(proxy);
  }

  /** The client of the node's proxy. */
  clientsOf(nodeKey: ObjectKey): readonly ApiClient[] {
    const proxy = this.byNode.get(nodeKey);
    return proxy === undefined ? [] : [proxy.services.client];
  }

  private start(proxy: NodeProxy): void {
    proxy.startedAt = this.clientGo.simulation.now;
    for (const reflector of reflectorsOf(proxy)) reflector.start();
    this.clientGo.simulation.after(this.pace.forcedEvery, this.evForced, proxy.index, proxy.epoch);
  }

  private add(nodeKey: ObjectKey): NodeProxy {
    const { clientGo, parameters } = this;
    const client = clientGo.newClient({
      name: 'kube-proxy',
      user: 'system:serviceaccount:kube-system:kube-proxy',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      qps: parameters.clientQps,
      burst: parameters.clientBurst,
      onNode: true,
    });
    const index = this.proxies.length;
    const replies = clientGo.reflectorReplies;
    const watch = (kind: Kind, which: 'services' | 'slices') =>
      new Reflector(clientGo, client, kind, EVERYTHING, replies, this.listener(index, which));
    const proxy = newProxy({
      index,
      node: nodeKey,
      zone: this.zoneOf(nodeKey),
      services: watch(kinds.services, 'services'),
      slices: watch(kinds.endpointslices, 'slices'),
      watchedNode: new Reflector(clientGo, client, kinds.nodes, nodeKey, replies),
      lastEnd: -this.pace.minimum,
      tokens: parameters.syncBurst,
    });
    this.proxies.push(proxy);
    this.byNode.set(nodeKey, proxy);
    return proxy;
  }

  /** What a proxy does when one of its informers has news; it reads the changes themselves from the history that all share. */
  private listener(index: number, which: 'services' | 'slices'): ReflectorListener {
    const onCaughtUp = () => {
      const proxy = this.proxies[index] as NodeProxy;
      if (which === 'services') proxy.seenServices = proxy.services.seen;
      else proxy.seenSlices = proxy.slices.seen;
      if (proxy.busy || proxy.listed < LISTS_AWAITED) this.defer(proxy, which);
      else this.wish(proxy);
    };
    const onListed = () => {
      const proxy = this.proxies[index] as NodeProxy;
      proxy.listed++;
      proxy.zone = this.zoneOf(proxy.node as ObjectKey);
    };
    return { onListed, onCaughtUp };
  }

  /** Until {@link catchUp} an informer is not told of anything more: the sync that is planned or in progress takes over what comes. */
  private defer(proxy: NodeProxy, which: 'services' | 'slices'): void {
    proxy[which].deferUntilCaughtUp();
    if (which === 'services') proxy.servicesDeferred = true;
    else proxy.slicesDeferred = true;
  }

  // ---- syncs -------------------------------------------------------------------------------------------------------------------

  /** Something has come, or is due: if it matters a sync is planned, at once if the minimum period allows. */
  private wish(proxy: NodeProxy): void {
    if (!proxy.full && !proxy.forced) {
      const to = this.history.advance(proxy.synced, proxy.seenServices, proxy.seenSlices);
      if (!this.history.hasEffect(proxy.synced, to)) {
        proxy.synced = to;
        proxy.kernel = to;
        return;
      }
    }
    // Slices come all the time; services seldom, so that whoever has none on its way is not asked about them.
    this.defer(proxy, 'slices');
    proxy.busy = true;
    this.planned++;
    this.clientGo.simulation.at(this.earliest(proxy), this.evSync, proxy.index, proxy.epoch);
  }

  /** When the next sync may begin: after the pause, or at once if a burst is left. */
  private earliest(proxy: NodeProxy): SimTime {
    const { now } = this.clientGo.simulation;
    const { minimum } = this.pace;
    const paused = Math.max(now, proxy.lastEnd + minimum) as SimTime;
    const { syncBurst } = this.parameters;
    if (syncBurst === 1 || minimum === 0) return paused;
    proxy.tokens = Math.min(syncBurst, proxy.tokens + (now - proxy.tokensAt) / minimum);
    proxy.tokensAt = now;
    const isBurst = proxy.tokens >= 1;
    proxy.tokens = Math.max(0, proxy.tokens - 1);
    return isBurst ? now : paused;
  }

  private sync(index: number, epoch: number): void {
    this.planned--;
    const proxy = this.proxies[index] as NodeProxy;
    if (proxy.epoch !== epoch) return;
    // What has been delivered by now is part of this sync.
    if (proxy.servicesDeferred) proxy.services.takeDelivered();
    if (proxy.slicesDeferred) proxy.slices.takeDelivered();
    proxy.syncing = this.history.advance(proxy.synced, proxy.seenServices, proxy.seenSlices);
    const work = this.workOf(proxy);
    const { mode, parameters } = this;
    const span = mode.syncSpan(work, parameters);
    const waited = this.takeLock(proxy);
    const whole = nanoseconds((proxy.failing ? 0 : span) + waited) as Nanoseconds;
    this.lastLines = mode.lines(work, parameters);
    this.occupied.change(1);
    proxy.full = false;
    proxy.forced = false;
    proxy.syncs++;
    this.metrics.began(work.full ? 'full' : 'partial', whole);
    this.clientGo.simulation.after(whole, this.evSynced, index, epoch);
  }

  /** What the sync that begins now has to do. */
  private workOf(proxy: NodeProxy): SyncWork {
    const { history, mode, parameters } = this;
    const full = proxy.full || !mode.canSyncPartially(parameters);
    const readsBack = mode.removal === 'read back' && this.isTimeToReadBack(proxy);
    proxy.cleaning = this.cleanedTo(proxy, readsBack);
    const stale = history.lostBetween(proxy.cleaned, proxy.cleaning);
    const { before, after, services } = history.changed(proxy, proxy.synced, proxy.syncing);
    return {
      full,
      after: history.countsOf(proxy, proxy.syncing),
      changedBefore: before,
      changedAfter: after,
      changedServices: services,
      stale,
      readsBack,
    };
  }

  private isTimeToReadBack(proxy: NodeProxy): boolean {
    const { now } = this.clientGo.simulation;
    if (this.isLarge(proxy) && now - proxy.readBackAt <= this.parameters.syncPeriod) return false;
    proxy.readBackAt = now;
    return true;
  }

  /** Position up to which this sync removes what went out of use. */
  private cleanedTo(proxy: NodeProxy, readsBack: boolean): number {
    switch (this.mode.removal) {
      case 'read back':
        return readsBack ? proxy.syncing : proxy.cleaned;
      case 'a second later':
        return this.clientGo.simulation.now - proxy.lastEnd >= STALE_AGE ? proxy.synced : proxy.cleaned;
      default:
        return proxy.syncing;
    }
  }

  private isLarge(proxy: NodeProxy): boolean {
    const { largeClusterEndpoints } = this.parameters;
    return this.mode.knowsLargeClusters && this.history.endpointsAt(proxy.synced) > largeClusterEndpoints;
  }

  /** Waits for the lock of iptables; whether it got it is noted [ns]. */
  private takeLock(proxy: NodeProxy): number {
    const { mode, parameters, history } = this;
    proxy.failing = false;
    if (parameters.foreignLockRate === 0 || !mode.takesLock(parameters)) return 0;
    const copied = mode.total(history.countsOf(proxy, proxy.synced)) * parameters.iptablesLegacyRunPerRule;
    const { waited, isTaken } = this.lock.acquire(proxy.index, proxy.syncs, copied);
    if (waited > 0) this.metrics.lockWait.recordSpan(waited as Nanoseconds);
    proxy.failing = !isTaken;
    return waited;
  }

  private onSynced(index: number, epoch: number): void {
    // A sync that a crash has cut short ends here too, for the count.
    this.occupied.change(-1);
    const proxy = this.proxies[index] as NodeProxy;
    if (proxy.epoch !== epoch) return;
    proxy.lastEnd = this.clientGo.simulation.now;
    proxy.busy = false;
    if (proxy.failing) {
      this.failed(proxy);
      return;
    }
    this.programmedUpTo(proxy, proxy.syncing);
    this.lookAgain(proxy);
  }

  /** A sync has ended: is there more to do? */
  private lookAgain(proxy: NodeProxy): void {
    this.catchUp(proxy);
    if (!proxy.busy) this.wish(proxy);
  }

  private catchUp(proxy: NodeProxy): void {
    if (proxy.slicesDeferred) {
      proxy.slicesDeferred = false;
      proxy.slices.catchUp();
    }
    if (proxy.servicesDeferred) {
      proxy.servicesDeferred = false;
      proxy.services.catchUp();
    }
  }

  /** Changes between the last sync and this one are in the kernel now. */
  private programmedUpTo(proxy: NodeProxy, position: number): void {
    const { history, metrics } = this;
    const { now } = this.clientGo.simulation;
    let services = 0;
    for (let changed = proxy.synced; changed < position; changed++) {
      const trigger = history.triggeredAt(changed);
      if (trigger >= 0 && trigger >= proxy.startedAt) metrics.programming.recordSpan((now - trigger) as Nanoseconds);
      if (history.isService(changed)) services++;
    }
    if (services > 0) metrics.serviceChanges.add(services);
    if (position - proxy.synced > services) metrics.endpointChanges.add(position - proxy.synced - services);
    proxy.synced = position;
    proxy.kernel = position;
    proxy.cleaned = proxy.cleaning;
  }

  /** Nothing was written; the next sync, after a while or when something changes, writes everything. */
  private failed(proxy: NodeProxy): void {
    this.metrics.failures.add();
    this.catchUp(proxy);
    proxy.full = true;
    if (!proxy.busy) this.clientGo.simulation.after(this.parameters.syncPeriod, this.evRetry, proxy.index, proxy.epoch);
  }

  private onRetry(index: number, epoch: number): void {
    const proxy = this.proxies[index] as NodeProxy;
    // A sync that was made meanwhile has done it.
    if (proxy.epoch === epoch && proxy.full) this.wishUnlessBusy(proxy);
  }

  private wishUnlessBusy(proxy: NodeProxy): void {
    if (!proxy.busy && proxy.listed >= LISTS_AWAITED) this.wish(proxy);
  }

  private onForced(index: number, epoch: number): void {
    const proxy = this.proxies[index] as NodeProxy;
    if (proxy.epoch !== epoch) return;
    this.clientGo.simulation.after(this.pace.forcedEvery, this.evForced, index, epoch);
    // In large-cluster mode the hourly full sync is left out.
    if (this.isLarge(proxy)) return;
    proxy.full = proxy.full || this.pace.isForcedFull;
    proxy.forced = true;
    this.wishUnlessBusy(proxy);
  }
}
