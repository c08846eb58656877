/**
 * The machines that nodes are, for faults: each with its kubelet and whatever else runs on it. A machine may lose power, its network to the API servers may be
 * cut or bad, its clock may be wrong; kube-proxy may be restarted alone.
 */
import type { ObjectKey } from '../cluster/index.ts';
import type { EventType, Simulation } from '../engine/index.ts';
import type { Nanoseconds } from '../units/index.ts';
import type { ApiClient, ClientGo, ClientPath } from './client-go/index.ts';
import type { KubeProxyFleet } from './kube-proxy/index.ts';
import type { KubeletFleet } from './kubelet/index.ts';
import type { NodeAgent } from './node-agent.ts';

/** All machines of a cluster. */
export class NodeMachines {
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly kubelets: KubeletFleet;
  private readonly proxies: KubeProxyFleet;
  private readonly agents: readonly NodeAgent[];
  private readonly evProxyStarts: EventType;
  private readonly evPathMended: EventType;
  private readonly evClockCorrected: EventType;
  /** Number of the latest change of each node's network, and of its clock, so that the end of an older one does nothing, state. */
  private readonly pathChanges = new Map<ObjectKey, number>();
  private readonly clockChanges = new Map<ObjectKey, number>();
  /** Nodes whose kube-proxy is to start again, state. */
  private readonly proxiesAway = new Set<ObjectKey>();

  /** `agents`: everything that runs beside the kubelets, `proxies` among them. */
  constructor(clientGo: ClientGo, kubelets: KubeletFleet, proxies: KubeProxyFleet, agents: readonly NodeAgent[]) {
    const { simulation } = clientGo;
    this.clientGo = clientGo;
    this.simulation = simulation;
    this.kubelets = kubelets;
    this.proxies = proxies;
    this.agents = agents;
    this.evPathMended = simulation.on('network: mended', (node, change) => this.onMended(node as ObjectKey, change));
    this.evClockCorrected = simulation.on('node: clock corrected', (node, change) =>
      this.onClockCorrected(node as ObjectKey, change),
    );
    this.evProxyStarts = simulation.on('kube-proxy: process starts again', (node) => {
      if (this.proxiesAway.delete(node as ObjectKey)) proxies.startAgain(node as ObjectKey);
    });
    kubelets.onReturned = (node) => {
      for (const agent of agents) agent.restart(node);
    };
  }

  /** Fault: a machine loses power at once; it returns after `span`, or never. */
  crash(node: ObjectKey, span: Nanoseconds | undefined): void {
    const kubelet = this.kubelets.ofNode(node);
    if (kubelet === undefined || !kubelet.isUp) return;
    this.kubelets.crash(kubelet, span);
    this.proxiesAway.delete(node);
    for (const agent of this.agents) agent.crash(node);
  }

  /** Fault: the process of a kube-proxy ends and starts again after a span. */
  restartProxy(node: ObjectKey, span: Nanoseconds): void {
    if (this.kubelets.ofNode(node)?.isUp !== true || this.proxiesAway.has(node)) return;
    this.proxiesAway.add(node);
    this.proxies.crash(node);
    this.simulation.after(span, this.evProxyStarts, node);
  }

  /** Fault: the network between nodes and all API servers is cut or bad; it is mended after `span`, or never. */
  spoilNetwork(nodes: readonly ObjectKey[], path: ClientPath, span: Nanoseconds | undefined): void {
    this.clientGo.paths.set(
      nodes.flatMap((node) => this.clientsOf(node)),
      path,
    );
    for (const node of nodes) {
      const change = nextOf(this.pathChanges, node);
      if (span !== undefined) this.simulation.after(span, this.evPathMended, node, change);
    }
  }

  private onMended(node: ObjectKey, change: number): void {
    if (this.pathChanges.get(node) === change) this.clientGo.paths.set(this.clientsOf(node), undefined);
  }

  /** All clients through which what runs on a node talks. */
  private clientsOf(node: ObjectKey): readonly ApiClient[] {
    return [...this.kubelets.clientsOf(node), ...this.agents.flatMap((agent) => agent.clientsOf(node))];
  }

  /** Fault: the clock on a node's wall is wrong by `offset` [ns], or stands still (undefined); it is right again after `span`, or never. */
  spoilClock(node: ObjectKey, offset: number | undefined, span: Nanoseconds | undefined): void {
    const clock = this.kubelets.ofNode(node)?.clock;
    if (clock === undefined) return;
    if (offset === undefined) clock.stop(this.simulation.now);
    else clock.offset = offset;
    const change = nextOf(this.clockChanges, node);
    if (span !== undefined) this.simulation.after(span, this.evClockCorrected, node, change);
  }

  private onClockCorrected(node: ObjectKey, change: number): void {
    if (this.clockChanges.get(node) === change) this.kubelets.ofNode(node)?.clock.correct();
  }
}

/** Counts a change of a node. */
function nextOf(changes: Map<ObjectKey, number>, node: ObjectKey): number {
  const change = (changes.get(node) ?? 0) + 1;
  changes.set(node, change);
  return change;
}
