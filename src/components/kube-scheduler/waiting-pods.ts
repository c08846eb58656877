/**
 * Pods that have their node and wait for plugins to permit their binding. K:pkg/scheduler/framework/runtime/waiting_pods_map.go.
 * A pod goes on when all plugins that made it wait have allowed it; it is turned away when one of them does so, or when its time is over.
 */
import type { EventId, EventType, Simulation } from '../../engine/index.ts';
import { nanoseconds } from '../../units/index.ts';
import type { WaitingPodsView } from './framework.ts';
import type { QueuedPod } from './queued-pod.ts';

/** A pod that waits. */
interface Waiting {
  readonly pod: QueuedPod;
  /** Plugins that have not allowed it yet, with the end of its time by each, state. */
  readonly pending: Map<number, EventId>;
}

/** What becomes of those that wait. */
export interface WaitingOutcome {
  /** All plugins have allowed it. */
  onAllowed(pod: QueuedPod): void;
  /** A plugin has turned it away, or has let its time run out. */
  onRejected(pod: QueuedPod, plugin: number): void;
}

/** The waiting pods of one scheduler. */
export class WaitingPods implements WaitingPodsView {
  private readonly simulation: Simulation;
  private readonly outcome: WaitingOutcome;
  private readonly waiting = new Map<number, Waiting>();
  private readonly evTimeout: EventType;

  constructor(simulation: Simulation, name: string, outcome: WaitingOutcome) {
    this.simulation = simulation;
    this.outcome = outcome;
    this.evTimeout = simulation.on(`${name}: permit timed out`, (key, plugin) => this.onTimeout(key, plugin));
  }

  /** A pod waits for these plugins, at most so long for each [ns]. */
  add(pod: QueuedPod, plugins: ReadonlyMap<number, number>): void {
    const pending = new Map<number, EventId>();
    for (const [plugin, span] of plugins) {
      pending.set(plugin, this.simulation.after(nanoseconds(span), this.evTimeout, pod.key, plugin));
    }
    this.waiting.set(pod.key, { pod, pending });
  }

  keys(): Iterable<number> {
    return this.waiting.keys();
  }

  allow(key: number, plugin: number): void {
    const waiting = this.waiting.get(key);
    const timer = waiting?.pending.get(plugin);
    if (waiting === undefined || timer === undefined) return;
    this.simulation.cancel(timer);
    waiting.pending.delete(plugin);
    if (waiting.pending.size > 0) return;
    this.waiting.delete(key);
    this.outcome.onAllowed(waiting.pod);
  }

  reject(key: number, plugin: number): boolean {
    const waiting = this.waiting.get(key);
    if (waiting === undefined) return false;
    this.forget(waiting);
    this.outcome.onRejected(waiting.pod, plugin);
    return true;
  }

  private onTimeout(key: number, plugin: number): void {
    this.waiting.get(key)?.pending.delete(plugin);
    this.reject(key, plugin);
  }

  /** The process has ended. */
  clear(): void {
    for (const waiting of [...this.waiting.values()]) this.forget(waiting);
  }

  private forget({ pod, pending }: Waiting): void {
    for (const timer of pending.values()) this.simulation.cancel(timer);
    this.waiting.delete(pod.key);
  }
}
