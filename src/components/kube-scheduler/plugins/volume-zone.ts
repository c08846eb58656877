/** VolumeZone: zone and region labels of volumes keep pods in the zones that they name. K:pkg/scheduler/framework/plugins/volumezone. */
import type { FilterPlugin, NodeFacts, Plugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { volumeZonesFit } from '../volumes/volume-choice.ts';
import type { VolumeView } from '../volumes/volume-view.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

class VolumeZone implements FilterPlugin {
  /** Nobody's removal moves a volume. */
  readonly unresolvable = true;
  private readonly nodes: NodeColumns;
  private readonly volumes: VolumeView;

  constructor(nodes: NodeColumns, volumes: VolumeView) {
    this.nodes = nodes;
    this.volumes = volumes;
  }

  admits(_: PodRequirements, { labels }: NodeFacts): boolean {
    return volumeZonesFit(this.volumes.cycle, labels);
  }

  keep(_: PodRequirements, slots: Int32Array, count: number): number {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (volumeZonesFit(this.volumes.cycle, this.nodes.labelsOf(slot))) slots[kept++] = slot;
    }
    return kept;
  }

  /** PreFilter answers Skip for pods without claims. */
  filtersPod(pod: PodRequirements): boolean {
    return !this.skips(pod);
  }

  skips(pod: PodRequirements): boolean {
    return pod.template.volumes === undefined;
  }

  helpedByStorage(): boolean {
    return true;
  }
}

export const volumeZone: PluginDefinition = {
  help: 'Keeps pods in the zones of their volumes.',
  points: ['preFilter', 'filter'],
  defaultWeight: 1,
  create: ({ nodes, volumes }: PluginContext): Plugin =>
    volumes === undefined ? {} : { filter: new VolumeZone(nodes, volumes.view) },
};
