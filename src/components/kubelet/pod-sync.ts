/**
 * The syncs of pods: one at a time for each, as its pod worker makes them, from what the last relist saw. A sync tells the status, kills and starts
 * containers, and is made again after a pause if something failed. K:pkg/kubelet/kubelet.go:SyncPod, pkg/kubelet/pod_workers.go.
 * Left out: the periodic sync of pods that are as they should be, which changes nothing.
 */
import { PodPhase } from '../../cluster/index.ts';
import type { EventType } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, plus, type SimTime } from '../../units/index.ts';
import type { ContainerRuns } from './container-runs.ts';
import type { ContainerStops } from './container-stops.ts';
import { ContainerState, type ContainerTable } from './container-table.ts';
import { PodAction, type PodActions } from './pod-actions.ts';
import type { PodStatuses } from './pod-status.ts';
import { Draw, type PodSteps } from './pod-steps.ts';
import { PodStage, type PodTable } from './pod-table.ts';
import type { Probes } from './probes.ts';

/** What syncs work with. */
export interface SyncParts {
  readonly runs: ContainerRuns;
  readonly stops: ContainerStops;
  readonly probes: Probes;
  readonly statuses: PodStatuses;
  readonly actions: PodActions;
}

/** Who is told by syncs. */
export interface SyncListener {
  /** Containers of the pod are to be started: {@link PodSyncs.startsDone} follows. */
  start(slot: number): void;
  /** The pod has come to its end by itself. */
  over(slot: number): void;
}

/** The syncs of all pods. */
export class PodSyncs {
  private readonly steps: PodSteps;
  private readonly table: PodTable;
  private readonly rows: ContainerTable;
  private readonly parts: SyncParts;
  private readonly listener: SyncListener;
  private readonly evRelisted: EventType;
  private readonly evKilled: EventType;
  private readonly evRetry: EventType;

  constructor(steps: PodSteps, parts: SyncParts, listener: SyncListener) {
    this.steps = steps;
    this.table = steps.table;
    this.rows = steps.rows;
    this.parts = parts;
    this.listener = listener;
    this.evRelisted = steps.onRuntime('relist noticed a pod', (slot) => this.relisted(slot));
    this.evKilled = steps.onRuntime('container killed', (slot) => this.onKilled(slot));
    this.evRetry = steps.on('pod synced again', (slot) => {
      if (this.table.retryAt[slot] === steps.simulation.now) this.request(slot);
    });
  }

  /** The runtime has something new of a pod: the next relist of its kubelet will see it. */
  changed(slot: number): void {
    const { table } = this;
    if (table.relistAwaited[slot] === 1 || table.stage[slot] !== PodStage.Active) return;
    table.relistAwaited[slot] = 1;
    this.steps.awaitRelist(slot, this.evRelisted);
  }

  /** A new process of the kubelet: its first relist sees what there is. */
  resume(slot: number): void {
    this.table.relistAwaited[slot] = 1;
    this.steps.awaitRelist(slot, this.evRelisted);
  }

  private relisted(slot: number): void {
    this.table.relistAwaited[slot] = 0;
    this.parts.runs.look(slot);
    this.request(slot);
  }

  /** A pod is to be synced: after the sync that is under way, and not before a relist that is later than what the last one did. */
  request(slot: number): void {
    const { table } = this;
    if (table.stage[slot] !== PodStage.Active) return;
    if (table.busy[slot] === 1) table.pending[slot] = 1;
    else if (table.relistAwaited[slot] === 0) this.sync(slot);
  }

  private sync(slot: number): void {
    const wasRunning = this.table.phase[slot] === PodPhase.Running;
    this.parts.statuses.report(slot);
    this.parts.probes.containersSeen(slot);
    if (!wasRunning && this.table.phase[slot] === PodPhase.Running) this.parts.runs.beginLifetime(slot);
    this.act(slot);
  }

  /** The part of a sync after its status: a new sandbox goes on with it too. */
  act(slot: number): void {
    const action = this.parts.actions.decide(slot);
    if (action === PodAction.Over) this.listener.over(slot);
    if (action !== PodAction.Work) return;
    this.table.busy[slot] = 1;
    this.table.retryAt[slot] = 0;
    this.killNext(slot);
  }

  // ---- kills ---------------------------------------------------------------------------------------------------------------------

  /** Containers are killed one after the other; then those that are wanted are started. */
  private killNext(slot: number): void {
    const { steps, rows } = this;
    const { containers } = steps.planOfPod(slot);
    const first = this.table.firstRow[slot] as number;
    for (let row = first; row < first + containers.length; row++) {
      if (rows.doomed[row] === 0) continue;
      if (rows.state[row] === ContainerState.Running) {
        this.table.cursor[slot] = row - first;
        steps.planAt(slot, this.parts.stops.stop(row, this.graceOf(row), steps.simulation.now), this.evKilled);
        return;
      }
      rows.doomed[row] = 0;
    }
    this.listener.start(slot);
  }

  /** The grace period of a container that its probes have failed: the probe may have one of its own. */
  private graceOf(row: number): Nanoseconds {
    const own = this.parts.probes.graceOfFailed(row);
    return own ?? this.steps.templateOf(this.rows.pod[row] as number).terminationGracePeriod;
  }

  private onKilled(slot: number): void {
    const { rows } = this;
    const row = (this.table.firstRow[slot] as number) + (this.table.cursor[slot] as number);
    rows.doomed[row] = 0;
    // It may have ended by itself meanwhile.
    if (rows.state[row] === ContainerState.Running) this.parts.runs.exit(row, rows.exitCode[row] as number);
    this.killNext(slot);
  }

  // ---- the end of a sync ---------------------------------------------------------------------------------------------------------

  /** Everything that the sync wanted was tried: if something failed it is tried again after a pause (completeWork). */
  startsDone(slot: number): void {
    const { table } = this;
    table.busy[slot] = 0;
    if (table.retryAt[slot] === 0) table.failures[slot] = 0;
    else this.planRetry(slot);
    if (table.pending[slot] === 1) {
      table.pending[slot] = 0;
      this.request(slot);
    }
  }

  private planRetry(slot: number): void {
    const { steps, table } = this;
    const { podWorkerBackoff, podWorkerBackoffJitter, syncFrequency } = steps.parameters;
    const { now } = steps.simulation;
    table.failures[slot] = (table.failures[slot] as number) + 1;
    const until = table.retryAt[slot] as number;
    const pause = Number.isFinite(until) ? Math.min(Math.max(0, until - now), syncFrequency) : podWorkerBackoff;
    const draw = steps.drawOfAttempt(Draw.Retry, table.failures[slot] as number);
    const share = steps.draws.uniform(steps.entity(slot), draw);
    const at: SimTime = plus(now, nanoseconds(pause * (1 + podWorkerBackoffJitter * share)));
    table.retryAt[slot] = at;
    steps.planAt(slot, at, this.evRetry);
  }
}
