/**
 * Memory and disk in use on nodes, as their kubelets' statistics have it: what pods use as their programs say, what images take, and what the system has
 * been given. A pod of which nothing is said uses nothing that counts. The system uses what is reserved for it, no more.
 */
import type { Applications } from './application.ts';
import { ContainerState } from './container-table.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodSteps } from './pod-steps.ts';

/** What the containers of a pod use. */
type Amount = (row: number, now: number) => number;

/** Statistics of all nodes. */
export class NodeUsage {
  private readonly steps: PodSteps;
  private readonly memoryOfRow: Amount;
  private readonly diskOfRow: Amount;

  constructor(steps: PodSteps, applications: Applications) {
    this.steps = steps;
    this.memoryOfRow = (row, now) => applications.memoryOf(row, now);
    this.diskOfRow = (row, now) => applications.diskOf(row, now);
  }

  /** Memory that a pod uses [B]. */
  memoryOf(slot: number): number {
    return this.ofPod(slot, this.memoryOfRow);
  }

  /** Disk that the writable layers and logs of a pod use [B]. */
  diskOf(slot: number): number {
    return this.ofPod(slot, this.diskOfRow);
  }

  /** memory.available of a node [B]: what pods may have, and the reserve below which pods are evicted, less what they use. */
  availableMemory(kubelet: Kubelet): number {
    const reserve = this.steps.parameters.evictionHardMemory;
    let used = 0;
    for (const slot of kubelet.pods.values()) used += this.memoryOf(slot);
    return kubelet.specification.allocatable.memory + reserve - used;
  }

  /** Size of the disk of a node [B]. */
  diskSize(kubelet: Kubelet): number {
    const stated = kubelet.specification.allocatable.ephemeralStorage;
    return stated > 0 ? stated : this.steps.parameters.nodeDisk;
  }

  /** nodefs.available and imagefs.available of a node [B]: they are one file system. */
  availableDisk(kubelet: Kubelet): number {
    const { systemDisk, imageDiskFactor } = this.steps.parameters;
    let used = systemDisk + kubelet.images.bytes * imageDiskFactor;
    for (const slot of kubelet.pods.values()) used += this.diskOf(slot);
    return this.diskSize(kubelet) - used;
  }

  private ofPod(slot: number, amount: Amount): number {
    const { steps } = this;
    const { usesResources, containers } = steps.planOfPod(slot);
    if (!usesResources) return 0;
    const first = steps.table.firstRow[slot] as number;
    const { now } = steps.simulation;
    let sum = 0;
    for (let row = first; row < first + containers.length; row++) {
      if (steps.rows.state[row] === ContainerState.Running) sum += amount(row, now);
    }
    return sum;
  }
}
