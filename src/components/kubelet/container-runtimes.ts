/**
 * The container runtime of each node as a process that may be away: restarted or crashed (it answers nobody), or hung (it answers status checks only).
 * Containers run on, as their shims do. The kubelet checks the runtime every five seconds; one that was last well half a minute ago makes the node not
 * ready, and so does a relist that has not come back for minutes. What pods need of the runtime waits until it is back.
 * K:pkg/kubelet/kubelet.go (updateRuntimeUp), K:pkg/kubelet/runtime.go, K:pkg/kubelet/pleg/generic.go:Healthy.
 */
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, plus, type SimTime } from '../../units/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import { Pleg } from './pleg.ts';

/** What an outage means for others. */
export interface RuntimeDuties {
  /** A node has become ready or not ready. */
  readinessChanged(kubelet: Kubelet): void;
}

/** The runtimes of all nodes. */
export class ContainerRuntimes {
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly kubelets: readonly Kubelet[];
  private readonly pleg: Pleg;
  private readonly duties: RuntimeDuties;
  private readonly evMissed: EventType;
  private readonly evReturned: EventType;
  private readonly evChecked: EventType;
  /** Numbers of outages by kubelet, so that the end of an older one does nothing, state. */
  private readonly outages: number[] = [];

  constructor(
    simulation: Simulation,
    parameters: ContainerRuntimes['parameters'],
    kubelets: readonly Kubelet[],
    duties: RuntimeDuties,
  ) {
    this.simulation = simulation;
    this.parameters = parameters;
    this.kubelets = kubelets;
    this.pleg = new Pleg(parameters);
    this.duties = duties;
    this.evMissed = simulation.on('kubelet: container runtime missed', (kubelet, outage) =>
      this.onMissed(kubelet, outage),
    );
    this.evReturned = simulation.on('kubelet: container runtime returns', (kubelet, outage) =>
      this.onReturned(kubelet, outage),
    );
    this.evChecked = simulation.on('kubelet: container runtime found well', (kubelet, outage) =>
      this.onChecked(kubelet, outage),
    );
  }

  /** Fault: the runtime of a node is away for a span. */
  fail(kubelet: Kubelet, kind: 'down' | 'hung', span: Nanoseconds): void {
    const outage = (this.outages[kubelet.index] ?? 0) + 1;
    this.outages[kubelet.index] = outage;
    const { now } = this.simulation;
    kubelet.runtime = kind;
    this.simulation.at(this.missedAt(kubelet, kind, now), this.evMissed, kubelet.index, outage);
    this.simulation.after(span, this.evReturned, kubelet.index, outage);
  }

  /** The machine has lost power: its runtime boots with it. */
  reset(kubelet: Kubelet): void {
    this.outages[kubelet.index] = (this.outages[kubelet.index] ?? 0) + 1;
    kubelet.runtime = 'up';
    kubelet.heldSteps.length = 0;
    kubelet.isReady = true;
  }

  /** When the kubelet holds the outage against the node: some time after the last check, or relist, that went well. */
  private missedAt(kubelet: Kubelet, kind: 'down' | 'hung', now: SimTime): SimTime {
    const { runtimeCheckPeriod, runtimeDownThreshold, plegRelistPeriod } = this.parameters;
    const [period, threshold] =
      kind === 'down' ? [runtimeCheckPeriod, runtimeDownThreshold] : [plegRelistPeriod, this.pleg.threshold];
    const last = kubelet.nextTick(plus(now, nanoseconds(1)), period) - period;
    return Math.max(now, last + threshold) as SimTime;
  }

  private onMissed(index: number, outage: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (this.outages[index] !== outage || kubelet.runtime === 'up') return;
    kubelet.isReady = false;
    this.duties.readinessChanged(kubelet);
  }

  private onReturned(index: number, outage: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (this.outages[index] !== outage) return;
    kubelet.runtime = 'up';
    for (const { type, slot, epoch } of kubelet.heldSteps.splice(0)) {
      this.simulation.at(this.pleg.noticedAt(kubelet, this.simulation.now), type, slot, epoch);
    }
    const check = kubelet.nextTick(this.simulation.now, this.parameters.runtimeCheckPeriod);
    this.simulation.at(check, this.evChecked, index, outage);
  }

  private onChecked(index: number, outage: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (this.outages[index] !== outage || kubelet.isReady) return;
    kubelet.isReady = true;
    this.duties.readinessChanged(kubelet);
  }
}
