/**
 * The node lifecycle controller: watches over the nodes' heartbeats and taints those that are silent.
 * K:pkg/controller/nodelifecycle/node_lifecycle_controller.go.
 *
 * Modelled: monitor passes (a renewed lease counts from when the controller sees it), grace periods, Unknown by PUT, pods marked not ready one
 * after the other, NoSchedule taints that mirror conditions, NoExecute taints through a queue for each zone with the rates of disruption.
 * Left out: labels, conditions other than Ready, the queue of pods that were bound to nodes that are not ready, the event RemovingNode.
 */
import {
  ConditionStatus,
  kinds,
  LABEL_ZONE,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type VersionHandle,
} from '../../../cluster/index.ts';
import type { Process, Simulation } from '../../../engine/index.ts';
import type { CounterSeries, GaugeSeries } from '../../../metrics/index.ts';
import { isSuccess, type Requests, StatusCode, writes } from '../../api-machinery/index.ts';
import type { ApiClient, EventRecorder, InformerIndex, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';
import { NodeHealth } from '../node-health.ts';
import type { NodeLeases } from '../node-leases.ts';
import { hasTaint, mirrorChange, NOT_READY_NO_EXECUTE, NodeTaints, UNREACHABLE_NO_EXECUTE } from '../node-taints.ts';
import { parallelize } from '../parallelize.ts';
import { ZoneEvictions, type ZoneState } from '../zone-evictions.ts';

/** A zone with its counts of the present pass and its metrics. */
interface Zone {
  readonly evictions: ZoneEvictions;
  ready: number;
  notReady: number;
  readonly tainted: CounterSeries;
  readonly unhealthy: GaugeSeries;
}

/** The controller. */
export class NodeLifecycleController {
  private readonly around: ControllerSurroundings;
  private readonly simulation: Simulation;
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly client: ApiClient;
  private readonly events: EventRecorder;
  private readonly queue: ControllerQueue;
  private readonly nodes: SharedInformer;
  private readonly pods: SharedInformer;
  private readonly podsOn: InformerIndex;
  private readonly leases: NodeLeases;
  private readonly taints: NodeTaints;
  private readonly health: NodeHealth;
  /** Zones by name, in the order in which they appeared. */
  private readonly zones = new Map<string, Zone>();
  /** Zone by node key, once the node is known. */
  private readonly zoneOf: (Zone | undefined)[] = [];
  /** Nodes whose pods could not all be marked. */
  private readonly nodesToRetry = new Set<ObjectKey>();
  /** Whether nodes that turn up are told of by an event, state. */
  private tellsOfNodes = true;
  /** Whether the loop of NoExecute taints runs, state. */
  private tainting = false;
  /** Start of that loop's phase [ns]. */
  private loopStart = 0;

  constructor(around: ControllerSurroundings) {
    const { clientGo, parameters } = around;
    this.around = around;
    this.simulation = clientGo.simulation;
    this.tables = clientGo.tables;
    this.requests = clientGo.requests;
    this.client = around.newClient('node-controller');
    this.events = around.newRecorder(this.client);
    this.nodes = around.informer(kinds.nodes);
    this.pods = around.informer(kinds.pods);
    this.podsOn = around.podsByNode();
    this.leases = around.nodeLeases();
    this.taints = new NodeTaints(clientGo, parameters, this.client, this.nodes);
    this.health = new NodeHealth(this.tables, this.leases, parameters);
    this.queue = around.newQueue('node_lifecycle_controller', parameters.nodeUpdateWorkers, (key) =>
      this.mirror(key as ObjectKey),
    );
    this.nodes.addHandler({
      onAdd: (node) => this.onNode(node),
      onUpdate: (node) => this.onNode(node),
      onDelete: (node) => this.onNodeGone(this.tables.nodes.key.get(node) as ObjectKey),
    });
    around.onStart((preloaded) => {
      this.simulation.processes.spawn('node lifecycle monitor', this.monitor(preloaded));
    });
  }

  // ---- NoSchedule taints -------------------------------------------------------------------------------------------------------

  private onNode(node: VersionHandle): void {
    const key = this.tables.nodes.key.get(node) as ObjectKey;
    this.health.take(key, node);
    if (mirrorChange(this.tables, node) !== undefined) this.queue.add(key);
  }

  private onNodeGone(node: ObjectKey): void {
    this.zoneOf[node]?.evictions.remove(node);
    this.zoneOf[node] = undefined;
    this.nodesToRetry.delete(node);
    this.health.forget(node);
  }

  /** As upstream, a failure waits for the node's next update. */
  private *mirror(key: ObjectKey): Generator<number, boolean, number> {
    const node = this.nodes.get(key);
    const change = node === NO_VERSION ? undefined : mirrorChange(this.tables, node);
    if (change !== undefined) yield* this.taints.swap(key, change);
    return true;
  }

  // ---- the monitor pass --------------------------------------------------------------------------------------------------------

  private *monitor(preloaded: boolean): Process {
    const { nodeMonitorPeriod } = this.around.parameters;
    if (!(yield* this.around.untilSynced())) return;
    if (preloaded) yield* this.settleIn();
    this.loopStart = this.simulation.now;
    while (!this.around.hasStopped) {
      yield* this.pass();
      yield nodeMonitorPeriod;
    }
  }

  /** In a cluster that has been running for long, nodes are known, and the next pass comes at any moment of its period. */
  private *settleIn(): Process {
    this.tellsOfNodes = false;
    this.leases.catchUp();
    this.nodes.forEach((key, node) => {
      this.greet(key, node);
      this.health.judge(key, this.simulation.now);
    });
    this.tellsOfNodes = true;
    const phase = this.simulation.streams.stream('kubeControllerManager.monitorPhase').next();
    yield Math.floor(this.around.parameters.nodeMonitorPeriod * phase);
  }

  /** monitorNodeHealth: a loop over all nodes, then requests for those that need some. */
  private *pass(): Process {
    const { nodes } = this.tables;
    const needy: ObjectKey[] = [];
    this.leases.catchUp();
    for (const zone of this.zones.values()) {
      zone.ready = 0;
      zone.notReady = 0;
    }
    const { health, zoneOf } = this;
    const { now } = this.simulation;
    for (let key = 0 as ObjectKey; key < health.size; key++) {
      if (!health.isPresent(key)) continue;
      const zone = zoneOf[key] ?? this.greet(key, this.nodes.get(key));
      const isLost = health.judge(key, now);
      if (!isLost && health.isWell(key) && !zone.evictions.has(key) && !this.nodesToRetry.has(key)) {
        zone.ready++;
        continue;
      }
      if (!isLost && nodes.ready.get(this.nodes.get(key)) === ConditionStatus.True) zone.ready++;
      else zone.notReady++;
      needy.push(key);
    }
    const hands = this.around.parameters.nodeUpdateWorkers;
    yield* parallelize(this.simulation, 'node lifecycle update', hands, needy, (key) => this.attend(key));
    yield* this.handleDisruption();
  }

  /** A node turns up. */
  private greet(key: ObjectKey, node: VersionHandle): Zone {
    const name = this.tables.nodes.specification.get(node)?.labels[LABEL_ZONE] ?? '';
    let zone = this.zones.get(name);
    if (zone === undefined) {
      const { recorder } = this.around.clientGo;
      zone = {
        evictions: new ZoneEvictions(name, this.around.parameters.nodeEvictionRate),
        ready: 0,
        notReady: 0,
        tainted: recorder.counter('node_collector_evictions_total', { zone: name }),
        unhealthy: recorder.gauge('node_collector_unhealthy_nodes_in_zone', { zone: name }),
      };
      this.zones.set(name, zone);
    }
    this.zoneOf[key] = zone;
    if (this.tellsOfNodes) this.events.record('RegisteredNode', kinds.nodes, key);
    return zone;
  }

  /** One node that is not simply well: its status, its taints, its pods. */
  private *attend(key: ObjectKey): Process {
    const { nodes } = this.tables;
    const node = this.nodes.get(key);
    if (node === NO_VERSION) return;
    const observed = nodes.ready.get(node);
    const isLost = this.health.isLost(key, this.simulation.now);
    if (isLost && observed !== ConditionStatus.Unknown && !(yield* this.putUnknown(key, nodes.revision.get(node))))
      return;
    yield* this.taintByCondition(key, observed);
    const isNews = isLost && observed === ConditionStatus.True;
    if (isNews) this.events.record('NodeNotReady', kinds.nodes, key);
    if (isNews || (this.nodesToRetry.has(key) && observed !== ConditionStatus.True)) {
      if (!(yield* this.markPodsNotReady(key))) {
        this.nodesToRetry.add(key);
        return;
      }
    }
    this.nodesToRetry.delete(key);
  }

  /** PUT nodes/status; after a failure again on a fresh read, a few times. */
  private *putUnknown(key: ObjectKey, revision: number): Generator<number, boolean, number> {
    const { requests } = this;
    const { nodeStatusRetries, nodeStatusRetryPause } = this.around.parameters;
    let expected = revision;
    for (let attempt = 0; attempt < nodeStatusRetries; attempt++) {
      const request = this.client.write(writes.nodeUnknown, key);
      requests.expectedRevision[request] = expected;
      const reply = yield* this.client.call(request);
      if (isSuccess(requests.code[reply] as number)) return true;
      const read = yield* this.client.call(this.client.read(kinds.nodes, key));
      if (requests.code[read] !== StatusCode.Ok) return false;
      expected = this.tables.nodes.revision.get(requests.resultOf(read));
      yield nodeStatusRetryPause;
    }
    return false;
  }

  /** MarkPodsNotReady: one PUT after the other. Returns whether none failed. */
  private *markPodsNotReady(node: ObjectKey): Generator<number, boolean, number> {
    const { requests } = this;
    const { pods } = this.tables;
    const marked = [...this.podsOn.keys(node)].map((key) => ({ key, pod: this.pods.get(key) }));
    const ready = marked
      .filter(({ pod }) => pods.isReady(pod))
      .map(({ key, pod }) => ({ key, revision: pods.revision.get(pod) }));
    let failed = false;
    for (const { key, revision } of ready) {
      const request = this.client.write(writes.podNotReady, key);
      requests.expectedRevision[request] = revision;
      const reply = yield* this.client.call(request);
      const code = requests.code[reply] as number;
      if (isSuccess(code)) this.events.record('NodeNotReady', kinds.pods, key);
      else if (code !== StatusCode.NotFound) failed = true;
    }
    return !failed;
  }

  // ---- NoExecute taints --------------------------------------------------------------------------------------------------------

  /** processTaintBaseEviction, by the condition as it was before the pass. */
  private *taintByCondition(key: ObjectKey, observed: number): Process {
    if (observed === ConditionStatus.True) {
      yield* this.markReachable(key);
      return;
    }
    const [wanted, other] = noExecuteTaints(observed);
    const node = this.nodes.get(key);
    if (node === NO_VERSION) return;
    if (hasTaint(this.tables.nodes.taints.get(node), other)) {
      yield* this.taints.swap(key, { add: [wanted], remove: [other] });
    } else if (this.zoneOf[key]?.evictions.add(key)) {
      this.startTainting();
    }
  }

  /** markNodeAsReachable. */
  private *markReachable(key: ObjectKey): Process {
    const node = this.nodes.get(key);
    if (node === NO_VERSION) return;
    for (const taint of [UNREACHABLE_NO_EXECUTE, NOT_READY_NO_EXECUTE]) {
      if (!(yield* this.taints.swap(key, { add: [], remove: [taint] }))) return;
    }
    this.zoneOf[key]?.evictions.remove(key);
  }

  private startTainting(): void {
    if (this.tainting) return;
    this.tainting = true;
    this.simulation.processes.spawn('node lifecycle tainting', this.taintLoop());
  }

  /** Runs on the ticks of its own phase while any node waits (doNoExecuteTaintingPass). */
  private *taintLoop(): Process {
    const period = this.around.parameters.nodeEvictionLoopPeriod;
    let waiting = 1;
    while (waiting > 0 && !this.around.hasStopped) {
      yield period - ((this.simulation.now - this.loopStart) % period);
      waiting = 0;
      for (const zone of this.zones.values()) {
        yield* this.taintZone(zone);
        waiting += zone.evictions.length;
      }
    }
    this.tainting = false;
  }

  private *taintZone(zone: Zone): Process {
    const { evictions } = zone;
    for (
      let node = evictions.next(this.simulation.now);
      node !== undefined;
      node = evictions.next(this.simulation.now)
    ) {
      evictions.settle(node, yield* this.taint(zone, node));
    }
  }

  /** Returns whether the node is seen to. */
  private *taint(zone: Zone, key: ObjectKey): Generator<number, boolean, number> {
    const node = this.nodes.get(key);
    if (node === NO_VERSION) return true;
    const ready = this.tables.nodes.ready.get(node);
    if (ready === ConditionStatus.True) return true;
    const [wanted, other] = noExecuteTaints(ready);
    const swapped = yield* this.taints.swap(key, { add: [wanted], remove: [other] });
    if (swapped) zone.tainted.add();
    return swapped;
  }

  // ---- disruption --------------------------------------------------------------------------------------------------------------

  private *handleDisruption(): Process {
    const states = new Map<Zone, ZoneState>();
    for (const [name, zone] of this.zones) {
      zone.unhealthy.set(zone.notReady);
      if (zone.ready + zone.notReady === 0) this.zones.delete(name);
      else states.set(zone, this.stateOf(zone));
    }
    const areAllLost = [...states.values()].every((state) => state === 'fullDisruption');
    const wereAllLost = [...states.keys()].every((zone) => zone.evictions.state === 'fullDisruption');
    if (states.size === 0 || (areAllLost && wereAllLost)) return;
    if (areAllLost) {
      yield* this.stopEvictions(states.keys());
      return;
    }
    // The controller was cut off, not the nodes: they get a whole grace period anew.
    if (wereAllLost) this.health.restart(this.simulation.now);
    for (const [zone, state] of states) if (wereAllLost || state !== zone.evictions.state) this.enter(zone, state);
  }

  /** ComputeZoneState. */
  private stateOf({ ready, notReady }: Zone): ZoneState {
    const { unhealthyZoneMinimum, unhealthyZoneThreshold } = this.around.parameters;
    if (ready === 0) return 'fullDisruption';
    const isPartly = notReady > unhealthyZoneMinimum && notReady / (notReady + ready) >= unhealthyZoneThreshold;
    return isPartly ? 'partialDisruption' : 'normal';
  }

  /** Every zone is lost: more likely the controller is. All taints come off and none goes on. */
  private *stopEvictions(zones: Iterable<Zone>): Process {
    const known: ObjectKey[] = [];
    this.nodes.forEach((key) => {
      known.push(key);
    });
    for (const key of known) yield* this.markReachable(key);
    for (const { evictions } of zones) {
      evictions.setRate(0, this.simulation.now);
      evictions.state = 'fullDisruption';
    }
  }

  /** setLimiterInZone. */
  private enter(zone: Zone, state: ZoneState): void {
    const { nodeEvictionRate, secondaryNodeEvictionRate, largeClusterSizeThreshold } = this.around.parameters;
    const isLarge = zone.ready + zone.notReady > largeClusterSizeThreshold;
    const reduced = isLarge ? secondaryNodeEvictionRate : 0;
    zone.evictions.setRate(state === 'partialDisruption' ? reduced : nodeEvictionRate, this.simulation.now);
    zone.evictions.state = state;
  }
}

/** The NoExecute taint of a condition that is not True, and the one that does not go with it. */
function noExecuteTaints(ready: number) {
  return ready === ConditionStatus.Unknown
    ? ([UNREACHABLE_NO_EXECUTE, NOT_READY_NO_EXECUTE] as const)
    : ([NOT_READY_NO_EXECUTE, UNREACHABLE_NO_EXECUTE] as const);
}
