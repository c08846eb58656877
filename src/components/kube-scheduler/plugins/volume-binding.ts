/**
 * VolumeBinding: a pod goes where the volumes of its claims can be used, or can be found or made; after that choice the volumes are bound before the pod is.
 * K:pkg/scheduler/framework/plugins/volumebinding. What follows the choice of a node is in `../volumes/volume-binder.ts`.
 *
 * Left out: CSIStorageCapacity objects, and the score by capacity (VolumeCapacityPriority, off by default).
 */
import type { FilterPlugin, NodeFacts, Plugin, PodIdentity, PreBindPlugin, ReservePlugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { SchedulerVolumes } from '../volumes/scheduler-volumes.ts';
import type { VolumeBinder } from '../volumes/volume-binder.ts';
import { boundVolumesFit, chooseVolumes } from '../volumes/volume-choice.ts';
import type { VolumeView } from '../volumes/volume-view.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

class VolumeBinding implements FilterPlugin, ReservePlugin, PreBindPlugin {
  /** Nobody's removal moves a volume. */
  readonly unresolvable = true;
  private readonly nodes: NodeColumns;
  private readonly volumes: VolumeView;
  private readonly binder: VolumeBinder;

  constructor(nodes: NodeColumns, { view, binder }: SchedulerVolumes) {
    this.nodes = nodes;
    this.volumes = view;
    this.binder = binder;
  }

  admits(_: PodRequirements, { labels, name }: NodeFacts): boolean {
    return this.fits(labels, name);
  }

  keep(_: PodRequirements, slots: Int32Array, count: number): number {
    let kept = 0;
    if (this.volumes.cycle.obstacle !== undefined) return kept;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (this.fits(this.nodes.labelsOf(slot), this.nodes.nameOf(slot))) slots[kept++] = slot;
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

  private fits(labels: NodeFacts['labels'], name: string): boolean {
    const { cycle } = this.volumes;
    if (cycle.obstacle !== undefined || !boundVolumesFit(cycle, labels, name)) return false;
    return cycle.unbound.length === 0 || chooseVolumes(this.volumes, cycle, labels, name) !== undefined;
  }

  helpedByStorage(): boolean {
    return true;
  }

  // ---- once a node is chosen -----------------------------------------------------------------------------------------------------

  reserve({ key }: PodIdentity, slot: number): boolean {
    return this.binder.reserve(key, slot);
  }

  unreserve({ key }: PodIdentity): void {
    this.binder.unreserve(key);
  }

  concerns({ key }: PodIdentity): boolean {
    return this.binder.hasReserved(key);
  }

  preBind({ key }: PodIdentity, _: number, done: (succeeded: boolean) => void): void {
    this.binder.bind(key, done);
  }
}

export const volumeBinding: PluginDefinition = {
  help: 'Keeps pods where their volumes are or can be made, and binds the volumes before the pod.',
  points: ['preFilter', 'filter', 'preScore', 'score', 'reserve', 'preBind'],
  defaultWeight: 1,
  create: ({ nodes, volumes }: PluginContext): Plugin =>
    volumes === undefined ? {} : pointsOf(new VolumeBinding(nodes, volumes)),
};

function pointsOf(plugin: VolumeBinding): Plugin {
  return { filter: plugin, reserve: plugin, preBind: plugin };
}
