/**
 * The scheduling queue: active pods by priority and time, pods that back off, and pods that wait until something changes.
 * K:pkg/scheduler/backend/queue.
 *
 * Before a pod becomes active or backs off, the PreEnqueue plugins of its profile are asked; a pod that one of them holds back is gated: it waits among the
 * unschedulable ones until an event to which that plugin listens.
 */
import type { EventId, EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import { concerns, mayHelp } from './cluster-event.ts';
import type { MoveReason, PodExplanation } from './explanation.ts';
import type { ClusterEvent } from './framework.ts';
import { InFlightEvents } from './in-flight-events.ts';
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
  /** Told of the pod that somebody wants explained; undefined = nobody does. */
  readonly explanation?: PodExplanation | undefined;
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
  private readonly inFlight = new InFlightEvents();
  /** Pods among the unschedulable ones that are held back by a PreEnqueue plugin, state. */
  private gated = 0;
  /** Why pods are being moved just now, state. */
  private reason: MoveReason = 'the pod was created';
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
    return this.unschedulable.size - this.gated;
  }

  /** Pods that a PreEnqueue plugin holds back. */
  get gatedCount(): number {
    return this.gated;
  }

  /** Whether {@link pop} would find a pod. */
  get offers(): boolean {
    return this.active.size > 0 || (this.options.parameters.popFromBackoff && this.backoff.size > 0);
  }

  // ---- a pod's way -------------------------------------------------------------------------------------------------------------

  /** Adds a pod that has just been seen. */
  add(pod: QueuedPod): void {
    this.queued.set(pod.key, pod);
    this.reason = 'the pod was created';
    if (this.activate(pod)) this.options.onReady();
  }

  /** The pod of a key if it waits here (not in flight). */
  find(key: number): QueuedPod | undefined {
    return this.queued.get(key);
  }

  /** Takes the next pod; it is in flight until {@link finish}, {@link giveBack} or {@link retry}. An idle scheduler also takes pods that still back off. */
  pop(): QueuedPod | undefined {
    const pod = this.active.pop() ?? this.popBackingOff();
    return pod === undefined ? undefined : this.takeOff(pod);
  }

  /** Takes a pod from wherever it waits, unless a plugin holds it back (PopSpecificPod). */
  take(key: number): QueuedPod | undefined {
    const pod = this.queued.get(key);
    if (pod === undefined || pod.gate >= 0) return undefined;
    this.takeOut(pod);
    return this.takeOff(pod);
  }

  private takeOff(pod: QueuedPod): QueuedPod {
    this.queued.delete(pod.key);
    pod.place = QueuePlace.Nowhere;
    pod.attempts++;
    this.inFlight.add(pod);
    this.popped++;
    return pod;
  }

  private popBackingOff(): QueuedPod | undefined {
    if (!this.options.parameters.popFromBackoff) return undefined;
    const pod = this.backoff.pop();
    if (pod !== undefined) pod.activeSince = this.simulation.now;
    return pod;
  }

  /** A pod in flight has a node, or is gone. */
  finish(pod: QueuedPod): void {
    this.inFlight.delete(pod);
    this.left++;
  }

  /** A pod in flight found no node. It waits for an event, or backs off if one that may help it has come meanwhile. */
  giveBack(pod: QueuedPod): void {
    const helped = pod.rejectors === 0 || pod.isForced || this.helpedMeanwhile(pod);
    pod.isForced = false;
    this.inFlight.delete(pod);
    this.returned++;
    if (helped) this.retry(pod);
    else this.park(pod);
  }

  /** A pod is to be tried again at once, wherever it waits; one in flight when it comes back (Activate). */
  forceActivate(pod: QueuedPod): void {
    if (this.inFlight.has(pod)) {
      pod.isForced = true;
    } else if (this.queued.get(pod.key) === pod && pod.place !== QueuePlace.Active) {
      this.takeOut(pod);
      this.reason = 'its preemption failed';
      if (this.activate(pod)) this.options.onReady();
    }
  }

  /** What held a pod back may be over: it is looked at again. */
  tryAgain(key: number): void {
    const pod = this.queued.get(key);
    if (pod !== undefined) this.forceActivate(pod);
  }

  /** A pod that has failed, by an error or although an event may help it, backs off before it is tried again. */
  retry(pod: QueuedPod): void {
    this.noteFailure(pod);
    if (this.activateOrBackOff(pod)) this.options.onReady();
  }

  private park(pod: QueuedPod): void {
    this.noteFailure(pod);
    this.keepUnschedulable(pod);
  }

  private keepUnschedulable(pod: QueuedPod): void {
    pod.place = QueuePlace.Unschedulable;
    this.unschedulable.set(pod.key, pod);
    this.armFlush();
    this.options.explanation?.moved(pod, this.reason);
  }

  /** No rejectors = an error. Errors in a row and attempts that found no node are counted apart. */
  private noteFailure(pod: QueuedPod): void {
    this.reason = 'its attempt failed';
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
    for (const pod of [...this.inFlight.all()]) this.finish(pod);
    for (const heap of [this.active, this.backoff, this.errorBackoff]) heap.clear();
    this.unschedulable.clear();
    this.gated = 0;
    this.queued.clear();
    if (this.backoffTimer !== undefined) this.simulation.cancel(this.backoffTimer);
    if (this.flushTimer !== undefined) this.simulation.cancel(this.flushTimer);
    this.backoffTimer = undefined;
    this.flushTimer = undefined;
  }

  // ---- events ------------------------------------------------------------------------------------------------------------------

  /** Whether anybody would listen to an event now. */
  get listens(): boolean {
    return this.unschedulable.size > 0 || this.inFlight.size > 0;
  }

  /** Something has happened that may make pods schedulable; one whose own doing it is may be left out. */
  onEvent(event: ClusterEvent, except?: QueuedPod): void {
    this.inFlight.push(event);
    if (this.unschedulable.size === 0) return;
    this.reason = reasonOf(event);
    // Pods of one template that were rejected by the same plugins get the same answer.
    const answers = new Map<number, boolean>();
    this.moveAll(
      (pod) =>
        pod !== except && this.gateListens(pod, event) && concerns(event, pod) && this.helps(event, pod, answers),
    );
  }

  /** Moves pods from the unschedulable ones to where they are tried again. */
  private moveAll(isToMove: (pod: QueuedPod) => boolean): void {
    // Those that a plugin holds back go to the end of the list, which is why it is not changed while it is walked.
    const moving: QueuedPod[] = [];
    for (const pod of this.unschedulable.values()) if (isToMove(pod)) moving.push(pod);
    let moved = false;
    for (const pod of moving) {
      this.takeOut(pod);
      if (this.activateOrBackOff(pod)) moved = true;
    }
    if (moved) this.options.onReady();
  }

  /** Something has changed for a plugin and some pods: those that it has held back or rejected are tried again. */
  askAgain(plugin: number, isMeant: (pod: QueuedPod) => boolean): void {
    this.reason = 'something changed';
    this.moveAll((pod) => (pod.rejectors & (1 << plugin)) !== 0 && isMeant(pod));
  }

  /** A pod that is held back is only moved by events that concern the plugin that does so. */
  private gateListens({ gate: number, profile }: QueuedPod, event: ClusterEvent): boolean {
    if (number < 0) return true;
    return profile.gates.find((entry) => entry.number === number)?.gate.listensTo(event) === true;
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
    const { queueingHints } = this.options.parameters;
    return this.inFlight.someSince(pod, (event) => concerns(event, pod) && (!queueingHints || mayHelp(event, pod)));
  }

  // ---- timers ------------------------------------------------------------------------------------------------------------------

  private onBackoffWindow(): void {
    this.backoffTimer = undefined;
    this.reason = 'its back-off is over';
    let moved = false;
    for (const heap of [this.backoff, this.errorBackoff]) {
      for (let pod = heap.peek(); pod !== undefined && !this.backsOff(pod); pod = heap.peek()) {
        heap.remove(pod);
        // Whether it is held back was asked when it began to back off, as it may be popped from there.
        if (this.options.parameters.popFromBackoff) this.makeActive(pod);
        else if (!this.activate(pod)) continue;
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
    this.reason = 'it waited five minutes';
    const { unschedulableMaxStay } = this.options.parameters;
    const { now } = this.simulation;
    this.moveAll((pod) => now - pod.timestamp > unschedulableMaxStay);
    this.armFlush();
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

  /** Makes a pod active unless a plugin holds it back; returns whether it is. */
  private activate(pod: QueuedPod): boolean {
    if (this.isHeldBack(pod)) return false;
    this.makeActive(pod);
    return true;
  }

  private makeActive(pod: QueuedPod): void {
    pod.place = QueuePlace.Active;
    pod.activeSince = this.simulation.now;
    pod.sequence = this.arrivals++;
    this.active.push(pod);
    this.options.explanation?.moved(pod, this.reason);
  }

  /** Returns whether the loop may take it, now or while it backs off. */
  private activateOrBackOff(pod: QueuedPod): boolean {
    if (!this.backsOff(pod)) return this.activate(pod);
    const { popFromBackoff } = this.options.parameters;
    if (popFromBackoff && this.isHeldBack(pod)) return false;
    const isError = pod.rejectors === 0;
    pod.place = isError ? QueuePlace.ErrorBackoff : QueuePlace.Backoff;
    pod.sequence = this.arrivals++;
    (isError ? this.errorBackoff : this.backoff).push(pod);
    this.armBackoff();
    this.options.explanation?.moved(pod, this.reason);
    return popFromBackoff && !isError;
  }

  /** Asks the PreEnqueue plugins; a pod that one of them does not admit is kept among the unschedulable ones (runPreEnqueuePlugins). */
  private isHeldBack(pod: QueuedPod): boolean {
    for (const { number, gate } of pod.profile.gates) {
      if (gate.admits(pod)) continue;
      pod.gate = number;
      pod.rejectors |= 1 << number;
      this.gated++;
      this.keepUnschedulable(pod);
      return true;
    }
    return false;
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
    if (pod.gate < 0) return;
    pod.gate = -1;
    this.gated--;
  }

  /** Every pod popped has left, was put back, or is in flight; every pod that waits is in one place. */
  checkInvariants(): void {
    const { popped, left, returned } = this;
    const simulation: Simulation = this.simulation;
    const inFlight = this.inFlight.size;
    simulation.invariant(
      popped === left + returned + inFlight,
      this.options.name,
      `${popped} pods popped, ${left} left the queue, ${returned} put back, ${inFlight} in flight`,
    );
    const waiting = this.activeCount + this.backoffCount + this.unschedulable.size;
    simulation.invariant(
      waiting === this.queued.size,
      this.options.name,
      `${waiting} pods wait, ${this.queued.size} known`,
    );
  }
}

function reasonOf({ kind }: ClusterEvent): MoveReason {
  if (kind === 'node') return 'a node came or changed';
  return kind === 'deletion' ? 'a pod went' : 'something changed';
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
