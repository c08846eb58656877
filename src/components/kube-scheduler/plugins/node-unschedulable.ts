/** NodeUnschedulable: cordoned nodes take only pods that tolerate it. K:pkg/scheduler/framework/plugins/nodeunschedulable. */
import { TAINT_UNSCHEDULABLE, type Taint, tolerates } from '../../../cluster/index.ts';
import type { FilterPlugin, NodeFacts, Plugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

const CORDONED: Taint = { key: TAINT_UNSCHEDULABLE, value: '', effect: 'NoSchedule' };

class NodeUnschedulable implements FilterPlugin {
  readonly unresolvable = true;
  private readonly nodes: NodeColumns;

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  admits(pod: PodRequirements, node: NodeFacts): boolean {
    return !node.unschedulable || tolerates(pod.template.tolerations, CORDONED);
  }

  skips(pod: PodRequirements): boolean {
    return this.nodes.unschedulableCount === 0 || tolerates(pod.template.tolerations, CORDONED);
  }

  keep(pod: PodRequirements, slots: Int32Array, count: number): number {
    if (tolerates(pod.template.tolerations, CORDONED)) return count;
    const { unschedulable } = this.nodes;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (unschedulable[slot] === 0) slots[kept++] = slot;
    }
    return kept;
  }

  helpedByNode(_: PodRequirements, node: NodeFacts, before: NodeFacts | undefined): boolean {
    return !node.unschedulable && (before === undefined || before.unschedulable);
  }
}

export const nodeUnschedulable: PluginDefinition = {
  help: 'Keeps pods off cordoned nodes unless they tolerate it.',
  points: ['filter'],
  defaultWeight: 1,
  create: ({ nodes }: PluginContext): Plugin => ({ filter: new NodeUnschedulable(nodes) }),
};
