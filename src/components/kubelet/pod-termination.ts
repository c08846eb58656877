/**
 * The end of a pod: its containers are stopped, the last status told, sandbox and volumes cleaned up, and then the API may delete it for good.
 * K:pkg/kubelet/kubelet.go (SyncTerminatingPod, SyncTerminatedPod), pkg/kubelet/status/status_manager.go.
 */
import { PodPhase } from '../../cluster/index.ts';
import type { EventType } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import type { ContainerRuns } from './container-runs.ts';
import type { ContainerStops } from './container-stops.ts';
import { ContainerState } from './container-table.ts';
import type { PodStatuses } from './pod-status.ts';
import { Draw, type PodSteps } from './pod-steps.ts';
import { NO_EXIT, PodStage, type PodTable } from './pod-table.ts';
import type { Probes } from './probes.ts';
import type { Sandboxes } from './sandboxes.ts';
import type { StatusManager } from './status-manager.ts';

/** What ends of pods work with. */
export interface TerminationParts {
  readonly runs: ContainerRuns;
  readonly stops: ContainerStops;
  readonly probes: Probes;
  readonly statuses: PodStatuses;
  readonly sandboxes: Sandboxes;
  readonly manager: StatusManager;
}

/** The ends of all pods. */
export class PodTerminations {
  private readonly steps: PodSteps;
  private readonly table: PodTable;
  private readonly parts: TerminationParts;
  private readonly evStopped: EventType;
  private readonly evStoppedUnseen: EventType;
  private readonly evCleanedUp: EventType;

  constructor(steps: PodSteps, parts: TerminationParts) {
    this.steps = steps;
    this.table = steps.table;
    this.parts = parts;
    this.evStopped = steps.onRuntime('pod stopped', (slot) => this.onStopped(slot));
    this.evStoppedUnseen = steps.onContainer('stopped unseen', (row) =>
      parts.runs.exit(row, steps.rows.exitCode[row] as number),
    );
    this.evCleanedUp = steps.on('pod cleaned up', (slot) => parts.manager.allowDeletion(slot));
  }

  /** The API server wants the pod gone: whatever runs is stopped, if that has not begun yet. */
  delete(slot: number): void {
    const { table } = this;
    if (table.deleting[slot] === 1) return;
    table.deleting[slot] = 1;
    if (table.stage[slot] === PodStage.Ended) {
      this.void(slot);
      this.cleanUp(slot);
    } else if (table.stage[slot] !== PodStage.Stopping) {
      this.begin(slot, this.steps.templateOf(slot).terminationGracePeriod);
    }
  }

  /** Everything of the pod is stopped, with this grace period; what its worker had planned is void. */
  begin(slot: number, grace: Nanoseconds): void {
    const { table, steps } = this;
    const hadSandbox = table.stage[slot] === PodStage.Active;
    this.void(slot);
    table.stage[slot] = PodStage.Stopping;
    if (!hadSandbox) {
      // Nothing runs yet; the pod worker, cut short, goes on with the next relist.
      steps.awaitRelist(slot, this.evStopped);
      return;
    }
    const at = this.parts.stops.stopAll(slot, grace);
    table.exitsAt[slot] = at;
    this.parts.probes.endAllButReadiness(slot);
    if (at > steps.simulation.now) steps.planAt(slot, at, this.evStopped);
    else this.onStopped(slot);
  }

  /** The kubelet's process has ended: its stops go on in the runtime, and nobody notices. */
  detach(slot: number): void {
    const { table, steps } = this;
    if (table.stage[slot] !== PodStage.Stopping || table.exitsAt[slot] === NO_EXIT) return;
    const first = table.firstRow[slot] as number;
    const { length } = steps.planOfPod(slot).containers;
    const at = Math.max(steps.simulation.now, table.exitsAt[slot] as number) as SimTime;
    for (let row = first; row < first + length; row++) {
      if (steps.rows.state[row] === ContainerState.Running) steps.planInContainer(row, at, this.evStoppedUnseen);
    }
  }

  /** A new process of the kubelet goes on with a stop that an earlier one had begun: it waits until nothing runs, or has it noticed. */
  resume(slot: number): void {
    const { table, steps } = this;
    const at = table.exitsAt[slot] as number;
    if (at !== NO_EXIT && at > steps.simulation.now) steps.planAt(slot, at as SimTime, this.evStopped);
    else steps.awaitRelist(slot, this.evStopped);
  }

  private void(slot: number): void {
    const { table } = this;
    table.epoch[slot] = (table.epoch[slot] as number) + 1;
    table.busy[slot] = 0;
    table.pending[slot] = 0;
  }

  /** SyncTerminatingPod tells the last status itself as soon as nothing runs any more. */
  private onStopped(slot: number): void {
    const { table, steps, parts } = this;
    const { rows } = steps;
    const first = table.firstRow[slot] as number;
    const { length } = steps.planOfPod(slot).containers;
    for (let row = first; row < first + length; row++) {
      if (rows.state[row] === ContainerState.Running) parts.runs.exit(row, rows.exitCode[row] as number);
    }
    parts.runs.look(slot);
    parts.probes.end(slot);
    table.stage[slot] = PodStage.Ended;
    parts.sandboxes.stop(slot);
    steps.kubeletOf(slot).resources.release(steps.templateOf(slot));
    parts.statuses.tell(slot, this.lastPhaseOf(slot));
    if (table.deleting[slot] === 1) this.cleanUp(slot);
  }

  /** A pod has succeeded if all its containers have run, and have ended well; one that is evicted has failed. */
  private lastPhaseOf(slot: number): number {
    const { table, steps } = this;
    const { containers, initContainers } = steps.planOfPod(slot);
    const first = table.firstRow[slot] as number;
    if (table.isEvicted[slot] === 1) return PodPhase.Failed;
    for (let row = first + initContainers; row < first + containers.length; row++) {
      const hasSucceeded = steps.rows.seen[row] === ContainerState.Exited && steps.rows.exitCode[row] === 0;
      if (!hasSucceeded) return PodPhase.Failed;
    }
    return PodPhase.Succeeded;
  }

  /** SyncTerminatedPod waits for the next relist, and then until the volumes, whose unmounting has begun meanwhile, are gone. */
  private cleanUp(slot: number): void {
    const { steps } = this;
    const { volumeMount, volumeWaitPoll } = steps.parameters;
    const { now } = steps.simulation;
    const relist = steps.pleg.newerThan(steps.kubeletOf(slot), now);
    const unmounted = now + volumeMount.keyedSample(steps.draws, steps.entity(slot), Draw.Unmount);
    const polls = Math.max(0, Math.ceil((unmounted - relist) / volumeWaitPoll));
    steps.planAt(slot, (relist + polls * volumeWaitPoll) as SimTime, this.evCleanedUp);
  }
}
