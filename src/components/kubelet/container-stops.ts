/**
 * How a container is stopped: its preStop hook, SIGTERM, what is left of the grace period, SIGKILL; and in which order those of a pod are, native sidecars
 * last. K:pkg/kubelet/kuberuntime/kuberuntime_container.go:killContainer, kuberuntime_termination_order.go.
 * Left out: hooks that fail; a container that exits by itself while its hook runs.
 */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import { type Nanoseconds, nanoseconds, plus, type SimTime, seconds } from '../../units/index.ts';
import { KILLED } from './application.ts';
import { ContainerState, type ContainerTable } from './container-table.ts';
import { type ContainerPlan, Role } from './pod-plan.ts';
import { Draw, type PodSteps } from './pod-steps.ts';

/** Least time that a program has after SIGTERM, whatever is left of the grace period (minimumGracePeriodInSeconds). */
const LEAST_GRACE = seconds(2);

/** The stops of all containers. */
export class ContainerStops {
  private readonly steps: PodSteps;
  private readonly rows: ContainerTable;

  constructor(steps: PodSteps) {
    this.steps = steps;
    this.rows = steps.rows;
  }

  /**
   * Stops a container that runs: tells of it, and notes when it is signalled and how it will exit. Returns when it will have stopped. After its hook it
   * waits for its turn, as long as its grace period lasts.
   */
  stop(row: number, grace: Nanoseconds, turn: SimTime): SimTime {
    const { steps, rows } = this;
    const { now } = steps.simulation;
    const slot = rows.pod[row] as number;
    const plan = steps.planOf(row);
    const { recorder } = steps.kubeletOf(slot);
    recorder.record('Killing', kinds.pods, steps.table.key[slot] as ObjectKey, steps.indexOf(row));
    const hook = Math.min(this.hookOf(row, plan), grace);
    const wait = Math.min(Math.max(0, turn - now - hook), grace - hook);
    const left = Math.max(LEAST_GRACE, grace - hook - wait);
    const needed = plan.stopTime.keyedSample(steps.draws, steps.entity(slot), steps.drawOf(row, Draw.Stop));
    const signalled = plus(now, nanoseconds(hook + wait));
    rows.signalledAt[row] = signalled;
    rows.exitCode[row] = needed > left ? KILLED : 0;
    return plus(signalled, nanoseconds(Math.min(needed, left)));
  }

  /**
   * Stops all containers of a pod: those of the pod proper at once, then the sidecars one after the other, the last one first. Returns when all have
   * stopped; now if none runs.
   */
  stopAll(slot: number, grace: Nanoseconds): SimTime {
    const { steps, rows } = this;
    const { now } = steps.simulation;
    const { containers } = steps.planOfPod(slot);
    const first = steps.table.firstRow[slot] as number;
    let last: SimTime = now;
    for (let index = 0; index < containers.length; index++) {
      const isSidecar = containers[index]?.role === Role.Sidecar;
      if (isSidecar || rows.state[first + index] !== ContainerState.Running) continue;
      last = Math.max(last, this.stop(first + index, grace, now)) as SimTime;
    }
    for (let index = containers.length - 1; index >= 0; index--) {
      const isSidecar = containers[index]?.role === Role.Sidecar;
      if (!isSidecar || rows.state[first + index] !== ContainerState.Running) continue;
      last = this.stop(first + index, grace, last);
    }
    return last;
  }

  /** How long the preStop hook of a container takes; 0 = it has none. */
  private hookOf(row: number, { container: { preStop } }: ContainerPlan): number {
    if (preStop === undefined) return 0;
    if (preStop.sleep !== undefined) return preStop.sleep;
    const { steps } = this;
    const entity = steps.entity(this.rows.pod[row] as number);
    return steps.parameters.preStopHook.keyedSample(steps.draws, entity, steps.drawOf(row, Draw.PreStop));
  }
}
