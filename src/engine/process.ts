/**
 * Processes: the readable layer for lifecycles that run seldom. A process is a generator that yields numbers:
 *
 * ```ts
 * function* upgrade(): Process {
 *   yield seconds(30);                 // sleeps
 *   const outcome = yield SUSPEND;     // parked until someone resumes it with a value
 * }
 * simulation.processes.spawn('upgrade', upgrade());
 * ```
 *
 * What is hot uses event types and handlers instead (see simulation.ts): they allocate nothing.
 */
import type { Branded, Nanoseconds } from '../units/index.ts';
import { type EventId, NO_EVENT } from './event-records.ts';
import type { EventHandler, EventType } from './event-types.ts';

/** A lifecycle. It yields a span [ns] to sleep, or {@link SUSPEND}; each yield returns the value it was resumed with. */
export type Process = Generator<number, void, number>;
/** Names a process. Ids are never given out twice. */
export type ProcessId = Branded<'ProcessId'>;

/** `yield SUSPEND` parks a process until it is resumed. */
export const SUSPEND = -1;
/** What {@link Processes.current} says while no process runs. */
export const NO_PROCESS = -1 as ProcessId;

/** Slots at most; an id is slot + generation * this. */
const SLOT_COUNT = 2 ** 24;

/** One process. */
interface Slot {
  id: ProcessId;
  name: string;
  /** The generator; `undefined` once the process is over. */
  body: Process | undefined;
  /** The event that ends its sleep, or {@link NO_EVENT}. */
  wakeUp: EventId;
  /** Whether it is on the stack now: running, or waiting for one it resumed. */
  running: boolean;
  /** Whether it was killed while running, so that it ends at its next yield. */
  doomed: boolean;
}

/** What processes need of their simulation. */
export interface ProcessHost {
  on(name: string, handler: EventHandler): EventType;
  after(delay: Nanoseconds, type: EventType, a?: number): EventId;
  cancel(event: EventId): void;
  invariant(condition: boolean, component: string, message: string): asserts condition;
}

/** The processes of a simulation. */
export class Processes {
  /** Processes alive [process], state. */
  live = 0;
  /** The process that runs now, state; {@link NO_PROCESS} if none. */
  current: ProcessId = NO_PROCESS;

  private readonly simulation: ProcessHost;
  private readonly slots: Slot[] = [];
  private readonly freeSlots: number[] = [];
  private readonly woke: EventType;

  constructor(simulation: ProcessHost) {
    this.simulation = simulation;
    this.woke = simulation.on('process.woke', (slot) => this.onWoke(slot));
  }

  /** Starts a process at once: it runs to its first yield before this returns. */
  spawn(name: string, body: Process): ProcessId {
    const number = this.freeSlots.pop() ?? this.slots.length;
    let slot = this.slots[number];
    if (slot === undefined) {
      slot = { id: number as ProcessId, name, body, wakeUp: NO_EVENT, running: false, doomed: false };
      this.slots.push(slot);
    } else {
      slot.id = (slot.id + SLOT_COUNT) as ProcessId;
      slot.name = name;
      slot.body = body;
      slot.doomed = false;
    }
    const { id } = slot;
    this.live++;
    this.step(slot, 0);
    return id;
  }

  /**
   * Runs a process at once until its next yield; `value` is what the yield it waits in returns. A sleeping process is woken
   * early (a sleep that ran in full returns 0). False, and nothing happens, if the process is over.
   */
  resume(process: ProcessId, value: number): boolean {
    const slot = this.slotOf(process);
    if (slot === undefined) return false;
    this.simulation.invariant(!slot.running, 'engine', `process ${slot.name} resumed while it runs`);
    this.disarm(slot);
    this.step(slot, value);
    return true;
  }

  /** Ends a process: its `finally` blocks run, its sleep is cancelled. A running one ends at its next yield. */
  kill(process: ProcessId): boolean {
    const slot = this.slotOf(process);
    if (slot === undefined) return false;
    if (slot.running) slot.doomed = true;
    else this.end(slot);
    return true;
  }

  /** Whether the process has not ended. */
  isAlive(process: ProcessId): boolean {
    return this.slotOf(process) !== undefined;
  }

  /** The name that a live process was spawned with. */
  nameOf(process: ProcessId): string | undefined {
    return this.slotOf(process)?.name;
  }

  private slotOf(process: ProcessId): Slot | undefined {
    const slot = this.slots[process % SLOT_COUNT];
    return slot !== undefined && slot.id === process && slot.body !== undefined ? slot : undefined;
  }

  private onWoke(number: number): void {
    const slot = this.slots[number] as Slot;
    slot.wakeUp = NO_EVENT;
    this.step(slot, 0);
  }

  /** Runs the process to its next yield and does what the yield asks for. */
  private step(slot: Slot, value: number): void {
    const outer = this.current;
    const body = slot.body as Process;
    this.current = slot.id;
    slot.running = true;
    try {
      const { done, value: wish } = body.next(value);
      if (done === true) {
        this.release(slot);
      } else if (slot.doomed) {
        this.end(slot);
      } else if (wish >= 0) {
        slot.wakeUp = this.simulation.after(wish as Nanoseconds, this.woke, slot.id % SLOT_COUNT);
      } else {
        this.simulation.invariant(wish === SUSPEND, 'engine', `process ${slot.name} yielded ${wish}`);
      }
    } finally {
      slot.running = false;
      this.current = outer;
    }
  }

  /** Ends a process that waits in a yield. */
  private end(slot: Slot): void {
    this.disarm(slot);
    const body = slot.body as Process;
    // Released first, so that nothing its `finally` blocks do can reach it again.
    this.release(slot);
    body.return();
  }

  private disarm(slot: Slot): void {
    if (slot.wakeUp === NO_EVENT) return;
    this.simulation.cancel(slot.wakeUp);
    slot.wakeUp = NO_EVENT;
  }

  private release(slot: Slot): void {
    slot.body = undefined;
    this.live--;
    this.freeSlots.push(slot.id % SLOT_COUNT);
  }
}
