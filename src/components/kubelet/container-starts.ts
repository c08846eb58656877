/**
 * How a sync starts the containers that it wants, one after the other: the pause after a crash, the image, CreateContainer and StartContainer.
 * K:pkg/kubelet/kuberuntime/kuberuntime_manager.go:SyncPod (step 6 and 7). A container that cannot be started now does not hold up those after it,
 * unless it is an init container.
 */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import type { EventType } from '../../engine/index.ts';
import type { ContainerRuns } from './container-runs.ts';
import { ContainerState, type ContainerTable, WaitingReason } from './container-table.ts';
import type { ImagePulls } from './image-pulls.ts';
import { Role } from './pod-plan.ts';
import { Draw, type PodSteps } from './pod-steps.ts';
import type { PodTable } from './pod-table.ts';
import { restartBackoff } from './restart-backoff.ts';
import type { RuntimeWork } from './runtime-work.ts';

/** The starts of containers on all nodes. */
export class ContainerStarts {
  private readonly steps: PodSteps;
  private readonly work: RuntimeWork;
  private readonly table: PodTable;
  private readonly rows: ContainerTable;
  private readonly runs: ContainerRuns;
  private readonly images: ImagePulls;
  /** Told that everything that a sync wanted has been tried. */
  private readonly done: (slot: number) => void;
  private readonly evStarted: EventType;

  constructor(
    steps: PodSteps,
    work: RuntimeWork,
    runs: ContainerRuns,
    images: ImagePulls,
    done: (slot: number) => void,
  ) {
    this.steps = steps;
    this.work = work;
    this.table = steps.table;
    this.rows = steps.rows;
    this.runs = runs;
    this.images = images;
    this.done = done;
    this.evStarted = steps.onRuntime('container started', (slot) => this.onStarted(slot));
  }

  /** Starts what a sync wants of a pod. */
  begin(slot: number): void {
    this.table.cursor[slot] = 0;
    this.next(slot);
  }

  private next(slot: number): void {
    const first = this.table.firstRow[slot] as number;
    const { length } = this.steps.planOfPod(slot).containers;
    for (let index = this.table.cursor[slot] as number; index < length; index++) {
      if (this.rows.wanted[first + index] === 0) continue;
      this.table.cursor[slot] = index;
      this.start(first + index);
      return;
    }
    this.done(slot);
  }

  private start(row: number): void {
    const { rows, steps } = this;
    const { crashBackoff, crashBackoffMaximum } = steps.parameters;
    const slot = rows.pod[row] as number;
    rows.wanted[row] = 0;
    const until = restartBackoff(rows, row, steps.simulation.now, { first: crashBackoff, most: crashBackoffMaximum });
    if (until === 0) {
      this.images.ensure(row);
      return;
    }
    const message = steps.indexOf(row);
    steps.kubeletOf(slot).recorder.record('BackOff', kinds.pods, this.table.key[slot] as ObjectKey, message);
    rows.waiting[row] = WaitingReason.CrashLoopBackOff;
    steps.fail(slot, until);
    this.failed(row);
  }

  /** A container cannot be started now: the next one has its turn, unless this one has to come before it. */
  failed(row: number): void {
    const slot = this.rows.pod[row] as number;
    if (this.steps.planOf(row).role === Role.Init) this.done(slot);
    else this.goOn(slot);
  }

  private goOn(slot: number): void {
    this.table.cursor[slot] = (this.table.cursor[slot] as number) + 1;
    this.next(slot);
  }

  /** The image of a container is there: it is created and started. */
  create(row: number): void {
    const { rows, steps } = this;
    const slot = rows.pod[row] as number;
    // The draws of a container that comes again are those of its coming life.
    const ahead = (rows.finishedAt[row] as number) >= 0 ? 1 : 0;
    const draw = steps.drawOf(row, Draw.Container, ahead);
    this.work.do(
      slot,
      steps.parameters.containerStart.keyedSample(steps.draws, steps.entity(slot), draw),
      this.evStarted,
    );
  }

  private onStarted(slot: number): void {
    const { table, steps } = this;
    const index = table.cursor[slot] as number;
    const key = table.key[slot] as ObjectKey;
    const { recorder } = steps.kubeletOf(slot);
    recorder.record('Created', kinds.pods, key, index);
    recorder.record('Started', kinds.pods, key, index);
    this.runs.start((table.firstRow[slot] as number) + index);
    if ((table.runningAt[slot] as number) < 0 && this.allRun(slot)) table.runningAt[slot] = steps.simulation.now;
    this.goOn(slot);
  }

  /** Whether all containers of the pod proper have started. */
  private allRun(slot: number): boolean {
    const { containers, initContainers } = this.steps.planOfPod(slot);
    const first = this.table.firstRow[slot] as number;
    for (let row = first + initContainers; row < first + containers.length; row++) {
      if (this.rows.state[row] === ContainerState.Absent) return false;
    }
    return true;
  }
}
