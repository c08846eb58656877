/**
 * The steps of a pod's life on its node, as events. What its kubelet does carries the slot and the epoch in which it was planned: what was planned for
 * a pod that is gone, or is being stopped, does nothing. What happens in a container carries its row and its life, and goes on without the kubelet.
 * And what all steps need: the pod's kubelet, its plan, its draws, its status.
 */
import type { PodTemplate } from '../../cluster/index.ts';
import type { EventType, KeyedStream, Simulation, ValuesOf } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import type { ContainerTable } from './container-table.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import { Pleg } from './pleg.ts';
import { type ContainerPlan, type PodPlan, PodPlans } from './pod-plan.ts';
import type { PodTable } from './pod-table.ts';
import type { StatusManager } from './status-manager.ts';

/** What happens when a step is due. */
type Step = (slot: number) => void;

/** Draws of one pod differ by purpose. */
export const Draw = {
  Volume: 0,
  Sandbox: 1,
  Application: 2,
  Stop: 3,
  Lifetime: 4,
  Token: 5,
  Unmount: 6,
  Retry: 7,
  Sync: 8,
  SyncPhase: 9,
  HangTime: 10,
  Memory: 11,
  Disk: 12,
  PreStop: 13,
  ProbePhase: 14,
  Container: 16,
  Crash: 17,
  Hang: 18,
  Init: 48,
  Pull: 80,
} as const;
/** Purposes that there can be, so that the draws of the next container lie beyond. */
const DRAWS_OF_CONTAINER = 128;
/** Containers of a pod that get draws of their own; further ones share the last. */
const CONTAINERS_WITH_DRAWS = 31;
/** Draws of one attempt, or one life of a container, so that those of the next lie beyond. */
const DRAWS_OF_ATTEMPT = DRAWS_OF_CONTAINER * (CONTAINERS_WITH_DRAWS + 1);

/** What the steps of all pods share. */
export class PodSteps {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof kubeletParameters>;
  readonly table: PodTable;
  readonly rows: ContainerTable;
  readonly kubelets: readonly Kubelet[];
  readonly draws: KeyedStream;
  readonly plans: PodPlans;
  /** When kubelets notice what happens in their runtimes. */
  readonly pleg: Pleg;
  private readonly statuses: StatusManager;

  constructor(
    simulation: Simulation,
    parameters: ValuesOf<typeof kubeletParameters>,
    table: PodTable,
    kubelets: readonly Kubelet[],
    statuses: StatusManager,
  ) {
    this.simulation = simulation;
    this.parameters = parameters;
    this.table = table;
    this.rows = table.containers;
    this.kubelets = kubelets;
    this.statuses = statuses;
    this.plans = new PodPlans(parameters);
    this.pleg = new Pleg(parameters);
    this.draws = simulation.streams.keyed('kubelet.pods');
  }

  // ---- events --------------------------------------------------------------------------------------------------------------------

  /** Registers a step; it does nothing if what planned it is void by then. */
  on(name: string, step: Step): EventType {
    return this.simulation.on(`kubelet: ${name}`, (slot, epoch) => {
      if (this.table.epoch[slot] === epoch) step(slot);
    });
  }

  /** Registers a step that needs the container runtime: while that does not answer, the step waits. */
  onRuntime(name: string, step: Step): EventType {
    const type: EventType = this.on(name, (slot) => {
      const kubelet = this.kubeletOf(slot);
      if (kubelet.runtime === 'up') step(slot);
      else kubelet.heldSteps.push({ type, slot, epoch: this.table.epoch[slot] as number });
    });
    return type;
  }

  /** Plans a step of a pod after a span. */
  plan(slot: number, delay: Nanoseconds, type: EventType): void {
    this.simulation.after(delay, type, slot, this.table.epoch[slot] as number);
  }

  /** Plans a step of a pod at an instant. */
  planAt(slot: number, at: SimTime, type: EventType): void {
    this.simulation.at(at, type, slot, this.table.epoch[slot] as number);
  }

  /** Registers what happens in a container; it does nothing once that life of the container is over. */
  onContainer(name: string, step: (row: number) => void): EventType {
    return this.simulation.on(`container: ${name}`, (row, life) => {
      if (this.rows.life[row] === life) step(row);
    });
  }

  /** Plans what happens in a container in its present life. */
  planInContainer(row: number, at: SimTime, type: EventType): void {
    this.simulation.at(at, type, row, this.rows.life[row] as number);
  }

  /** Something happened in the runtime; the next relist notices. */
  awaitRelist(slot: number, noticed: EventType): void {
    this.planAt(slot, this.pleg.noticedAt(this.kubeletOf(slot), this.simulation.now), noticed);
  }

  // ---- status --------------------------------------------------------------------------------------------------------------------

  /** The status of a pod is another one: it is written when its turn comes. */
  report(slot: number, phase: number, conditions: number): void {
    this.table.phase[slot] = phase;
    this.table.conditions[slot] = conditions;
    this.statuses.update(slot);
  }

  /** Something failed in the sync of a pod; it may be tried again from `until` on, or after the usual pause. */
  fail(slot: number, until: number = Number.POSITIVE_INFINITY): void {
    const { retryAt } = this.table;
    retryAt[slot] = retryAt[slot] === 0 ? until : Math.min(retryAt[slot] as number, until);
  }

  /** Image pulls and init containers do not count as time that a start took. */
  exclude(slot: number, span: number): void {
    this.table.excluded[slot] = (this.table.excluded[slot] as number) + span;
  }

  // ---- what a pod and its containers are -----------------------------------------------------------------------------------------

  /** The kubelet of a pod. */
  kubeletOf(slot: number): Kubelet {
    return this.kubelets[this.table.node[slot] as number] as Kubelet;
  }

  /** What a pod is made from. */
  templateOf(slot: number): PodTemplate {
    return this.table.template[slot] as PodTemplate;
  }

  /** How a pod is to be treated. */
  planOfPod(slot: number): PodPlan {
    return this.plans.of(this.table.template[slot] as PodTemplate);
  }

  /** Place of a container in its pod: init containers first. */
  indexOf(row: number): number {
    return row - (this.table.firstRow[this.rows.pod[row] as number] as number);
  }

  /** How a container is to be treated. */
  planOf(row: number): ContainerPlan {
    return this.planOfPod(this.rows.pod[row] as number).containers[this.indexOf(row)] as ContainerPlan;
  }

  // ---- draws ---------------------------------------------------------------------------------------------------------------------

  /** Identity of a pod for keyed draws. */
  entity(slot: number): number {
    return this.table.key[slot] as number;
  }

  /** Number of the draw for the present life of a container, or one that lies `ahead`. */
  drawOf(row: number, kind: number, ahead = 0): number {
    const index = Math.min(this.indexOf(row), CONTAINERS_WITH_DRAWS);
    return kind + DRAWS_OF_CONTAINER * index + DRAWS_OF_ATTEMPT * ((this.rows.restarts[row] as number) + ahead);
  }

  /** Number of the draw for an attempt of a pod. */
  drawOfAttempt(kind: number, attempt: number): number {
    return kind + DRAWS_OF_ATTEMPT * attempt;
  }
}
