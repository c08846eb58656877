/**
 * When the controller last saw a sign of life of each node, by its own clock. K:pkg/controller/nodelifecycle (nodeHealthData,
 * tryUpdateNodeHealth). Typed columns by node key, so that a pass over thousands of nodes every few seconds costs next to nothing.
 */
import {
  ConditionStatus,
  type NodeVersions,
  type ObjectKey,
  type ObjectTables,
  type VersionHandle,
} from '../../cluster/index.ts';
import type { SimTime } from '../../units/index.ts';
import type { KubeControllerManagerValues } from './controller.ts';
import type { NodeLeases } from './node-leases.ts';

/** Nodes at the start; doubled. */
const INITIAL_NODES = 256;
/** Nothing was seen yet. */
const NEVER = -1;
/** What the cache has of a node. */
const Presence = { None: 0, Unwell: 1, Well: 2 } as const;

/** Signs of life by node key. */
export class NodeHealth {
  private readonly nodes: NodeVersions;
  private readonly leases: NodeLeases;
  private readonly parameters: KubeControllerManagerValues;
  /** Keys below this may be nodes. */
  size = 0;
  /** A value of {@link Presence}, heartbeat of the Ready condition and creation [ns], as the cache has them. */
  private presence = new Uint8Array(INITIAL_NODES);
  private heartbeats = new Float64Array(INITIAL_NODES);
  private creations = new Float64Array(INITIAL_NODES);
  /** When a sign of life was last seen by a pass [ns], and what it was: renewal of the lease and heartbeat [ns]. */
  private probes = new Float64Array(INITIAL_NODES).fill(NEVER);
  private seenRenewals = new Float64Array(INITIAL_NODES);
  private seenHeartbeats = new Float64Array(INITIAL_NODES);
  /** Silence after which each node is lost [ns]. */
  private graces = new Float64Array(INITIAL_NODES);

  constructor(tables: ObjectTables, leases: NodeLeases, parameters: KubeControllerManagerValues) {
    this.nodes = tables.nodes;
    this.leases = leases;
    this.parameters = parameters;
  }

  /** The cache has another version of a node. */
  take(key: ObjectKey, node: VersionHandle): void {
    if (key >= this.presence.length) this.grow(key);
    this.size = Math.max(this.size, key + 1);
    const isWell = this.nodes.ready.get(node) === ConditionStatus.True && this.nodes.taints.get(node).length === 0;
    this.presence[key] = isWell ? Presence.Well : Presence.Unwell;
    this.heartbeats[key] = this.nodes.heartbeatAt.get(node);
    this.creations[key] = this.nodes.createdAt.get(node);
  }

  /** A node is gone. */
  forget(key: ObjectKey): void {
    this.presence[key] = Presence.None;
    this.probes[key] = NEVER;
    this.seenRenewals[key] = NEVER;
  }

  /** Whether the cache has a node. */
  isPresent(key: ObjectKey): boolean {
    return this.presence[key] !== Presence.None;
  }

  /** Whether a node is Ready and has no taints. */
  isWell(key: ObjectKey): boolean {
    return this.presence[key] === Presence.Well;
  }

  /** A pass looks at a node that is present; returns whether it has been silent for too long. */
  judge(key: ObjectKey, now: SimTime): boolean {
    const renewal = this.leases.renewedAt(key);
    const heartbeat = this.heartbeats[key] as number;
    if ((this.probes[key] as number) < 0) {
      const { nodeMonitorGracePeriod, nodeStartupGracePeriod } = this.parameters;
      const hasReported = renewal >= 0 || heartbeat > 0;
      // A node that has never reported counts from its creation.
      this.probes[key] = hasReported ? now : (this.creations[key] as number);
      this.graces[key] = hasReported ? nodeMonitorGracePeriod : nodeStartupGracePeriod;
    } else if (renewal > (this.seenRenewals[key] as number) || heartbeat !== this.seenHeartbeats[key]) {
      this.probes[key] = now;
      this.graces[key] = this.parameters.nodeMonitorGracePeriod;
    }
    // A lease that was renewed with an earlier time than before, by a clock that was set back, is not taken over.
    this.seenRenewals[key] = Math.max(renewal, this.seenRenewals[key] as number);
    this.seenHeartbeats[key] = heartbeat;
    return this.isLost(key, now);
  }

  /** Whether a node has been silent for too long. */
  isLost(key: ObjectKey, now: SimTime): boolean {
    return now > (this.probes[key] as number) + (this.graces[key] as number);
  }

  /** All nodes count as seen now. */
  restart(now: SimTime): void {
    for (let key = 0; key < this.size; key++) if ((this.probes[key] as number) >= 0) this.probes[key] = now;
  }

  private grow(key: number): void {
    const size = Math.max(key + 1, this.presence.length * 2);
    const larger = <Column extends Float64Array | Uint8Array>(from: Column, initial = 0): Column => {
      const to = new (from.constructor as new (length: number) => Column)(size);
      to.fill(initial);
      to.set(from);
      return to;
    };
    this.presence = larger(this.presence);
    this.heartbeats = larger(this.heartbeats);
    this.creations = larger(this.creations);
    this.probes = larger(this.probes, NEVER);
    this.seenRenewals = larger(this.seenRenewals);
    this.seenHeartbeats = larger(this.seenHeartbeats);
    this.graces = larger(this.graces);
  }
}
