/**
 * The life of one kube-apiserver process: it takes requests, ends (crash), is started again, and takes requests while it fills its watch caches.
 * A request belongs to the incarnation that received it: if another one runs now, its connection broke.
 */
import type { EventType, Simulation } from '../../engine/index.ts';
import type { Nanoseconds } from '../../units/index.ts';

/** What a process does at the turns of its life. */
export interface ProcessDuties {
  /** The process has ended: everything in its memory is gone. */
  ended(): void;
  /** The process runs again. */
  started(): void;
}

/** One process and its incarnations. */
export class ServerProcess {
  /** Whether it takes requests, state. */
  isReady = true;
  /** Whether it runs at all, and so follows etcd's watch, state. */
  isRunning = true;
  /** Raised at every end of the process, state. */
  incarnation = 1;
  private readonly simulation: Simulation;
  private readonly duties: ProcessDuties;
  private readonly evStarted: EventType;

  constructor(simulation: Simulation, name: string, duties: ProcessDuties) {
    this.simulation = simulation;
    this.duties = duties;
    this.evStarted = simulation.on(`${name}: restarted`, () => this.onStarted());
  }

  /** The process ends and is started again after `duration`. */
  crash(duration: Nanoseconds): void {
    if (!this.isRunning) return;
    this.isReady = false;
    this.isRunning = false;
    this.incarnation++;
    this.duties.ended();
    this.simulation.after(duration, this.evStarted);
  }

  private onStarted(): void {
    this.isRunning = true;
    this.isReady = true;
    this.duties.started();
  }
}
