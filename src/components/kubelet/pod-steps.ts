/**
 * The steps of a pod's life on its node, as events that carry the slot and the epoch in which they were planned: what was planned for a pod that
 * is gone, or is being stopped, does nothing. And what all steps need: the pod's kubelet, its draws, its status.
 */
import type { PodTemplate } from '../../cluster/index.ts';
import type { EventType, KeyedStream, Simulation, ValuesOf } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import { Pleg } from './pleg.ts';
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
  SandboxRetry: 7,
  Sync: 8,
  SyncPhase: 9,
  Container: 16,
  Init: 48,
  Pull: 80,
} as const;
/** Draws of one attempt to do something, so that those of the next lie beyond. */
const DRAWS_OF_ATTEMPT = 128;
/** Containers of a pod that get draws of their own; further ones share the last. */
const CONTAINERS_WITH_DRAWS = 31;

/** What the steps of all pods share. */
export class PodSteps {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof kubeletParameters>;
  readonly table: PodTable;
  readonly kubelets: readonly Kubelet[];
  readonly draws: KeyedStream;
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
    this.kubelets = kubelets;
    this.statuses = statuses;
    this.pleg = new Pleg(parameters);
    this.draws = simulation.streams.keyed('kubelet.pods');
  }

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

  /** Something happened in the runtime; the next relist notices. */
  awaitRelist(slot: number, noticed: EventType): void {
    this.planAt(slot, this.pleg.noticedAt(this.kubeletOf(slot), this.simulation.now), noticed);
  }

  /** The status of a pod is another one: it is written when its turn comes. */
  report(slot: number, phase: number, conditions: number): void {
    this.table.phase[slot] = phase;
    this.table.conditions[slot] = conditions;
    this.statuses.update(slot);
  }

  /** Image pulls and init containers do not count as time that a start took. */
  exclude(slot: number, span: number): void {
    this.table.excluded[slot] = (this.table.excluded[slot] as number) + span;
  }

  /** The kubelet of a pod. */
  kubeletOf(slot: number): Kubelet {
    return this.kubelets[this.table.node[slot] as number] as Kubelet;
  }

  /** Identity of a pod for keyed draws. */
  entity(slot: number): number {
    return this.table.key[slot] as number;
  }

  /** What a pod is made from. */
  templateOf(slot: number): PodTemplate {
    return this.table.template[slot] as PodTemplate;
  }

  /** Number of the draw for this attempt to make a sandbox. */
  drawOfAttempt(slot: number, kind: number): number {
    return kind + DRAWS_OF_ATTEMPT * (this.table.sandboxAttempts[slot] as number);
  }

  /** Number of the draw for the container whose turn it is. */
  drawOf(slot: number, kind: number): number {
    return kind + Math.min(this.table.container[slot] as number, CONTAINERS_WITH_DRAWS);
  }
}
