/**
 * The scheduling queue: active pods by priority and time, pods that back off, and pods that wait until something changes.
 * K:pkg/scheduler/backend/queue.
 *
 * What happens in the cluster while a pod is in flight (from its pop to the end of its scheduling cycle; bindings fail by errors only, which wait
 * for no event) is remembered, so that a pod that finds no node is put where such an event would have put it. Left out: gated and nominated pods.
 */
import type { EventId, EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import { type ClusterEvent, mayHelp } from './cluster-event.ts';
import type { kubeSchedulerParameters } from './kube-scheduler.parameters.ts';
import { PodHeap } from './pod-heap.ts';
import { type QueuedPod, QueuePlace } from './queued-pod.ts';

/** Number of different sets of rejectors: bits of plugin numbers. */
const MASKS = 2 ** 32;

/** What the queue needs to be told. */
export interface SchedulingQueueOptions {
  readonly name: string;
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  readonly podInitialBackoff: Nanoseconds;
  readonly podMaxBackoff: Nanoseconds;
  /** Called whenever there may be something to pop. */
  readonly onReady: () => void;
}

/** Pods that want a node. */
export class SchedulingQueue {
  private readonly options: SchedulingQueueOptions;
  private readonly simulation: Simulation;
  private readonly active = new PodHeap(activeBefore);
  private readonly backoff = new PodHeap(backoffBefore);
  private readonly errorBackoff = new PodHeap(backoffBefore);
  /** Pods that wait for an event, in the order in which they came. */
  private readonly unschedulable = new Map<number, QueuedPod>();
  /** Pods in any of these, by key. */
  private readonly queued = new Map<number, QueuedPod>();
  /** The pod in flight: the loop takes one at a time. */
  private inFlight: QueuedPod | undefined;
  /** Events since it was popped. */
  private readonly events: ClusterEvent[] = [];
  private arrivals = 0;
  /** Pending look through the back-offs, and through the unschedulable pods. */
  private backoffTimer: EventId | undefined;
  private flushTimer: EventId | undefined;
  private readonly evBackoffWindow: EventType;
  private readonly evFlush: EventType;
  /** Pods popped; those of them that left the queue (for a binding, or for good), and those that were put back [pod], statistic. */
  private popped = 0;
  private left = 0;
  private returned = 0;

  constructor(options: SchedulingQueueOptions) {
    const { simulation, name } = options;
    this.options = options;
    this.simulation = simulation;
    this.evBackoffWindow = simulation.on(`${name}: back-off window`, () => this.onBackoffWindow());
    this.evFlush = simulation.on(`${name}: unschedulable flush`, () => this.onFlush());
    simulation.addInvariantCheck(name, () => this.checkInvariants());
  }

  // ---- sizes -------------------------------------------------------------------------------------------------------------------

  get activeCount(): number {
    return this.active.size;
  }

  get backoffCount(): number {
    return this.backoff.size + this.errorBackoff.size;
  }

  get unschedulableCount(): number {
    return this.unschedulable.size;
  }

  // ---- a pod's way -------------------------------------------------------------------------------------------------------------

  /** Adds a pod that has just been seen. */
  add(pod: QueuedPod): void {
    this.queued.set(pod.key, pod);
    this.activate(pod);
    this.options.onReady();
  }

  /** The pod of a key if it waits here (not in flight). */
  find(key: number): QueuedPod | undefined {
    return this.queued.get(key);
  }

  /** Takes the next pod; it is in flight until {@link finish} or {@link giveBack}. An idle scheduler also takes pods that still back off. */
  pop(): QueuedPod | undefined {
    const pod = this.active.pop() ?? this.popBackingOff();
    if (pod === undefined) return undefined;
    this.queued.delete(pod.key);
    pod.place = QueuePlace.Nowhere;
    pod.attempts++;
    this.inFlight = pod;
    this.popped++;
    return pod;
  }

  private popBackingOff(): QueuedPod | undefined {
    if (!this.options.parameters.popFromBackoff) return undefined;
    const pod = this.backoff.pop();
    if (pod !== undefined) pod.activeSince = this.simulation.now;
    return pod;
  }

  /** The pod in flight has a node, or is gone. */
  finish(): void {
    this.land();
    this.left++;
  }

  /** The pod in flight found no node. It waits for an event, or backs off if one that may help it has come meanwhile. */
  giveBack(pod: QueuedPod): void {
    const helped = pod.rejectors === 0 || this.helpedMeanwhile(pod);
    this.land();
    this.returned++;
    if (helped) this.retry(pod);
    else this.park(pod);
  }

  /** A pod that has failed, by an error or although an event may help it, backs off before it is tried again. */
  retry(pod: QueuedPod): void {
    this.noteFailure(pod);
    this.activateOrBackOff(pod);
    this.options.onReady();
  }

  private park(pod: QueuedPod): void {
    this.noteFailure(pod);
    pod.place = QueuePlace.Unschedulable;
    this.unschedulable.set(pod.key, pod);
    this.armFlush();
  }

  /** No rejectors = an error. Errors in a row and attempts that found no node are counted apart. */
  private noteFailure(pod: QueuedPod): void {
    pod.timestamp = this.simulation.now;
    if (pod.rejectors === 0) {
      pod.errorCount++;
    } else {
      pod.unschedulableCount++;
      pod.errorCount = 0;
    }
    pod.backoffUntil = this.backoffEnd(pod);
    this.queued.set(pod.key, pod);
  }

  /** The pod is deleted, or was bound by somebody else. */
  remove(pod: QueuedPod): void {
    this.takeOut(pod);
    this.queued.delete(pod.key);
    pod.place = QueuePlace.Nowhere;
  }

  /** Forgets everything: the process has ended. */
  clear(): void {
    if (this.inFlight !== undefined) this.finish();
    for (const heap of [this.active, this.backoff, this.errorBackoff]) heap.clear();
    this.unschedulable.clear();
    this.queued.clear();
    if (this.backoffTimer !== undefined) this.simulation.cancel(this.backoffTimer);
    if (this.flushTimer !== undefined) this.simulation.cancel(this.flushTimer);
    this.backoffTimer = undefined;
    this.flushTimer = undefined;
  }

  // ---- events ------------------------------------------------------------------------------------------------------------------

  /** Whether anybody would listen to an event now. */
  get listens(): boolean {
    return this.unschedulable.size > 0 || this.inFlight !== undefined;
  }

  /** Something has happened that may make pods schedulable. */
  onEvent(event: ClusterEvent): void {
    if (this.inFlight !== undefined) this.events.push(event);
    // Pods of one template that were rejected by the same plugins get the same answer.
    const answers = new Map<number, boolean>();
    let moved = false;
    for (const pod of this.unschedulable.values()) {
      if (!this.helps(event, pod, answers)) continue;
      this.unschedulable.delete(pod.key);
      this.activateOrBackOff(pod);
      moved = true;
    }
    if (moved) this.options.onReady();
  }

  private helps(event: ClusterEvent, pod: QueuedPod, answers: Map<number, boolean>): boolean {
    if (!this.options.parameters.queueingHints) return true;
    const question = pod.requirements.id * MASKS + pod.rejectors;
    let answer = answers.get(question);
    if (answer === undefined) {
      answer = mayHelp(event, pod);
      answers.set(question, answer);
    }
    return answer;
  }

  private helpedMeanwhile(pod: QueuedPod): boolean {
    if (!this.options.parameters.queueingHints) return this.events.length > 0;
    return this.events.some((event) => mayHelp(event, pod));
  }

  // ---- timers ------------------------------------------------------------------------------------------------------------------

  private onBackoffWindow(): void {
    this.backoffTimer = undefined;
    let moved = false;
    for (const heap of [this.backoff, this.errorBackoff]) {
      for (let pod = heap.peek(); pod !== undefined && !this.backsOff(pod); pod = heap.peek()) {
        heap.remove(pod);
        this.activate(pod);
        moved = true;
      }
    }
    this.armBackoff();
    if (moved) this.options.onReady();
  }

  private armBackoff(): void {
    if (this.backoffTimer !== undefined || this.backoffCount === 0) return;
    this.backoffTimer = this.simulation.at(
      this.nextMultiple(this.options.parameters.backoffWindow),
      this.evBackoffWindow,
    );
  }

  private onFlush(): void {
    this.flushTimer = undefined;
    const { unschedulableMaxStay } = this.options.parameters;
    let moved = false;
    for (const pod of this.unschedulable.values()) {
      if (this.simulation.now - pod.timestamp <= unschedulableMaxStay) continue;
      this.unschedulable.delete(pod.key);
      this.activateOrBackOff(pod);
      moved = true;
    }
    this.armFlush();
    if (moved) this.options.onReady();
  }

  private armFlush(): void {
    if (this.flushTimer !== undefined || this.unschedulable.size === 0) return;
    this.flushTimer = this.simulation.at(
      this.nextMultiple(this.options.parameters.unschedulableFlushPeriod),
      this.evFlush,
    );
  }

  private nextMultiple(period: Nanoseconds): SimTime {
    return ((Math.floor(this.simulation.now / period) + 1) * period) as SimTime;
  }

  // ---- small parts -------------------------------------------------------------------------------------------------------------

  private activate(pod: QueuedPod): void {
    pod.place = QueuePlace.Active;
    pod.activeSince = this.simulation.now;
    pod.sequence = this.arrivals++;
    this.active.push(pod);
  }

  private activateOrBackOff(pod: QueuedPod): void {
    if (!this.backsOff(pod)) {
      this.activate(pod);
      return;
    }
    const isError = pod.rejectors === 0;
    pod.place = isError ? QueuePlace.ErrorBackoff : QueuePlace.Backoff;
    pod.sequence = this.arrivals++;
    (isError ? this.errorBackoff : this.backoff).push(pod);
    this.armBackoff();
  }

  /** Back-offs are judged by windows: a pod whose back-off ends within the present one still backs off (backoff_queue.go:isPodBackingoff). */
  private backsOff(pod: QueuedPod): boolean {
    return pod.backoffUntil >= this.aligned(this.simulation.now);
  }

  private backoffEnd(pod: QueuedPod): SimTime {
    const { podInitialBackoff, podMaxBackoff } = this.options;
    const failures = pod.errorCount > 0 ? pod.errorCount : pod.unschedulableCount;
    const span = Math.min(podInitialBackoff * 2 ** (failures - 1), podMaxBackoff);
    return this.aligned(pod.timestamp + nanoseconds(span));
  }

  private aligned(instant: number): SimTime {
    const { backoffWindow } = this.options.parameters;
    return (Math.floor(instant / backoffWindow) * backoffWindow) as SimTime;
  }

  private takeOut(pod: QueuedPod): void {
    if (pod.place === QueuePlace.Active) this.active.remove(pod);
    else if (pod.place === QueuePlace.Backoff) this.backoff.remove(pod);
    else if (pod.place === QueuePlace.ErrorBackoff) this.errorBackoff.remove(pod);
    else this.unschedulable.delete(pod.key);
  }

  /** No pod is in flight any more. */
  private land(): void {
    this.inFlight = undefined;
    this.events.length = 0;
  }

  /** Every pod popped has left, was put back, or is in flight; every pod that waits is in one place. */
  checkInvariants(): void {
    const { popped, left, returned } = this;
    const simulation: Simulation = this.simulation;
    const inFlight = this.inFlight === undefined ? 0 : 1;
    simulation.invariant(
      popped === left + returned + inFlight,
      this.options.name,
      `${popped} pods popped, ${left} left the queue, ${returned} put back, ${inFlight} in flight`,
    );
    const waiting = this.activeCount + this.backoffCount + this.unschedulableCount;
    simulation.invariant(
      waiting === this.queued.size,
      this.options.name,
      `${waiting} pods wait, ${this.queued.size} known`,
    );
  }
}

/** PrioritySort: priority, then time, then arrival. */
function activeBefore(a: QueuedPod, b: QueuedPod): boolean {
  const byPriority = b.requirements.template.priority - a.requirements.template.priority;
  if (byPriority !== 0) return byPriority < 0;
  return a.timestamp === b.timestamp ? a.sequence < b.sequence : a.timestamp < b.timestamp;
}

/** Earlier end first; within a window as in the active queue (backoff_queue.go:lessBackoffCompletedWithPriority). */
function backoffBefore(a: QueuedPod, b: QueuedPod): boolean {
  return a.backoffUntil === b.backoffUntil ? activeBefore(a, b) : a.backoffUntil < b.backoffUntil;
}
