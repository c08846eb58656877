/**
 * The containers that the runtimes of all nodes run: their starts and ends as the runtime has them, whether a kubelet looks or not. That something has
 * changed is noticed by the kubelet's next relist.
 */
import type { EventType } from '../../engine/index.ts';
import type { CounterSeries } from '../../metrics/index.ts';
import { nanoseconds, plus, type SimTime } from '../../units/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { Applications } from './application.ts';
import { ContainerState, type ContainerTable, WaitingReason } from './container-table.ts';
import { ProbeType, Role } from './pod-plan.ts';
import { Draw, type PodSteps } from './pod-steps.ts';

/** Names of the roles, as metrics have them; by value of {@link Role}. */
const ROLE_NAMES = ['init_container', 'init_container', 'container'] as const;

/** The running containers of all nodes. */
export class ContainerRuns {
  private readonly steps: PodSteps;
  private readonly rows: ContainerTable;
  private readonly applications: Applications;
  /** Told that the runtime of a pod's node has something new of the pod. */
  private readonly changed: (slot: number) => void;
  private readonly evEnd: EventType;
  private readonly evLifetimeOver: EventType;
  /** kubelet_started_containers_total and restarts by role. */
  private readonly starts: readonly CounterSeries[];
  private readonly restarts: CounterSeries;
  private readonly outOfMemory: CounterSeries;
  /** Containers that run on all nodes [container], state. */
  private running = 0;

  constructor(clientGo: ClientGo, steps: PodSteps, applications: Applications, changed: (slot: number) => void) {
    const { recorder, simulation } = clientGo;
    this.steps = steps;
    this.rows = steps.rows;
    this.applications = applications;
    this.changed = changed;
    this.evEnd = steps.onContainer('ends by itself', (row) => this.onEnd(row));
    this.evLifetimeOver = simulation.on('container: lifetime over', (slot, incarnation) => {
      if (steps.table.incarnation[slot] === incarnation) this.onLifetimeOver(slot);
    });
    this.starts = ROLE_NAMES.map((name) =>
      recorder.counter('kubelet_started_containers_total', { container_type: name }),
    );
    this.restarts = recorder.counter('plimsoll_container_restarts_total');
    this.outOfMemory = recorder.counter('plimsoll_container_out_of_memory_kills_total');
    const running = recorder.gauge('kubelet_running_containers', { container_state: 'running' });
    recorder.onSample(() => {
      running.set(this.running);
    });
    simulation.addInvariantCheck('kubelet', () => {
      const there = this.rows.countRunning();
      const message = `${this.running} containers were started and have not ended, ${there} run`;
      steps.simulation.invariant(there === this.running, 'kubelet', message);
    });
  }

  /** A container was created and has started. */
  start(row: number): void {
    const { rows, steps } = this;
    const { role, probes } = steps.planOf(row);
    (this.starts[role] as CounterSeries).add();
    if ((rows.finishedAt[row] as number) >= 0) {
      rows.restarts[row] = (rows.restarts[row] as number) + 1;
      this.restarts.add();
    }
    rows.life[row] = (rows.life[row] as number) + 1;
    rows.state[row] = ContainerState.Running;
    this.running++;
    rows.startedAt[row] = steps.simulation.now;
    rows.signalledAt[row] = -1;
    rows.waiting[row] = WaitingReason.None;
    rows.started[row] = 1;
    rows.ready[row] = 1;
    for (const { type } of probes) {
      if (type === ProbeType.Startup) rows.started[row] = 0;
      if (type === ProbeType.Readiness) rows.ready[row] = 0;
    }
    this.planEnd(row);
    this.changed(rows.pod[row] as number);
  }

  /** A container of a pod that runs since before the run: it runs, or has done what it was for. */
  startedBefore(row: number, state: number): void {
    const { rows, steps } = this;
    rows.life[row] = (rows.life[row] as number) + 1;
    rows.state[row] = state;
    rows.seen[row] = state;
    rows.startedAt[row] = steps.simulation.now;
    rows.started[row] = 1;
    rows.ready[row] = 1;
    if (state !== ContainerState.Running) return;
    this.running++;
    this.planEnd(row);
  }

  private planEnd(row: number): void {
    const { steps } = this;
    const end = this.applications.endOf(row);
    if (!Number.isFinite(end.at)) return;
    steps.planInContainer(row, Math.ceil(Math.max(end.at, steps.simulation.now)) as SimTime, this.evEnd);
  }

  private onEnd(row: number): void {
    const { exitCode, isOutOfMemory } = this.applications.endOf(row);
    if (isOutOfMemory) this.outOfMemory.add();
    this.exit(row, exitCode);
  }

  /** A container that runs exits. */
  exit(row: number, exitCode: number): void {
    const { rows, steps } = this;
    const slot = rows.pod[row] as number;
    rows.life[row] = (rows.life[row] as number) + 1;
    rows.state[row] = ContainerState.Exited;
    this.running--;
    rows.finishedAt[row] = steps.simulation.now;
    rows.exitCode[row] = exitCode;
    if (steps.planOf(row).role === Role.Init) {
      steps.exclude(slot, steps.simulation.now - (rows.startedAt[row] as number));
    }
    this.changed(slot);
  }

  /** A pod is gone from its node, or its node has lost power: what ran of it runs no more, and nobody sees how it ended. */
  lose(slot: number): void {
    const { rows, steps } = this;
    const first = steps.table.firstRow[slot] as number;
    const { length } = steps.planOfPod(slot).containers;
    for (let row = first; row < first + length; row++) {
      if (rows.state[row] !== ContainerState.Running) continue;
      rows.state[row] = ContainerState.Absent;
      this.running--;
    }
  }

  /** Everything of a pod is seen to run: its lifetime, if it has one, begins. */
  beginLifetime(slot: number): void {
    const { steps } = this;
    const { lifetime } = steps.templateOf(slot);
    if (lifetime === undefined) return;
    const span = lifetime.quantile(steps.draws.uniform(steps.entity(slot), Draw.Lifetime));
    const at = plus(steps.simulation.now, nanoseconds(Math.max(0, span)));
    steps.simulation.at(at, this.evLifetimeOver, slot, steps.table.incarnation[slot] as number);
  }

  /** The containers of the pod proper have done what they were for; they are not started again, whatever the pod's restartPolicy. */
  private onLifetimeOver(slot: number): void {
    const { steps, rows } = this;
    steps.table.isOver[slot] = 1;
    const { initContainers, containers } = steps.planOfPod(slot);
    const first = steps.table.firstRow[slot] as number;
    for (let row = first + initContainers; row < first + containers.length; row++) {
      if (rows.state[row] === ContainerState.Running) this.exit(row, 0);
    }
  }

  /** What a relist sees of a pod's containers. */
  look(slot: number): void {
    const { rows, steps } = this;
    const first = steps.table.firstRow[slot] as number;
    const { length } = steps.planOfPod(slot).containers;
    for (let row = first; row < first + length; row++) {
      rows.seen[row] = rows.state[row] as number;
      if (rows.seen[row] === ContainerState.Exited) rows.seenFinishedAt[row] = rows.finishedAt[row] as number;
    }
  }
}
