/** NodeName: a pod that names its node goes there. K:pkg/scheduler/framework/plugins/nodename. */
import type { FilterPlugin, NodeFacts, Plugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

class NodeName implements FilterPlugin {
  readonly unresolvable = true;
  private readonly nodes: NodeColumns;

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  admits(pod: PodRequirements, node: NodeFacts): boolean {
    return pod.template.nodeName === '' || pod.template.nodeName === node.name;
  }

  skips(pod: PodRequirements): boolean {
    return pod.template.nodeName === '';
  }

  keep(pod: PodRequirements, slots: Int32Array, count: number): number {
    if (pod.template.nodeName === '') return count;
    const named = this.nodes.find(pod.template.nodeName);
    for (let i = 0; i < count; i++) {
      if (slots[i] !== named) continue;
      slots[0] = named;
      return 1;
    }
    return 0;
  }
}

export const nodeName: PluginDefinition = {
  help: 'Keeps a pod that names its node off all others.',
  points: ['filter'],
  defaultWeight: 1,
  create: ({ nodes }: PluginContext): Plugin => ({ filter: new NodeName(nodes) }),
};
