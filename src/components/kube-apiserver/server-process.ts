/**
 * The life of one kube-apiserver process: it takes requests; it ends at once (crash, out of memory) or after it has served what it has (SIGTERM: no new
 * connections, open watches are ended, requests in service are waited for); it is started again, and takes requests while it fills its watch caches.
 * A request belongs to the incarnation that received it: if another one runs now, its connection broke. K:apiserver/pkg/server/genericapiserver.go.
 */
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds } from '../../units/index.ts';
import type { kubeApiserverParameters } from './kube-apiserver.parameters.ts';

/** A process that has run this many times the longest back-off starts with the shortest one again (K:client-go/util/flowcontrol/backoff.go). */
const BACKOFF_FORGOTTEN = 2;

/** Bytes of a megabyte, for notes. */
const BYTES_PER_MEGABYTE = 1e6;

/** What a process does at the turns of its life. */
export interface ProcessDuties {
  /** The process was asked to end: it accepts no connections any more and ends its watches. */
  draining(): void;
  /** The process has ended: everything in its memory is gone. */
  ended(): void;
  /** The process runs again. */
  started(): void;
}

/** One process and its incarnations. */
export class ServerProcess {
  /** Whether it accepts connections, state. */
  isReady = true;
  /** Whether it only serves what it has, state. */
  isDraining = false;
  /** Whether it runs at all, and so follows etcd's watch, state. */
  isRunning = true;
  /** Raised at every end of the process, state. */
  incarnation = 1;
  /** Since when it has been accepting connections, or has not [ns], state; at first it has done so for ever. */
  since = Number.NEGATIVE_INFINITY;
  /** That it was killed, in words, statistic. */
  readonly notes: string[] = [];
  private readonly simulation: Simulation;
  private readonly name: string;
  private readonly parameters: ValuesOf<typeof kubeApiserverParameters>;
  private readonly duties: ProcessDuties;
  /** How long it will be away once it has drained [ns], state. */
  private absence: Nanoseconds | undefined;
  /** Who starts it again, state. */
  private supervisor: (() => void) | undefined = undefined;
  /** Pause before the next start after a kill [ns], state. */
  private backoff: Nanoseconds;
  /** Told once when it is ready again, state. */
  private whenReady: (() => void)[] = [];
  private readonly evStarted: EventType;
  private readonly evDrained: EventType;

  constructor(simulation: Simulation, name: string, parameters: ServerProcess['parameters'], duties: ProcessDuties) {
    this.simulation = simulation;
    this.name = name;
    this.parameters = parameters;
    this.duties = duties;
    this.absence = parameters.restart;
    this.backoff = parameters.restart;
    this.evStarted = simulation.on(`${name}: restarted`, (incarnation) => {
      if (incarnation === this.incarnation) this.start();
    });
    this.evDrained = simulation.on(`${name}: drained`, (incarnation) => {
      if (incarnation === this.incarnation && this.isDraining) this.crash(this.absence);
    });
  }

  /** From now on somebody else starts the process again where no duration is given; `ended` is told of each end. */
  supervise(ended: () => void): void {
    this.supervisor = ended;
  }

  /** The process is started by whoever supervises it. */
  start(): void {
    if (!this.isRunning) this.onStarted();
  }

  /** The process ends at once and is started again after `duration`, or when its supervisor does so. */
  crash(duration: Nanoseconds | undefined = this.usualAbsence()): void {
    if (!this.isRunning) return;
    this.end();
    if (duration === undefined) this.supervisor?.();
    else this.simulation.after(duration, this.evStarted, this.incarnation);
  }

  private end(): void {
    if (this.isReady) this.turn(false);
    this.isDraining = false;
    this.isRunning = false;
    this.incarnation++;
    this.duties.ended();
  }

  /** How long it is away where nothing is said; undefined = as long as its supervisor takes. */
  private usualAbsence(): Nanoseconds | undefined {
    return this.supervisor === undefined ? this.parameters.restart : undefined;
  }

  /** The process is killed, and nobody is told: its supervisor knows. */
  kill(): void {
    if (this.isRunning) this.end();
  }

  /** The process is asked to end: it does so when nothing is in service, at the latest after the drain timeout, and is started again after `duration`. */
  drain(duration: Nanoseconds | undefined = this.usualAbsence()): void {
    if (!this.isReady) return;
    this.turn(false);
    this.isDraining = true;
    this.absence = duration;
    this.duties.draining();
    this.simulation.after(this.parameters.drainTimeout, this.evDrained, this.incarnation);
  }

  /** Nothing is in service any more. */
  hasServedAll(): void {
    if (this.isDraining) this.simulation.after(nanoseconds(0), this.evDrained, this.incarnation);
  }

  /** The kernel kills the process for its memory; the kubelet starts it after a back-off that doubles each time. */
  killForMemory(bytes: number): void {
    if (!this.isRunning) return;
    if (this.supervisor !== undefined) {
      this.note(bytes, 'its kubelet starts it again');
      this.crash();
      return;
    }
    const { crashBackoffMaximum, restart } = this.parameters;
    const ran = this.simulation.now - this.since;
    if (ran > crashBackoffMaximum * BACKOFF_FORGOTTEN) this.backoff = restart;
    this.note(bytes, `started again after ${(this.backoff / NS_PER_SECOND).toFixed(1)} s`);
    this.crash(this.backoff);
    this.backoff = nanoseconds(Math.min(this.backoff * 2, crashBackoffMaximum));
  }

  private note(bytes: number, next: string): void {
    const at = (this.simulation.now / NS_PER_SECOND).toFixed(1);
    const megabytes = Math.round(bytes / BYTES_PER_MEGABYTE);
    this.notes.push(`${this.name} was killed at ${at} s: it had ${megabytes} MB of memory; ${next}`);
  }

  /** Calls `then` once, when the process is ready again. */
  onceReady(then: () => void): void {
    this.whenReady.push(then);
  }

  private turn(ready: boolean): void {
    this.isReady = ready;
    this.since = this.simulation.now;
  }

  private onStarted(): void {
    this.isRunning = true;
    this.turn(true);
    this.duties.started();
    for (const then of this.whenReady.splice(0)) then();
  }
}
