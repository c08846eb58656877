/**
 * How the nodes of a cluster see the endpoints of one service: the view of a node that none of them is on or meant for, those of zones that hints
 * name, and those of nodes. Every endpoint is looked at once; {@link viewOf} of each node says the same and is the test.
 */
import type { SliceEndpoint } from '../../cluster/index.ts';
import { type EndpointView, NO_ZONE } from './modes/index.ts';

/** Endpoints of one node. */
interface NodeEndpoints {
  readonly ready: SliceEndpoint[];
  readonly draining: SliceEndpoint[];
  /** Endpoints on it in any condition. */
  all: number;
  /** Ready endpoints that are meant for it. */
  meant: number;
}

/** Views of one service. */
export class ServiceViews {
  private ready = 0;
  private draining = 0;
  /** Whether every Ready endpoint names zones, or a node, for which it is meant. */
  private allForZones = true;
  private allForNodes = true;
  private readonly byZone = new Map<string, number>();
  private readonly byNode = new Map<number, NodeEndpoints>();

  constructor(slices: Iterable<readonly SliceEndpoint[]>) {
    for (const endpoints of slices) for (const endpoint of endpoints) this.take(endpoint);
  }

  /** Zones that hints name. */
  get zones(): Iterable<string> {
    return this.byZone.keys();
  }

  /** Nodes with endpoints on them, or meant for them. */
  get nodes(): Iterable<number> {
    return this.byNode.keys();
  }

  /** The view of a node in a zone without endpoints of its own. */
  ofZone(zone: string): EndpointView {
    const cluster = this.clusterOfZone(zone);
    return { cluster, local: 0, either: cluster, anywhere: this.ready + this.draining > 0, onNode: 0 };
  }

  /** The view of a node. */
  ofNode(node: number, zone: string): EndpointView {
    const own = this.byNode.get(node);
    if (own === undefined) return this.ofZone(zone);
    const isMeant = this.allForNodes && own.meant > 0;
    const cluster = isMeant ? own.meant : this.clusterOfZone(zone);
    const local = own.ready.length > 0 ? own.ready : own.draining;
    const isZoned = !isMeant && this.zoneApplies(zone);
    const isInCluster = (endpoint: SliceEndpoint) => {
      if (!endpoint.ready) return this.ready === 0;
      if (isMeant) return endpoint.hints?.node === node;
      return !isZoned || endpoint.hints?.zones?.includes(zone) === true;
    };
    const others = local.filter((endpoint) => !isInCluster(endpoint)).length;
    return {
      cluster,
      local: local.length,
      either: cluster + others,
      anywhere: this.ready + this.draining > 0,
      onNode: own.all,
    };
  }

  private take(endpoint: SliceEndpoint): void {
    const own = this.own(endpoint.node);
    own.all++;
    const { hints } = endpoint;
    if (endpoint.ready) {
      this.ready++;
      own.ready.push(endpoint);
      if (hints?.zones === undefined) this.allForZones = false;
      for (const zone of hints?.zones ?? []) this.byZone.set(zone, (this.byZone.get(zone) ?? 0) + 1);
      if (hints?.node === undefined) this.allForNodes = false;
      else this.own(hints.node).meant++;
    } else if (endpoint.serving && endpoint.terminating) {
      this.draining++;
      own.draining.push(endpoint);
    }
  }

  private own(node: number): NodeEndpoints {
    let own = this.byNode.get(node);
    if (own === undefined) {
      own = { ready: [], draining: [], all: 0, meant: 0 };
      this.byNode.set(node, own);
    }
    return own;
  }

  private zoneApplies(zone: string): boolean {
    return this.allForZones && zone !== NO_ZONE && this.byZone.has(zone);
  }

  private clusterOfZone(zone: string): number {
    if (this.zoneApplies(zone)) return this.byZone.get(zone) as number;
    return this.ready > 0 ? this.ready : this.draining;
  }
}
