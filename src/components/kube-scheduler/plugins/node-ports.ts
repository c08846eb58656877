/** NodePorts: two pods with the same host port cannot share a node. K:pkg/scheduler/framework/plugins/nodeports. */
import type { FilterPlugin, NodeFacts, Plugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import { type HostPort, type PodRequirements, portsConflict } from '../pod-requirements.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

class NodePorts implements FilterPlugin {
  private readonly nodes: NodeColumns;

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  admits(pod: PodRequirements, node: NodeFacts): boolean {
    return !anyConflict(pod.hostPorts, node.usedPorts);
  }

  filtersPod(pod: PodRequirements): boolean {
    return !this.skips(pod);
  }

  skips(pod: PodRequirements): boolean {
    return pod.hostPorts.length === 0;
  }

  keep(pod: PodRequirements, slots: Int32Array, count: number): number {
    const { usedPorts } = this.nodes;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      const used = usedPorts[slot];
      if (used === undefined || !anyConflict(pod.hostPorts, used)) slots[kept++] = slot;
    }
    return kept;
  }

  /** A new node has all ports free; no other change of a node frees one. */
  helpedByNode(_: PodRequirements, __: NodeFacts, before: NodeFacts | undefined): boolean {
    return before === undefined;
  }

  helpedByDeletion(pod: PodRequirements, deleted: PodRequirements): boolean {
    return anyConflict(pod.hostPorts, deleted.hostPorts);
  }
}

function anyConflict(wanted: readonly HostPort[], used: readonly HostPort[]): boolean {
  return wanted.some((port) => used.some((other) => portsConflict(port, other)));
}

export const nodePorts: PluginDefinition = {
  help: 'Keeps pods off nodes where a host port that they need is taken.',
  points: ['preFilter', 'filter'],
  defaultWeight: 1,
  create: ({ nodes }: PluginContext): Plugin => ({ filter: new NodePorts(nodes) }),
};
