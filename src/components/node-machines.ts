/**
 * The machines that nodes are, for faults: each with its kubelet and whatever else runs on it. A machine may lose power; kube-proxy may be restarted alone.
 */
import type { ObjectKey } from '../cluster/index.ts';
import type { EventType, Simulation } from '../engine/index.ts';
import type { Nanoseconds } from '../units/index.ts';
import type { KubeletFleet } from './kubelet/index.ts';
import type { NodeAgent } from './node-agent.ts';

/** All machines of a cluster. */
export class NodeMachines {
  private readonly simulation: Simulation;
  private readonly kubelets: KubeletFleet;
  private readonly proxies: NodeAgent;
  private readonly agents: readonly NodeAgent[];
  private readonly evProxyStarts: EventType;
  /** Nodes whose kube-proxy is to start again, state. */
  private readonly proxiesAway = new Set<ObjectKey>();

  /** `agents`: everything that runs beside the kubelets, `proxies` among them. */
  constructor(simulation: Simulation, kubelets: KubeletFleet, proxies: NodeAgent, agents: readonly NodeAgent[]) {
    this.simulation = simulation;
    this.kubelets = kubelets;
    this.proxies = proxies;
    this.agents = agents;
    this.evProxyStarts = simulation.on('kube-proxy: process starts again', (node) => {
      if (this.proxiesAway.delete(node as ObjectKey)) proxies.restart(node as ObjectKey);
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
}
