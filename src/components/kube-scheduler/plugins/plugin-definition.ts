/** What the registry of plugins holds of each. */
import type { ValuesOf } from '../../../engine/index.ts';
import type { PluginArguments } from '../configuration.ts';
import type { SchedulerDevices } from '../devices/scheduler-devices.ts';
import type { ExtensionPoint, GangsView, Plugin, PodIdentity } from '../framework.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler.parameters.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { SchedulerVolumes } from '../volumes/scheduler-volumes.ts';

/** What a plugin is made with. */
export interface PluginContext {
  readonly nodes: NodeColumns;
  readonly arguments: PluginArguments;
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  /** What it knows of storage; left out where pods have no volumes. */
  readonly volumes?: SchedulerVolumes;
  /** Whether victims of a pod are being removed just now; left out = never. */
  readonly isPreempting?: (pod: PodIdentity) => boolean;
  /** What it knows of devices; left out where pods have no claims on any. */
  readonly devices?: SchedulerDevices;
  /** Groups of pods; left out = there are none. */
  readonly gangs?: GangsView | undefined;
  /** Whether a pod has scheduling gates; left out = never. */
  readonly isGated?: (pod: PodIdentity) => boolean;
}

/** A plugin of Kubernetes. */
export interface PluginDefinition {
  readonly help: string;
  /** Points at which it acts. */
  readonly points: readonly ExtensionPoint[];
  /** Its weight in the default profile, 1 where it does not score; undefined = it is not in the default profile. */
  readonly defaultWeight?: number;
  /**
   * Makes an instance for a profile. A plugin whose part the scheduler itself plays (ordering, binding) makes an empty one; one without
   * `create` is known by name and not modelled.
   */
  readonly create?: (context: PluginContext) => Plugin;
}
