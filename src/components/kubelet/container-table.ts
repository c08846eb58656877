/**
 * The containers of all pods, a row each, the rows of a pod side by side in the order of its specification: init containers first. What the runtime
 * has, what the kubelet knows of it (the relist looks), and what its sync made of it.
 */
import { grown } from '../../engine/index.ts';

/** Rows at the start; doubled. */
const INITIAL_ROWS = 256;

/** What the runtime has of a container. */
export const ContainerState = {
  /** It was never created in this sandbox. */
  Absent: 0,
  Running: 1,
  Exited: 2,
} as const;

/** Why a container that is not there yet, or not there again, is waited for (status.containerStatuses[].state.waiting.reason). */
export const WaitingReason = {
  /** ContainerCreating or PodInitializing: nothing is wrong. */
  None: 0,
  CrashLoopBackOff: 1,
  ErrImagePull: 2,
  ImagePullBackOff: 3,
  ErrImageNeverPull: 4,
} as const;

/** All containers of all kubelets. */
export class ContainerTable {
  private capacity = INITIAL_ROWS;
  private used = 0;
  /** First rows of blocks that are free, by the rows of a block. */
  private readonly free: number[][] = [];

  /** Slot of the pod. */
  pod = new Int32Array(INITIAL_ROWS);
  /** A value of {@link ContainerState}: what the runtime has, and what the last relist saw, state. */
  state = new Uint8Array(INITIAL_ROWS);
  seen = new Uint8Array(INITIAL_ROWS);
  /** Raised with every start and every end; events of one life carry it. Never set back, state. */
  life = new Int32Array(INITIAL_ROWS);
  /** Starts beyond the first one [container], state. */
  restarts = new Int32Array(INITIAL_ROWS);
  /** When the present life began, and when the last one ended [ns], -1 = not yet, state. */
  startedAt = new Float64Array(INITIAL_ROWS);
  finishedAt = new Float64Array(INITIAL_ROWS);
  /** When the latest life that a relist saw exited had ended [ns], -1 = none, state. */
  seenFinishedAt = new Float64Array(INITIAL_ROWS);
  /** Exit code of the last life that ended, state. */
  exitCode = new Uint8Array(INITIAL_ROWS);
  /** Whether its startup probe has succeeded, or it has none and runs, state. */
  started = new Uint8Array(INITIAL_ROWS);
  /** Whether its readiness probe says so, or it has none, state. */
  ready = new Uint8Array(INITIAL_ROWS);
  /** A value of {@link WaitingReason}, state. */
  waiting = new Uint8Array(INITIAL_ROWS);
  /** Whether this sync is to kill it, and to start it, state. */
  doomed = new Uint8Array(INITIAL_ROWS);
  wanted = new Uint8Array(INITIAL_ROWS);
  /** Pause before its next restart [ns], 0 = none; and when that was set [ns], state. */
  backoff = new Float64Array(INITIAL_ROWS);
  backoffSetAt = new Float64Array(INITIAL_ROWS);
  /** The same before its image is pulled again, state. */
  pullBackoff = new Float64Array(INITIAL_ROWS);
  pullBackoffSetAt = new Float64Array(INITIAL_ROWS);
  /** When its program is sent SIGTERM in its present life, which may lie ahead [ns], -1 = nobody means to, state. */
  signalledAt = new Float64Array(INITIAL_ROWS);
  /** First row of its probes in their table, -1 = it has none. */
  probes = new Int32Array(INITIAL_ROWS);

  /** Rows for the containers of a pod; returns the first. */
  allocate(pod: number, count: number): number {
    let first = this.free[count]?.pop();
    if (first === undefined) {
      while (this.used + count > this.capacity) this.grow();
      first = this.used;
      this.used += count;
    }
    for (let row = first; row < first + count; row++) this.clear(row, pod);
    return first;
  }

  /** The rows of a pod that is gone; what was planned for them is void. */
  release(first: number, count: number): void {
    for (let row = first; row < first + count; row++) this.life[row] = (this.life[row] as number) + 1;
    let blocks = this.free[count];
    if (blocks === undefined) {
      blocks = [];
      this.free[count] = blocks;
    }
    blocks.push(first);
  }

  /** Containers that run. */
  countRunning(): number {
    let count = 0;
    for (let row = 0; row < this.used; row++) if (this.state[row] === ContainerState.Running) count++;
    return count;
  }

  private clear(row: number, pod: number): void {
    this.pod[row] = pod;
    this.state[row] = ContainerState.Absent;
    this.seen[row] = ContainerState.Absent;
    this.restarts[row] = 0;
    this.startedAt[row] = -1;
    this.finishedAt[row] = -1;
    this.seenFinishedAt[row] = -1;
    this.exitCode[row] = 0;
    this.started[row] = 0;
    this.ready[row] = 0;
    this.waiting[row] = WaitingReason.None;
    this.doomed[row] = 0;
    this.wanted[row] = 0;
    this.backoff[row] = 0;
    this.pullBackoff[row] = 0;
    this.signalledAt[row] = -1;
    this.probes[row] = -1;
  }

  private grow(): void {
    this.capacity *= 2;
    const { capacity } = this;
    this.pod = grown(this.pod, capacity);
    this.state = grown(this.state, capacity);
    this.seen = grown(this.seen, capacity);
    this.life = grown(this.life, capacity);
    this.restarts = grown(this.restarts, capacity);
    this.startedAt = grown(this.startedAt, capacity);
    this.finishedAt = grown(this.finishedAt, capacity);
    this.seenFinishedAt = grown(this.seenFinishedAt, capacity);
    this.exitCode = grown(this.exitCode, capacity);
    this.started = grown(this.started, capacity);
    this.ready = grown(this.ready, capacity);
    this.waiting = grown(this.waiting, capacity);
    this.doomed = grown(this.doomed, capacity);
    this.wanted = grown(this.wanted, capacity);
    this.backoff = grown(this.backoff, capacity);
    this.backoffSetAt = grown(this.backoffSetAt, capacity);
    this.pullBackoff = grown(this.pullBackoff, capacity);
    this.pullBackoffSetAt = grown(this.pullBackoffSetAt, capacity);
    this.signalledAt = grown(this.signalledAt, capacity);
    this.probes = grown(this.probes, capacity);
  }
}
