/**
 * The status of a pod as it follows from its containers: phase, conditions, and a number that stands for the container statuses.
 * K:pkg/kubelet/kubelet_pods.go (getPhase, convertToAPIContainerStatuses), pkg/kubelet/status/generate.go. What the last relist saw counts.
 */
import { PodCondition, PodPhase } from '../../cluster/index.ts';
import { ContainerState, WaitingReason } from './container-table.ts';
import { Role } from './pod-plan.ts';
import type { PodSteps } from './pod-steps.ts';

/** Conditions that follow from the containers. */
const OF_CONTAINERS = PodCondition.Initialized | PodCondition.ContainersReady | PodCondition.Ready;
/** Multiplier of the number that stands for the container statuses (FNV-1a). */
const HASH_PRIME = 0x01000193;
const HASH_START = 0x811c9dc5;
/** Places of what the number is made of. */
const SEEN_BITS = 2;
const FLAG_BITS = 2;

/** Tells the status of pods. */
export class PodStatuses {
  private readonly steps: PodSteps;

  constructor(steps: PodSteps) {
    this.steps = steps;
  }

  /** Works out the status anew and has it written if it differs from what was told last. */
  report(slot: number): void {
    this.tell(slot, this.phaseOf(slot));
  }

  /** What the API has of a pod that runs since before the run is what there is: nothing is to be told. */
  assume(slot: number): void {
    const { table } = this.steps;
    table.containerDigest[slot] = this.digestOf(slot);
    table.toldIp[slot] = table.hasIp[slot] as number;
  }

  /** A new process of the kubelet knows of nothing that was told: it tells the status as it was seen last. */
  tellAnew(slot: number): void {
    const { table } = this.steps;
    table.containerDigest[slot] = -1;
    // Rejected pods, and those that have ended, keep what they were told to be.
    if (table.phase[slot] === PodPhase.Failed || table.phase[slot] === PodPhase.Succeeded)
      this.tell(slot, table.phase[slot] as number);
    else this.report(slot);
  }

  /** The same with a phase that does not follow from the containers. */
  tell(slot: number, phase: number): void {
    const { table } = this.steps;
    const conditions = this.conditionsOf(slot, phase);
    const digest = this.digestOf(slot);
    if (
      phase === table.phase[slot] &&
      conditions === table.conditions[slot] &&
      digest === table.containerDigest[slot] &&
      table.hasIp[slot] === table.toldIp[slot]
    ) {
      return;
    }
    table.containerDigest[slot] = digest;
    table.restarts[slot] = this.mostRestarts(slot, Role.Main);
    table.sidecarRestarts[slot] = this.mostRestarts(slot, Role.Sidecar);
    table.toldIp[slot] = table.hasIp[slot] as number;
    this.steps.report(slot, phase, conditions);
  }

  /** Whether a container is ready: it runs, its startup and readiness probes have succeeded, if it has any. */
  private isReady(row: number): boolean {
    const { rows } = this.steps;
    return rows.seen[row] === ContainerState.Running && rows.started[row] === 1 && rows.ready[row] === 1;
  }

  /** getPhase. */
  phaseOf(slot: number): number {
    const { table, rows } = this.steps;
    const plan = this.steps.planOfPod(slot);
    const first = table.firstRow[slot] as number;
    if (!this.isInitialised(slot)) return this.hasFailedToInitialise(slot) ? PodPhase.Failed : PodPhase.Pending;
    let running = 0;
    let failed = 0;
    for (let row = first + plan.initContainers; row < first + plan.containers.length; row++) {
      if (rows.seen[row] === ContainerState.Absent) return PodPhase.Pending;
      if (rows.seen[row] === ContainerState.Running) running++;
      else if (rows.exitCode[row] !== 0) failed++;
    }
    if (running > 0) return PodPhase.Running;
    const policy = this.restartPolicyOf(slot);
    if (policy === 'Always') return PodPhase.Running;
    if (failed === 0) return PodPhase.Succeeded;
    return policy === 'Never' ? PodPhase.Failed : PodPhase.Running;
  }

  /** restartPolicy of a pod; one whose lifetime is over starts nothing again, whatever its policy says. */
  restartPolicyOf(slot: number): 'Always' | 'OnFailure' | 'Never' {
    return this.steps.table.isOver[slot] === 1 ? 'Never' : this.steps.templateOf(slot).restartPolicy;
  }

  /** Whether all init containers have ended well and all sidecars have started, once. */
  isInitialised(slot: number): boolean {
    const { table, rows } = this.steps;
    const { initContainers, containers } = this.steps.planOfPod(slot);
    if (initContainers === 0) return true;
    const first = table.firstRow[slot] as number;
    // A container of the pod proper that was ever started tells so too.
    for (let index = initContainers; index < containers.length; index++) {
      if (rows.seen[first + index] !== ContainerState.Absent) return true;
    }
    for (let index = 0; index < initContainers; index++) {
      const row = first + index;
      const isSidecar = containers[index]?.role === Role.Sidecar;
      const isDone = isSidecar
        ? rows.seen[row] === ContainerState.Running && rows.started[row] === 1
        : rows.seen[row] === ContainerState.Exited && rows.exitCode[row] === 0;
      if (!isDone) return false;
    }
    return true;
  }

  private hasFailedToInitialise(slot: number): boolean {
    if (this.restartPolicyOf(slot) !== 'Never') return false;
    const { table, rows } = this.steps;
    const { initContainers, containers } = this.steps.planOfPod(slot);
    const first = table.firstRow[slot] as number;
    for (let index = 0; index < initContainers; index++) {
      const row = first + index;
      if (containers[index]?.role === Role.Init && rows.seen[row] === ContainerState.Exited && rows.exitCode[row] !== 0)
        return true;
    }
    return false;
  }

  private conditionsOf(slot: number, phase: number): number {
    const { table, rows } = this.steps;
    const { containers, initContainers } = this.steps.planOfPod(slot);
    const kept = (table.conditions[slot] as number) & ~OF_CONTAINERS;
    const first = table.firstRow[slot] as number;
    const initialised = this.isInitialised(slot) ? PodCondition.Initialized : 0;
    // Containers that this kubelet's process sees again count as they are; a pod without a sandbox has none.
    if (phase >= PodPhase.Succeeded) return kept | initialised;
    for (let index = 0; index < containers.length; index++) {
      if (index < initContainers && containers[index]?.role !== Role.Sidecar) continue;
      if (!this.isReady(first + index)) return kept | initialised;
    }
    return rows.seen[first] === ContainerState.Absent ? kept | initialised : kept | OF_CONTAINERS;
  }

  /** A number that differs where the container statuses differ. */
  private digestOf(slot: number): number {
    const { table, rows } = this.steps;
    const first = table.firstRow[slot] as number;
    const { length } = this.steps.planOfPod(slot).containers;
    let hash = HASH_START;
    for (let row = first; row < first + length; row++) {
      const seen = rows.seen[row] as number;
      const isWaiting = seen !== ContainerState.Running ? (rows.waiting[row] as number) : WaitingReason.None;
      const flags = ((rows.started[row] as number) << 1) | (rows.ready[row] as number);
      const shown = (((isWaiting << SEEN_BITS) | seen) << FLAG_BITS) | (seen === ContainerState.Running ? flags : 0);
      hash = Math.imul(hash ^ shown, HASH_PRIME);
      hash = Math.imul(hash ^ (rows.restarts[row] as number), HASH_PRIME);
      hash = Math.imul(hash ^ (seen === ContainerState.Exited ? (rows.exitCode[row] as number) : 0), HASH_PRIME);
    }
    return hash >>> 0;
  }

  /** Most restarts of a container of this role. */
  private mostRestarts(slot: number, role: number): number {
    const { table, rows } = this.steps;
    const { containers } = this.steps.planOfPod(slot);
    const first = table.firstRow[slot] as number;
    let most = 0;
    for (let index = 0; index < containers.length; index++) {
      if (containers[index]?.role === role) most = Math.max(most, rows.restarts[first + index] as number);
    }
    return most;
  }
}
