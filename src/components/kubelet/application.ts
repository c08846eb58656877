/**
 * What the programs in containers do, computed when somebody looks: whether one answers its probes at an instant, when it ends by itself, and how much
 * memory and disk it uses. Every draw belongs to a container and one of its lives, so that nobody's draws depend on when others look.
 */
import type { Distribution } from '../../engine/index.ts';
import { NS_PER_SECOND } from '../../units/index.ts';
import type { ContainerTable } from './container-table.ts';
import { type ContainerPlan, Role } from './pod-plan.ts';
import { Draw, type PodSteps } from './pod-steps.ts';

/** Exit code of a program that was killed by SIGKILL: 128 and the number of the signal. */
export const KILLED = 137;

/** How a life of a container will end. */
export interface End {
  /** [ns]; infinite = not by itself. */
  at: number;
  exitCode: number;
  /** Whether the kernel kills it because it has used up its memory limit. */
  isOutOfMemory: boolean;
}

/** The programs of all containers. */
export class Applications {
  private readonly steps: PodSteps;
  private readonly rows: ContainerTable;
  /** The answer of {@link endOf}, written anew each time. */
  private readonly end: End = { at: 0, exitCode: 0, isOutOfMemory: false };

  constructor(steps: PodSteps) {
    this.steps = steps;
    this.rows = steps.table.containers;
  }

  /** When the present life of a container comes to its end by itself. The answer is good until the next question. */
  endOf(row: number): End {
    const { end, rows, steps } = this;
    const plan = steps.planOf(row);
    const startedAt = rows.startedAt[row] as number;
    end.at = Number.POSITIVE_INFINITY;
    end.exitCode = 0;
    end.isOutOfMemory = false;
    if (plan.crashesAfter !== undefined && (rows.restarts[row] as number) < plan.crashes) {
      end.at = startedAt + this.draw(row, plan.crashesAfter, Draw.Crash);
      end.exitCode = plan.exitCode;
    } else if (plan.role === Role.Init) {
      end.at = startedAt + this.draw(row, plan.runTime, Draw.Init);
    }
    const { limits } = plan.container;
    if (plan.memory !== undefined && limits.memory > 0) {
      const exhausted = this.memoryReaches(row, plan, limits.memory);
      if (exhausted < end.at) {
        end.at = exhausted;
        end.exitCode = KILLED;
        end.isOutOfMemory = true;
      }
    }
    return end;
  }

  /** When the program of a container is up in its present life [ns]. */
  upAt(row: number): number {
    const { startTime } = this.steps.planOf(row);
    return (this.rows.startedAt[row] as number) + this.draw(row, startTime, Draw.Application);
  }

  /** Whether the program of a container that runs answers a probe. */
  answers(row: number, now: number): boolean {
    const signalledAt = this.rows.signalledAt[row] as number;
    if (signalledAt >= 0 && now >= signalledAt) return false;
    const up = this.upAt(row);
    if (now < up) return false;
    const plan = this.steps.planOf(row);
    if (plan.hangsAfter === undefined) return true;
    const well = this.draw(row, plan.hangsAfter, Draw.Hang);
    if (plan.hangTime === undefined) return now < up + well;
    const ill = this.draw(row, plan.hangTime, Draw.HangTime);
    return well + ill === 0 || (now - up) % (well + ill) < well;
  }

  /** Whether the program of a container that runs keeps whoever asks waiting: it is up, but does not answer. */
  hangs(row: number, now: number): boolean {
    const signalledAt = this.rows.signalledAt[row] as number;
    const isSignalled = signalledAt >= 0 && now >= signalledAt;
    return !isSignalled && now >= this.upAt(row) && !this.answers(row, now);
  }

  /** When a program that answers at `now` will stop to do so [ns]; infinite = never. */
  hangsNext(row: number, now: number): number {
    const plan = this.steps.planOf(row);
    const signalledAt = this.rows.signalledAt[row] as number;
    const stops = signalledAt >= 0 ? signalledAt : Number.POSITIVE_INFINITY;
    if (plan.hangsAfter === undefined) return stops;
    const up = this.upAt(row);
    const well = this.draw(row, plan.hangsAfter, Draw.Hang);
    if (plan.hangTime === undefined) return Math.min(stops, up + well);
    const cycle = well + this.draw(row, plan.hangTime, Draw.HangTime);
    return cycle === 0 ? stops : Math.min(stops, up + Math.floor((now - up) / cycle) * cycle + well);
  }

  /** Memory that a running container uses [B]; none before its program is up. */
  memoryOf(row: number, now: number): number {
    const plan = this.steps.planOf(row);
    return this.used(row, now, plan.memory, plan.memoryGrowth, Draw.Memory);
  }

  /** Disk that the writable layer and the logs of a container use [B]. */
  diskOf(row: number, now: number): number {
    const plan = this.steps.planOf(row);
    return this.used(row, now, plan.disk, plan.diskGrowth, Draw.Disk);
  }

  private used(row: number, now: number, base: Distribution | undefined, growth: number, draw: number): number {
    if (base === undefined) return 0;
    const up = this.upAt(row);
    return now < up ? 0 : this.draw(row, base, draw) + (growth * (now - up)) / NS_PER_SECOND;
  }

  private memoryReaches(row: number, plan: ContainerPlan, limit: number): number {
    const base = this.draw(row, plan.memory as Distribution, Draw.Memory);
    if (base > limit) return this.upAt(row);
    if (plan.memoryGrowth === 0) return Number.POSITIVE_INFINITY;
    return this.upAt(row) + ((limit - base) / plan.memoryGrowth) * NS_PER_SECOND;
  }

  /** The number that belongs to a container's present life. */
  private draw(row: number, distribution: Distribution, kind: number): number {
    const { steps } = this;
    const slot = this.rows.pod[row] as number;
    return distribution.keyedSample(steps.draws, steps.entity(slot), steps.drawOf(row, kind));
  }
}
