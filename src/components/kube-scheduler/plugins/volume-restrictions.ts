/**
 * VolumeRestrictions: a claim with access mode ReadWriteOncePod has one pod in the whole cluster. K:pkg/scheduler/framework/plugins/volumerestrictions.
 * Left out: volumes written into pods themselves (EBS, GCE, RBD, iSCSI) that two pods of a node may not share.
 */
import type { FilterPlugin, Plugin } from '../framework.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { VolumeUsage } from '../volumes/volume-usage.ts';
import type { VolumeView } from '../volumes/volume-view.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

class VolumeRestrictions implements FilterPlugin {
  private readonly volumes: VolumeView;
  private readonly usage: VolumeUsage;

  constructor(volumes: VolumeView, usage: VolumeUsage) {
    this.volumes = volumes;
    this.usage = usage;
  }

  admits(): boolean {
    return this.volumes.cycle.claims.every((claim) => !this.volumes.isExclusive(claim) || !this.usage.isUsed(claim));
  }

  keep(_: PodRequirements, __: Int32Array, count: number): number {
    return this.admits() ? count : 0;
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
}

export const volumeRestrictions: PluginDefinition = {
  help: 'Keeps a second pod from a claim that allows one.',
  points: ['preFilter', 'filter'],
  defaultWeight: 1,
  create: ({ volumes }: PluginContext): Plugin =>
    volumes === undefined ? {} : { filter: new VolumeRestrictions(volumes.view, volumes.usage) },
};
