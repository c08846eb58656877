/**
 * All kube-proxies of a cluster (1.36). https://github.com/kubernetes/kubernetes/tree/master/pkg/proxy.
 *
 * Modelled: watches of Services and EndpointSlices; changes are gathered until the next sync, which begins at once if the minimum period has
 * passed since the end of the one before; partial and full syncs whose length follows from lines written and rules in the kernel; network
 * programming latency from the endpoints' trigger time. A proxy takes changes over in the order of their revisions.
 * Left out here: see docs/not-modelled.md (lock contention, retries, conntrack, session state, traffic itself).
 */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import { type EventType, type KeyedStream, Occupancy, type ValuesOf } from '../../engine/index.ts';
import { type CounterSeries, type GaugeSeries, type HistogramSeries, publishServer } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import { type ApiClient, type ClientGo, Reflector, type ReflectorListener } from '../client-go/index.ts';
import type { EtcdCluster } from '../etcd/index.ts';
import { EVERYTHING } from '../kube-apiserver/index.ts';
import type { NodeAgent } from '../node-agent.ts';
import type { kubeProxyParameters } from './kube-proxy.parameters.ts';
import { proxyModes } from './modes/index.ts';
import { ServiceHistory } from './service-history.ts';

/** One proxy. */
interface Proxy {
  readonly index: number;
  readonly services: Reflector;
  readonly slices: Reflector;
  readonly node: Reflector;
  /** Position in the history up to which the kernel is programmed, and the one that the sync in progress will reach, state. */
  synced: number;
  syncing: number;
  /** End of the latest sync [ns], state. */
  lastEnd: number;
  /** Whether a sync is planned or in progress, state. */
  busy: boolean;
  /** Whether the next sync writes everything, state. */
  full: boolean;
  /** Lists that have come: the first sync waits for both, state. */
  listed: number;
  /** When the process started [ns]: what triggered changes before that is not its latency (trackerStartTime), state. */
  startedAt: number;
  /** Raised when the node crashes; events carry it, state. */
  epoch: number;
}

/** Lists that a proxy waits for before its first sync: Services and EndpointSlices. */
const LISTS_AWAITED = 2;

/** All proxies. */
export class KubeProxyFleet implements NodeAgent {
  private readonly clientGo: ClientGo;
  private readonly parameters: ValuesOf<typeof kubeProxyParameters>;
  private readonly history: ServiceHistory;
  private readonly proxies: Proxy[] = [];
  private readonly byNode = new Map<ObjectKey, Proxy>();
  private readonly phases: KeyedStream;
  private readonly evSync: EventType;
  private readonly evSynced: EventType;
  private readonly evFullSync: EventType;
  /** Proxies that wait for their next sync, state. */
  private planned = 0;
  /** Proxies that are syncing. */
  private readonly occupied: Occupancy;
  private readonly syncSeconds: HistogramSeries;
  private readonly programmingSeconds: HistogramSeries;
  private readonly natRules: GaugeSeries;
  private readonly filterRules: GaugeSeries;
  private readonly syncs: { readonly full: CounterSeries; readonly partial: CounterSeries };

  constructor(clientGo: ClientGo, store: EtcdCluster, parameters: ValuesOf<typeof kubeProxyParameters>) {
    const { simulation, recorder, tables } = clientGo;
    this.clientGo = clientGo;
    this.parameters = parameters;
    this.history = new ServiceHistory(tables.services, tables.endpointslices, proxyModes[parameters.mode]);
    store.observe((change) => this.history.observe(change));
    this.phases = simulation.streams.keyed('kubeProxy.phases');
    this.evSync = simulation.on('kube-proxy: sync begins', (proxy, epoch) => this.sync(proxy, epoch));
    this.evSynced = simulation.on('kube-proxy: sync ends', (proxy, epoch) => this.onSynced(proxy, epoch));
    this.evFullSync = simulation.on('kube-proxy: full sync due', (proxy, epoch) => this.onFullSyncDue(proxy, epoch));
    this.syncSeconds = recorder.histogram('kubeproxy_sync_proxy_rules_duration_seconds');
    this.programmingSeconds = recorder.histogram('kubeproxy_network_programming_duration_seconds');
    this.natRules = recorder.gauge('kubeproxy_sync_proxy_rules_iptables_total', { table: 'nat' });
    this.filterRules = recorder.gauge('kubeproxy_sync_proxy_rules_iptables_total', { table: 'filter' });
    this.syncs = {
      full: recorder.counter('plimsoll_kube_proxy_syncs_total', { kind: 'full' }),
      partial: recorder.counter('plimsoll_kube_proxy_syncs_total', { kind: 'partial' }),
    };
    this.occupied = new Occupancy(simulation);
    publishServer(recorder, simulation, 'kube-proxy syncs', () => ({
      busyNanoseconds: this.occupied.busyNanoseconds(),
      capacity: Math.max(1, this.proxies.length),
      queueLength: this.planned,
    }));
    recorder.onSample(() => {
      this.natRules.set(this.history.latest.nat);
      this.filterRules.set(this.history.latest.filter);
    });
  }

  // ---- nodes -------------------------------------------------------------------------------------------------------------------

  /** A proxy on a node that was there before the run: everything is programmed. */
  addPreloaded(nodeKey: ObjectKey, revision: number): void {
    const proxy = this.add(nodeKey);
    proxy.synced = this.history.length;
    proxy.full = false;
    proxy.listed = LISTS_AWAITED;
    for (const reflector of [proxy.services, proxy.slices, proxy.node]) reflector.startPreloaded(revision);
    const phase = this.phases.uniform(proxy.index, 0);
    this.clientGo.simulation.after(
      nanoseconds(this.parameters.fullSyncPeriod * phase),
      this.evFullSync,
      proxy.index,
      proxy.epoch,
    );
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
    for (const reflector of [proxy.services, proxy.slices, proxy.node]) reflector.stop();
    proxy.services.client.isCut = true;
  }

  /** The node is back: the kernel's tables are empty. */
  restart(nodeKey: ObjectKey): void {
    const proxy = this.byNode.get(nodeKey);
    if (proxy === undefined) return;
    proxy.services.client.isCut = false;
    proxy.synced = 0;
    proxy.listed = 0;
    proxy.busy = false;
    proxy.full = true;
    this.start(proxy);
  }

  /** The client of the node's proxy. */
  clientsOf(nodeKey: ObjectKey): readonly ApiClient[] {
    const proxy = this.byNode.get(nodeKey);
    return proxy === undefined ? [] : [proxy.services.client];
  }

  private start(proxy: Proxy): void {
    proxy.startedAt = this.clientGo.simulation.now;
    for (const reflector of [proxy.services, proxy.slices, proxy.node]) reflector.start();
    this.clientGo.simulation.after(this.parameters.fullSyncPeriod, this.evFullSync, proxy.index, proxy.epoch);
  }

  private add(nodeKey: ObjectKey): Proxy {
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
    const listener: ReflectorListener = {
      onListed: () => {
        const proxy = this.proxies[index] as Proxy;
        proxy.listed++;
        this.wish(proxy);
      },
      onChanged: () => {},
      onCaughtUp: () => this.wish(this.proxies[index] as Proxy),
    };
    const replies = clientGo.reflectorReplies;
    const proxy: Proxy = {
      index,
      services: new Reflector(clientGo, client, kinds.services, EVERYTHING, replies, listener),
      slices: new Reflector(clientGo, client, kinds.endpointslices, EVERYTHING, replies, listener),
      node: new Reflector(clientGo, client, kinds.nodes, nodeKey, replies),
      synced: 0,
      syncing: 0,
      lastEnd: -parameters.minSyncPeriod,
      busy: false,
      full: true,
      listed: 0,
      startedAt: 0,
      epoch: 0,
    };
    this.proxies.push(proxy);
    this.byNode.set(nodeKey, proxy);
    return proxy;
  }

  // ---- syncs -------------------------------------------------------------------------------------------------------------------

  /** Something has changed: a sync is planned, at once if the minimum period allows. Until then nothing wakes the proxy again. */
  private wish(proxy: Proxy): void {
    proxy.services.deferUntilCaughtUp();
    proxy.slices.deferUntilCaughtUp();
    if (proxy.busy || proxy.listed < LISTS_AWAITED) return;
    proxy.busy = true;
    const { simulation } = this.clientGo;
    const at = Math.max(simulation.now, proxy.lastEnd + this.parameters.minSyncPeriod) as SimTime;
    this.planned++;
    simulation.at(at, this.evSync, proxy.index, proxy.epoch);
  }

  private sync(index: number, epoch: number): void {
    this.planned--;
    const proxy = this.proxies[index] as Proxy;
    if (proxy.epoch !== epoch) return;
    // What has been delivered by now is part of this sync.
    proxy.services.catchUp();
    proxy.slices.catchUp();
    const to = this.history.advance(proxy.synced, proxy.services.seen, proxy.slices.seen);
    const full = proxy.full || !this.parameters.partialSync;
    const { lines, rules } = this.history.work(proxy.synced, to, full);
    proxy.syncing = to;
    this.occupied.change(1);
    proxy.full = false;
    this.syncs[full ? 'full' : 'partial'].add();
    const { syncBase, syncPerLine, syncPerRule } = this.parameters;
    const span = nanoseconds(syncBase + lines * syncPerLine + rules * syncPerRule);
    this.syncSeconds.recordSpan(span as Nanoseconds);
    this.clientGo.simulation.after(span, this.evSynced, index, epoch);
  }

  private onSynced(index: number, epoch: number): void {
    // A sync that a crash has cut short ends here too, for the count.
    this.occupied.change(-1);
    const proxy = this.proxies[index] as Proxy;
    if (proxy.epoch !== epoch) return;
    const { now } = this.clientGo.simulation;
    for (let position = proxy.synced; position < proxy.syncing; position++) {
      const trigger = this.history.triggeredAt(position);
      if (trigger >= 0 && trigger >= proxy.startedAt)
        this.programmingSeconds.recordSpan((now - trigger) as Nanoseconds);
    }
    proxy.synced = proxy.syncing;
    proxy.lastEnd = now;
    proxy.busy = false;
    const isBehind = this.history.advance(proxy.synced, proxy.services.seen, proxy.slices.seen) > proxy.synced;
    if (isBehind || proxy.full) {
      this.wish(proxy);
    } else {
      proxy.services.catchUp();
      proxy.slices.catchUp();
    }
  }

  private onFullSyncDue(index: number, epoch: number): void {
    const proxy = this.proxies[index] as Proxy;
    if (proxy.epoch !== epoch) return;
    this.clientGo.simulation.after(this.parameters.fullSyncPeriod, this.evFullSync, index, epoch);
    // In large-cluster mode the hourly full sync is left out.
    if (this.history.endpointsAt(proxy.synced) > this.parameters.largeClusterEndpoints) return;
    proxy.full = true;
    this.wish(proxy);
  }
}
