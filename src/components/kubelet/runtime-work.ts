/**
 * The work of a node's container engine for its kubelet: making sandboxes, creating and starting containers. An engine does `kubelet.runtimeConcurrency` of these at
 * once, the others wait in the order in which they were asked for: Docker did little more than one, and a node that starts a hundred pods is slower than one
 * that starts ten. 0 = each takes its time, whatever else goes on.
 */
import { type EventType, Occupancy } from '../../engine/index.ts';
import { FLOW_POD_STARTUP, publishServer } from '../../metrics/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodSteps } from './pod-steps.ts';

/** A piece of work that waits. */
export interface WaitingWork {
  readonly slot: number;
  readonly epoch: number;
  readonly since: number;
  readonly span: Nanoseconds;
  /** The step that follows. */
  readonly step: EventType;
}

/** The engines of all nodes. */
export class RuntimeWork {
  private readonly clientGo: ClientGo;
  private readonly steps: PodSteps;
  private readonly limit: number;
  private readonly evDone: EventType;
  private readonly busy: Occupancy;
  private readonly server: number;
  private readonly startup: number;
  /** Pieces that wait on all nodes, state. */
  private waiting = 0;

  constructor(clientGo: ClientGo, steps: PodSteps) {
    const { simulation, recorder, waits } = clientGo;
    this.clientGo = clientGo;
    this.steps = steps;
    this.limit = steps.parameters.runtimeConcurrency;
    this.evDone = simulation.on('kubelet: container engine free', (kubelet, epoch) => this.onDone(kubelet, epoch));
    this.busy = new Occupancy(simulation);
    this.server = this.limit === 0 ? -1 : waits.server('container engine', 'server');
    this.startup = waits.flow(FLOW_POD_STARTUP);
    if (this.limit === 0) return;
    publishServer(recorder, simulation, 'container engine', () => ({
      busyNanoseconds: this.busy.busyNanoseconds(),
      capacity: Math.max(1, this.limit * steps.kubelets.length),
      queueLength: this.waiting,
    }));
  }

  /** Has the engine do something for a pod that takes a span; the step follows. */
  do(slot: number, span: Nanoseconds, step: EventType): void {
    if (this.limit === 0) {
      this.steps.plan(slot, span, step);
      return;
    }
    const kubelet = this.steps.kubeletOf(slot);
    const epoch = this.steps.table.epoch[slot] as number;
    const work: WaitingWork = { slot, epoch, since: this.clientGo.simulation.now, span, step };
    if (kubelet.work.busy < this.limit) {
      this.begin(kubelet, work);
    } else {
      kubelet.work.waiting.push(work);
      this.waiting++;
    }
  }

  /** The kubelet's process, or its machine, has ended: what waits is not asked for any more. */
  forget(kubelet: Kubelet): void {
    this.waiting -= kubelet.work.waiting.length;
    this.busy.change(-kubelet.work.busy);
    kubelet.work.waiting.length = 0;
    kubelet.work.busy = 0;
  }

  private begin(kubelet: Kubelet, { slot, since, span, step }: WaitingWork): void {
    const { simulation, waits } = this.clientGo;
    kubelet.work.busy++;
    this.busy.change(1);
    waits.passed(this.server, simulation.now - since);
    waits.add(this.startup, this.server, simulation.now - since);
    simulation.after(span, this.evDone, kubelet.index, kubelet.epoch);
    this.steps.plan(slot, span, step);
  }

  private onDone(index: number, epoch: number): void {
    const kubelet = this.steps.kubelets[index] as Kubelet;
    if (kubelet.epoch !== epoch) return;
    kubelet.work.busy--;
    this.busy.change(-1);
    for (let next = kubelet.work.waiting.shift(); next !== undefined; next = kubelet.work.waiting.shift()) {
      this.waiting--;
      if (this.steps.table.epoch[next.slot] !== next.epoch) continue;
      this.begin(kubelet, next);
      return;
    }
  }
}
