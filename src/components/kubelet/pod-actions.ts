/**
 * What a sync is to do about the containers of a pod, from what the last relist saw of them. K:pkg/kubelet/kuberuntime/kuberuntime_manager.go
 * (computePodActions, computeInitContainerActions).
 */
import { ContainerState, type ContainerTable } from './container-table.ts';
import { Role } from './pod-plan.ts';
import type { PodStatuses } from './pod-status.ts';
import type { PodSteps } from './pod-steps.ts';
import type { Probes } from './probes.ts';

/** What follows. */
export const PodAction = {
  /** Everything is as it should be, or has to be waited for. */
  Nothing: 0,
  /** Containers are to be killed or started: marked as doomed or wanted. */
  Work: 1,
  /** The pod has come to its end: what still runs of it is to be stopped. */
  Over: 2,
} as const;

/** Decides for all pods. */
export class PodActions {
  private readonly steps: PodSteps;
  private readonly rows: ContainerTable;
  private readonly probes: Probes;
  private readonly statuses: PodStatuses;

  constructor(steps: PodSteps, probes: Probes, statuses: PodStatuses) {
    this.steps = steps;
    this.rows = steps.rows;
    this.probes = probes;
    this.statuses = statuses;
  }

  /** Marks the containers of a pod that are to be killed and started. Returns a value of {@link PodAction}. */
  decide(slot: number): number {
    const { steps, rows } = this;
    const { containers, initContainers } = steps.planOfPod(slot);
    const first = steps.table.firstRow[slot] as number;
    for (let row = first; row < first + containers.length; row++) {
      rows.doomed[row] = 0;
      rows.wanted[row] = 0;
    }
    const policy = this.statuses.restartPolicyOf(slot);
    if (initContainers > 0) {
      const initialised = this.decideInit(slot, policy === 'Never');
      if (initialised === undefined) return PodAction.Over;
      if (!initialised) return this.anyMarked(first, initContainers);
    }
    let goesOn = false;
    for (let row = first + initContainers; row < first + containers.length; row++) {
      if (this.decideMain(row, policy)) goesOn = true;
    }
    return goesOn ? this.anyMarked(first, containers.length) : PodAction.Over;
  }

  /** Init containers and sidecars. Returns whether the others may run; undefined if one has failed for good. */
  private decideInit(slot: number, isFinal: boolean): boolean | undefined {
    const { steps, rows } = this;
    const { containers, initContainers } = steps.planOfPod(slot);
    const first = steps.table.firstRow[slot] as number;
    let initialised = this.anyMainSeen(first, initContainers, containers.length);
    // From the last one that is there down: what lies before it has been seen to, but for sidecars, which are kept running.
    let isPast = initialised;
    for (let index = initContainers - 1; index >= 0; index--) {
      const row = first + index;
      const isSidecar = containers[index]?.role === Role.Sidecar;
      if (rows.seen[row] === ContainerState.Absent) {
        if (isPast && isSidecar) rows.wanted[row] = 1;
        continue;
      }
      if (isPast && !isSidecar) continue;
      const isDone = isSidecar ? this.keepSidecar(row) : this.hasSucceeded(row);
      if (!isPast && isDone) {
        if (index === initContainers - 1) initialised = true;
        else rows.wanted[row + 1] = 1;
      }
      if (!isSidecar && rows.seen[row] === ContainerState.Exited && rows.exitCode[row] !== 0) {
        if (isFinal) return undefined;
        rows.wanted[row] = 1;
      }
      isPast = true;
    }
    if (!isPast) rows.wanted[first] = 1;
    return initialised;
  }

  private anyMainSeen(first: number, from: number, to: number): boolean {
    for (let index = from; index < to; index++)
      if (this.rows.seen[first + index] !== ContainerState.Absent) return true;
    return false;
  }

  private hasSucceeded(row: number): boolean {
    return this.rows.seen[row] === ContainerState.Exited && this.rows.exitCode[row] === 0;
  }

  /** A sidecar that is there: it is started again once it has ended. Returns whether what comes after it may start. */
  private keepSidecar(row: number): boolean {
    const { rows } = this;
    if (rows.seen[row] === ContainerState.Exited) {
      rows.wanted[row] = 1;
      return false;
    }
    if (!this.probes.wantsItKilled(row)) return rows.started[row] === 1;
    rows.doomed[row] = 1;
    rows.wanted[row] = 1;
    return rows.started[row] === 1;
  }

  /** A container of the pod proper. Returns whether it goes on, or will. */
  private decideMain(row: number, policy: 'Always' | 'OnFailure' | 'Never'): boolean {
    const { rows } = this;
    const seen = rows.seen[row];
    if (seen === ContainerState.Running) {
      if (!this.probes.wantsItKilled(row)) return true;
      rows.doomed[row] = 1;
      rows.wanted[row] = policy === 'Never' ? 0 : 1;
      return true;
    }
    const isAgain =
      seen === ContainerState.Absent || policy === 'Always' || (policy === 'OnFailure' && rows.exitCode[row] !== 0);
    if (isAgain) rows.wanted[row] = 1;
    return isAgain;
  }

  private anyMarked(first: number, count: number): number {
    for (let row = first; row < first + count; row++) {
      if (this.rows.doomed[row] === 1 || this.rows.wanted[row] === 1) return PodAction.Work;
    }
    return PodAction.Nothing;
  }
}
