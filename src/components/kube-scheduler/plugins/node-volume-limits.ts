/**
 * NodeVolumeLimits: a CSI driver attaches only so many volumes to a node, as the node's CSINode says. A volume that is attached there already counts
 * once. K:pkg/scheduler/framework/plugins/nodevolumelimits/csi.go. Left out: VolumeAttachments of pods that are gone already.
 */
import type { ObjectKey } from '../../../cluster/index.ts';
import type { FilterPlugin, NodeFacts, Plugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { VolumeUsage } from '../volumes/volume-usage.ts';
import type { VolumeView } from '../volumes/volume-view.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

class NodeVolumeLimits implements FilterPlugin {
  private readonly nodes: NodeColumns;
  private readonly volumes: VolumeView;
  private readonly usage: VolumeUsage;

  constructor(nodes: NodeColumns, volumes: VolumeView, usage: VolumeUsage) {
    this.nodes = nodes;
    this.volumes = volumes;
    this.usage = usage;
  }

  admits(_: PodRequirements, { name }: NodeFacts): boolean {
    return this.hasRoom(this.nodes.find(name), this.drivers());
  }

  keep(_: PodRequirements, slots: Int32Array, count: number): number {
    const drivers = this.drivers();
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (this.hasRoom(slot, drivers)) slots[kept++] = slot;
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

  helpedByDeletion(_: PodRequirements, deleted: PodRequirements): boolean {
    return deleted.template.volumes !== undefined;
  }

  helpedByStorage(): boolean {
    return true;
  }

  /** Drivers of the pod's volumes. */
  private drivers(): ReadonlySet<string> {
    return new Set(this.volumes.cycle.claims.map((claim) => this.volumes.driverOf(claim)));
  }

  private hasRoom(slot: number, drivers: ReadonlySet<string>): boolean {
    const claims: readonly ObjectKey[] = this.volumes.cycle.claims;
    for (const driver of drivers) {
      if (driver === '') continue;
      const limit = this.volumes.limitOf(this.nodes.nameOf(slot), driver);
      if (limit !== undefined && this.usage.attached(slot, driver, claims) > limit) return false;
    }
    return true;
  }
}

export const nodeVolumeLimits: PluginDefinition = {
  help: 'Counts volumes per driver against what a node can attach.',
  points: ['preFilter', 'filter'],
  defaultWeight: 1,
  create: ({ nodes, volumes }: PluginContext): Plugin =>
    volumes === undefined ? {} : { filter: new NodeVolumeLimits(nodes, volumes.view, volumes.usage) },
};
