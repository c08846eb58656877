/**
 * When the controller last saw a sign of life of each node, by its own clock. K:pkg/controller/nodelifecycle (nodeHealthData,
 * tryUpdateNodeHealth). Typed columns: a pass over thousands of nodes every few seconds costs next to nothing.
 */
import type { NodeVersions, ObjectKey, ObjectTables, VersionHandle } from '../../cluster/index.ts';
import type { SimTime } from '../../units/index.ts';
import type { KubeControllerManagerValues } from './controller.ts';
import type { NodeLeases } from './node-leases.ts';

/** Nodes at the start; doubled. */
const INITIAL_NODES = 256;
/** The node is not known. */
const UNKNOWN = -1;

/** Signs of life by node key. */
export class NodeHealth {
  private readonly nodes: NodeVersions;
  private readonly leases: NodeLeases;
  private readonly parameters: KubeControllerManagerValues;
  /** When a sign of life was last seen [ns], below 0 = the node is not known. */
  private probes = new Float64Array(INITIAL_NODES).fill(UNKNOWN);
  /** What was seen then: renewal of the lease, heartbeat of the Ready condition [ns]. */
  private renewals = new Float64Array(INITIAL_NODES).fill(UNKNOWN);
  private heartbeats = new Float64Array(INITIAL_NODES).fill(UNKNOWN);
  /** Silence after which each node is lost [ns]. */
  private graces = new Float64Array(INITIAL_NODES);

  constructor(tables: ObjectTables, leases: NodeLeases, parameters: KubeControllerManagerValues) {
    this.nodes = tables.nodes;
    this.leases = leases;
    this.parameters = parameters;
  }

  /** Looks at a node and its lease; returns whether it has been silent for too long. */
  judge(key: ObjectKey, node: VersionHandle, now: SimTime): boolean {
    if (key >= this.probes.length) this.grow(key);
    const renewal = this.leases.renewedAt(key);
    const heartbeat = this.nodes.heartbeatAt.get(node);
    if ((this.probes[key] as number) < 0) {
      const { nodeMonitorGracePeriod, nodeStartupGracePeriod } = this.parameters;
      const hasReported = renewal >= 0 || heartbeat > 0;
      // A node that has never reported counts from its creation.
      this.probes[key] = hasReported ? now : this.nodes.createdAt.get(node);
      this.graces[key] = hasReported ? nodeMonitorGracePeriod : nodeStartupGracePeriod;
    } else if (renewal > (this.renewals[key] as number) || heartbeat !== this.heartbeats[key]) {
      this.probes[key] = now;
      this.graces[key] = this.parameters.nodeMonitorGracePeriod;
    }
    this.renewals[key] = renewal;
    this.heartbeats[key] = heartbeat;
    return this.isLost(key, now);
  }

  /** Whether a node has been silent for too long. */
  isLost(key: ObjectKey, now: SimTime): boolean {
    return now > (this.probes[key] as number) + (this.graces[key] as number);
  }

  /** All nodes count as seen now. */
  restart(now: SimTime): void {
    for (let key = 0; key < this.probes.length; key++) if ((this.probes[key] as number) >= 0) this.probes[key] = now;
  }

  /** A node is gone. */
  forget(key: ObjectKey): void {
    if (key < this.probes.length) this.probes[key] = UNKNOWN;
  }

  private grow(key: number): void {
    const size = Math.max(key + 1, this.probes.length * 2);
    const larger = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(size).fill(UNKNOWN);
      to.set(from);
      return to;
    };
    this.probes = larger(this.probes);
    this.renewals = larger(this.renewals);
    this.heartbeats = larger(this.heartbeats);
    this.graces = larger(this.graces);
  }
}
