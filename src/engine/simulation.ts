/**
 * The simulation: a clock that jumps from event to event.
 *
 * Order is total and the same in every run: by instant; within an instant messages over links first, by (link, order on
 * the link), then local events by the order in which they were scheduled. Nothing else decides: not the event queue,
 * not the number of threads.
 *
 * An event is (instant, type, two 32-bit integers). Types are registered once with a name and a handler:
 *
 * ```ts
 * const leaseExpired = simulation.on('lease.expired', (holder) => { … });
 * simulation.after(seconds(10), leaseExpired, holder);
 * ```
 */
import { type Nanoseconds, type SimTime, START_OF_RUN } from '../units/index.ts';
import type { EventQueue } from './event-queue.ts';
import { type EventId, EventRecords } from './event-records.ts';
import type { EventHandler, EventType, LinkId } from './event-types.ts';
import { HeapEventQueue } from './heap-event-queue.ts';
import { InvariantViolation } from './invariant.ts';
import { Processes } from './process.ts';
import { RadixLadderEventQueue } from './radix-ladder-event-queue.ts';
import { RandomStreams } from './random-streams.ts';
import { Trace } from './trace.ts';

/** How a simulation is set up. */
export interface SimulationOptions {
  /** Seed of all random streams: the same seed gives the same run. */
  readonly seed: string;
  /** Which statistical repeat this is; 0 if left out. */
  readonly replication?: number;
  /** The event queue, the radix ladder if left out; the heap is its slow twin. Both give the same order. */
  readonly queue?: 'radix-ladder' | 'heap';
  /** How many of the last events an invariant failure prints; 0, none, if left out. */
  readonly trace?: number;
}

/** The last instant that can be scheduled [ns], about 52 days: queue keys are twice the instant and must stay exact. */
export const LAST_INSTANT = (2 ** 52 - 1) as SimTime;

/** Messages one link can carry: a message's rank holds link and sequence in one exact number. */
const MESSAGES_PER_LINK = 2 ** 33;
const MAX_LINKS = 2 ** 20;
/** Links at the start; doubled. Numbers that are kept of each. */
const INITIAL_LINKS = 64;
const LINK_NUMBERS = 2;
const MAX_EVENT_TYPES = 2 ** 16;
const OUTSIDE_OF_EVENTS = -1;
/** Messages of one instant up to which inserting each in its place is the faster sort. */
const MOST_SORTED_BY_INSERTION = 16;
const TWO_TO_MINUS_32 = 2 ** -32;

/** A hook and when it is due. */
interface EventHook {
  readonly every: number;
  readonly hook: () => boolean;
  due: number;
}

/** Runs events in virtual time. */
export class Simulation {
  /** The present instant [ns], state; read-only for users. */
  now: SimTime = START_OF_RUN;
  /** Seed and replication of the run, fixed. */
  readonly seed: string;
  readonly replication: number;
  /** The random streams of the run. */
  readonly streams: RandomStreams;
  /** The lifecycles of the run. */
  readonly processes: Processes;
  /** Events processed [event], statistic. */
  eventsProcessed = 0;
  /** Why the last run was stopped, state; `undefined` if it was not. */
  stopReason: string | undefined = undefined;

  private readonly queue: EventQueue;
  private readonly records = new EventRecords();
  private readonly trace: Trace | undefined;
  /** Handlers and names by event type; events processed by type [event], statistic. */
  private readonly handlers: EventHandler[] = [];
  private readonly names: string[] = [];
  private readonly processedByType: number[] = [];
  /** Names of the links by id; messages sent [message] and latest arrival [ns] by link, state. */
  private readonly linkNames: string[] = [];
  /** By link, side by side because each message needs both: its messages so far, and the arrival of the latest [ns], state. */
  private links = newLinks(INITIAL_LINKS);
  /** Messages of the present instant, by handle, and how they are ordered; kept so that no array is made for each instant. */
  private readonly group: number[] = [];
  private readonly byRank = (left: number, right: number): number =>
    (this.records.ranks[left] as number) - (this.records.ranks[right] as number);
  /** Messages of the present instant that are out of the queue but not delivered yet [message], state. */
  private undelivered = 0;
  /** Whether {@link run} is in progress, state. */
  private running = false;
  /** Type of the event in progress, state; -1 outside of events. */
  private currentType = OUTSIDE_OF_EVENTS;
  /** The two lanes of the fingerprint, state, 32-bit integers. */
  private laneA = 0x2545f491;
  private laneB = 0x4f6cdd1d;
  /** Hooks, and the number of events at which the next is due [event], state. */
  private readonly hooks: EventHook[] = [];
  private nextHookAt = Number.POSITIVE_INFINITY;
  private readonly checks: { readonly component: string; readonly check: () => void }[] = [];

  constructor(options: SimulationOptions) {
    this.seed = options.seed;
    this.replication = options.replication ?? 0;
    const Queue = options.queue === 'heap' ? HeapEventQueue : RadixLadderEventQueue;
    this.queue = new Queue((handle) => this.records.free(handle));
    this.trace = (options.trace ?? 0) > 0 ? new Trace(options.trace as number) : undefined;
    this.streams = new RandomStreams(this.seed, this.replication);
    this.processes = new Processes(this);
  }

  /** Registers a type of event. Names are unique within a simulation. */
  on(name: string, handler: EventHandler): EventType {
    if (this.names.includes(name)) throw new Error(`event type "${name}" is registered already`);
    if (this.names.length === MAX_EVENT_TYPES) throw new RangeError(`more than ${MAX_EVENT_TYPES} event types`);
    this.handlers.push(handler);
    this.processedByType.push(0);
    return (this.names.push(name) - 1) as EventType;
  }

  /** Schedules an event at an instant, which may be the present one: it is then due after those scheduled before it. */
  at(time: SimTime, type: EventType, a = 0, b = 0): EventId {
    if (!(time >= this.now && time <= LAST_INSTANT)) this.refuseInstant(time);
    const handle = this.records.allocate(type, a, b);
    this.queue.push(2 * time + 1, handle);
    return this.records.idOf(handle);
  }

  /** Schedules an event after a span, which may be 0. */
  after(delay: Nanoseconds, type: EventType, a = 0, b = 0): EventId {
    return this.at((this.now + delay) as SimTime, type, a, b);
  }

  /** Cancels a pending event. Cancelling one that has fired, or was cancelled before, is the caller's bug. */
  cancel(event: EventId): void {
    const handle = this.records.handleOf(event);
    if (handle < 0) this.fail('engine', `cancelled event ${event}, which is not pending`);
    this.records.retire(handle);
    this.queue.cancel(handle);
  }

  /** Whether the event is still to come. */
  isPending(event: EventId): boolean {
    return this.records.handleOf(event) >= 0;
  }

  /** Opens a link. The order of opening ranks the messages that arrive at one instant. */
  openLink(name: string): LinkId {
    if (this.linkNames.length === MAX_LINKS) throw new RangeError(`more than ${MAX_LINKS} links`);
    const row = this.linkNames.length * LINK_NUMBERS;
    if (row === this.links.length) this.growLinks();
    this.links.fill(0, row, row + LINK_NUMBERS);
    return (this.linkNames.push(name) - 1) as LinkId;
  }

  /** Arrival of the latest message on a link [ns], 0 before the first. */
  latestArrival(link: LinkId): number {
    return this.links[link * LINK_NUMBERS + 1] as number;
  }

  /** Sends a message: an event that another party causes. It arrives later than now, and not before its predecessors. */
  send(link: LinkId, arrival: SimTime, type: EventType, a = 0, b = 0): void {
    const { links } = this;
    const row = link * LINK_NUMBERS;
    if (!(arrival > this.now && arrival <= LAST_INSTANT && arrival >= (links[row + 1] as number))) {
      this.refuseArrival(link, arrival);
    }
    const sequence = links[row] as number;
    links[row] = sequence + 1;
    links[row + 1] = arrival;
    this.post(link, sequence, arrival, type, a, b);
  }

  private post(link: LinkId, sequence: number, arrival: SimTime, type: EventType, a: number, b: number): void {
    const handle = this.records.allocate(type, a, b);
    this.records.ranks[handle] = link * MESSAGES_PER_LINK + sequence;
    this.queue.push(2 * arrival, handle);
  }

  /**
   * Processes all events up to and including `until`, then sets the clock to it. May be called again with a later instant.
   * After {@link stop} it returns early with the clock at the last event; calling it again goes on from there.
   */
  run(until: SimTime): void {
    if (!(until >= this.now)) throw new RangeError(`cannot run until ${until} ns: it is ${this.now} ns already`);
    this.invariant(!this.running, 'engine', 'run was called by an event handler');
    this.stopReason = undefined;
    this.running = true;
    try {
      if (this.processAll(2 * Math.min(until, LAST_INSTANT) + 1)) this.now = until;
    } finally {
      this.running = false;
      this.currentType = OUTSIDE_OF_EVENTS;
    }
    this.checkInvariants();
  }

  /** Makes {@link run} return after the event in progress. */
  stop(reason: string): void {
    this.stopReason = reason;
  }

  /** Events and messages still to come [event]. */
  get pendingEvents(): number {
    return this.queue.size + this.undelivered;
  }

  /** A hash over (instant, type, arguments) of every event so far, in order: two runs with the same one did the same. */
  fingerprint(): string {
    return (this.laneA >>> 0).toString(16).padStart(8, '0') + (this.laneB >>> 0).toString(16).padStart(8, '0');
  }

  /** Calls `hook` each `n` events (progress, deadlines); it returns false to stop the run, and may not change the model. */
  everyEvents(n: number, hook: () => boolean): void {
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`a hook is called each 1 or more events: ${n}`);
    const due = this.eventsProcessed + n;
    this.hooks.push({ every: n, hook, due });
    this.nextHookAt = Math.min(this.nextHookAt, due);
  }

  /** Events processed by the name of their type [event], statistic. */
  get eventTypeCounts(): ReadonlyMap<string, number> {
    return new Map(this.names.map((name, type) => [name, this.processedByType[type] as number]));
  }

  /** Fails the run with everything needed to replay it, unless the condition holds. */
  invariant(condition: boolean, component: string, message: string): asserts condition {
    if (!condition) this.fail(component, message);
  }

  /** Adds a check of a whole component, run at the end of {@link run} and by tests. It calls {@link invariant}. */
  addInvariantCheck(component: string, check: () => void): void {
    this.checks.push({ component, check });
  }

  /** Runs all checks added by {@link addInvariantCheck}. */
  checkInvariants(): void {
    for (const { check } of this.checks) check();
  }

  /** Runs all events up to a queue key; false if it was stopped before. */
  private processAll(lastKey: number): boolean {
    const { queue } = this;
    for (;;) {
      const handle = queue.popUntil(lastKey);
      if (handle < 0) return true;
      const key = queue.poppedKey;
      // Even keys are those of messages. Several of one instant are delivered in an order of their own.
      if ((key & 1) === 0) {
        this.now = (key / 2) as SimTime;
        const second = queue.popUntil(key);
        if (second >= 0) {
          if (this.deliverGroup(handle, second)) continue;
          return false;
        }
      } else {
        this.now = ((key - 1) / 2) as SimTime;
      }
      if (!this.process(handle)) return false;
    }
  }

  /** Runs one event of the present instant; false if the run is to stop after it. */
  private process(handle: number): boolean {
    const { records } = this;
    const type = records.types[handle] as number;
    const a = records.firstArguments[handle] as number;
    const b = records.secondArguments[handle] as number;
    // Freed before the handler runs, so that what the handler schedules reuses the record while it is in the cache.
    records.retire(handle);
    records.free(handle);
    this.currentType = type;
    this.absorb(type, a, b);
    this.processedByType[type] = (this.processedByType[type] as number) + 1;
    if (this.trace !== undefined) this.trace.record(this.now, type, a, b);
    (this.handlers[type] as EventHandler)(a, b);
    if (++this.eventsProcessed >= this.nextHookAt) this.callHooks();
    return this.stopReason === undefined;
  }

  /** Runs all messages of the present instant by (link, sequence); false if the run is to stop. */
  private deliverGroup(first: number, second: number): boolean {
    const { queue, group } = this;
    const key = 2 * this.now;
    group.length = 0;
    group.push(first, second);
    for (let next = queue.popUntil(key); next >= 0; next = queue.popUntil(key)) group.push(next);
    this.sortByRank(group);
    for (let i = 0; i < group.length; i++) {
      this.undelivered = group.length - 1 - i;
      if (this.process(group[i] as number)) continue;
      // Stopped in their midst: the others go back, already in order.
      this.undelivered = 0;
      for (i++; i < group.length; i++) queue.push(key, group[i] as number);
      return false;
    }
    return true;
  }

  /** Sorts the messages of an instant by rank: nearly always two or three, for which a sort of the language's own costs more than delivering them. */
  private sortByRank(group: number[]): void {
    if (group.length > MOST_SORTED_BY_INSERTION) {
      group.sort(this.byRank);
      return;
    }
    const { ranks } = this.records;
    for (let i = 1; i < group.length; i++) {
      const handle = group[i] as number;
      const rank = ranks[handle] as number;
      let at = i;
      for (; at > 0 && (ranks[group[at - 1] as number] as number) > rank; at--) group[at] = group[at - 1] as number;
      group[at] = handle;
    }
  }

  /**
   * Mixes an event into the fingerprint. Each step is a bijection of the two lanes, so that no event is ever forgotten, and
   * events that differ in instant and first argument alone, or in the other words alone, never look the same.
   */
  private absorb(type: number, a: number, b: number): void {
    const instant = this.now;
    let left = Math.imul(this.laneA ^ (instant | 0), 0x85ebca6b);
    let right = Math.imul(this.laneB ^ a, 0xcc9e2d51);
    left ^= right >>> 15;
    right ^= left >>> 13;
    left = Math.imul(left ^ b, 0x1b873593);
    right = Math.imul(right ^ (((instant * TWO_TO_MINUS_32) | 0) + (type << 16)), 0xc2b2ae35);
    left ^= right >>> 16;
    this.laneA = left;
    this.laneB = right ^ (left >>> 14);
  }

  private callHooks(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const entry of this.hooks) {
      if (this.eventsProcessed >= entry.due) {
        entry.due = this.eventsProcessed + entry.every;
        if (!entry.hook() && this.stopReason === undefined) this.stop('a hook asked for it');
      }
      next = Math.min(next, entry.due);
    }
    this.nextHookAt = next;
  }

  private fail(component: string, message: string): never {
    throw new InvariantViolation(message, {
      time: this.now,
      eventName: this.names[this.currentType] ?? '(none)',
      component,
      seed: this.seed,
      replication: this.replication,
      trace: this.trace?.lines(this.names),
    });
  }

  private growLinks(): void {
    const larger = newLinks(this.linkNames.length * 2);
    larger.set(this.links);
    this.links = larger;
  }

  private refuseInstant(time: SimTime): never {
    if (time < this.now) this.fail('engine', `scheduled for ${time} ns, which is past`);
    this.fail('engine', `scheduled for ${time} ns, beyond the last instant (${LAST_INSTANT} ns)`);
  }

  private refuseArrival(link: LinkId, arrival: SimTime): never {
    const name = this.linkNames[link] ?? `number ${link}, which is not open`;
    if (!(arrival > this.now)) this.fail('engine', `message on link ${name} to arrive at ${arrival} ns, not after now`);
    if (arrival > LAST_INSTANT)
      this.fail('engine', `message on link ${name} to arrive at ${arrival} ns, beyond the last`);
    const latest = this.latestArrival(link);
    this.fail('engine', `message on link ${name} to arrive at ${arrival} ns, before its predecessor (${latest} ns)`);
  }
}

/** Rows of links that are not open yet: nothing can arrive behind an arrival that never is. */
function newLinks(count: number): Float64Array<ArrayBuffer> {
  return new Float64Array(count * LINK_NUMBERS).fill(Number.POSITIVE_INFINITY);
}
