/**
 * DynamicResources: a pod goes where the devices are free that its claims ask for. K:pkg/scheduler/framework/plugins/dynamicresources.
 * Devices of a driver on a node are alike and counted; what is kept and written for a pod is in ../devices.
 */
import type { DeviceCounts, DeviceNeed } from '../devices/device-counts.ts';
import type { SchedulerDevices } from '../devices/scheduler-devices.ts';
import type { ClusterFacts, FilterPlugin, NodeFacts, Plugin, PodIdentity } from '../framework.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

/** Weight in the default profile; nothing is scored without prioritised lists of requests. */
const DEFAULT_WEIGHT = 2;

class DynamicResources implements FilterPlugin {
  readonly unresolvable = true;
  readonly filterTime: number;
  private readonly devices: SchedulerDevices;
  private readonly nodes: PluginContext['nodes'];

  constructor(devices: SchedulerDevices, { nodes, parameters }: PluginContext) {
    this.devices = devices;
    this.nodes = nodes;
    this.filterTime = parameters.deviceFilterTime;
  }

  admits(pod: PodRequirements, node: NodeFacts, _: ClusterFacts): boolean {
    return hasDevices(this.devices.counts, this.devices.needsOf(pod), this.nodes.find(node.name));
  }

  filtersPod(pod: PodRequirements): boolean {
    return pod.template.resourceClaims !== undefined;
  }

  skips(pod: PodRequirements): boolean {
    return this.devices.needsOf(pod).length === 0;
  }

  keep(pod: PodRequirements, slots: Int32Array, count: number): number {
    const needs = this.devices.needsOf(pod);
    const { counts } = this.devices;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (counts.has(needs, slot)) slots[kept++] = slot;
    }
    return kept;
  }

  /** Devices come in slices of their own. */
  helpedByNode(): boolean {
    return false;
  }

  helpedByDevices(): boolean {
    return true;
  }
}

/** Plain form: of each driver at least as many devices are free as are wanted. */
function hasDevices(counts: DeviceCounts, needs: readonly DeviceNeed[], slot: number): boolean {
  return needs.every(({ driver, count }) => counts.free(driver, slot) >= count);
}

export const dynamicResources: PluginDefinition = {
  help: 'Allocates the devices of resource claims.',
  points: ['preEnqueue', 'preFilter', 'filter', 'postFilter', 'score', 'reserve', 'preBind'],
  defaultWeight: DEFAULT_WEIGHT,
  create: (context: PluginContext): Plugin => {
    const { devices } = context;
    // Pods of a scheduler without API server have no claims.
    if (devices === undefined) return {};
    const wantsDevices = ({ requirements }: PodIdentity) => requirements.template.resourceClaims !== undefined;
    return {
      preEnqueue: {
        admits: (pod) => devices.areClaimsMade(pod),
        // Only the pod's own claims count, which the scheduler sees by itself.
        listensTo: () => false,
      },
      filter: new DynamicResources(devices, context),
      reserve: {
        reserve: (pod, slot) => !wantsDevices(pod) || devices.reserve(pod, slot),
        unreserve: (pod) => {
          if (wantsDevices(pod)) devices.unreserve(pod);
        },
      },
      preBind: {
        concerns: wantsDevices,
        preBind: (pod, slot, done) => devices.write(pod, slot, done),
      },
    };
  },
};
