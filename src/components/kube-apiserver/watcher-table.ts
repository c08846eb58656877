/** The watchers of one log as typed columns, by number. A number is used again once its watch is closed and no message to it is on its way. */
import type { EventType, LinkId, Simulation } from '../../engine/index.ts';
import type { SimTime } from '../../units/index.ts';
import type { WatchSubscriber } from './watch-subscriber.ts';

/** Life of a watch: closed; open; ending, when the server has closed it and what it had written is still on its way. */
export const WatchState = { Closed: 0, Open: 1, Ending: 2 } as const;
/** State of a watcher that reacts: idle (the next delivery wakes it), woken soon, or awake until it rests again. */
export const Attention = { Idle: 0, Waking: 1, Awake: 2 } as const;
/** Watchers at the start; doubled. */
const INITIAL_WATCHERS = 16;

/** Columns of the watchers of a log. */
export class WatcherTable {
  private readonly simulation: Simulation;
  private readonly name: string;
  /** Numbers given out so far, state. */
  count = 0;
  private readonly free: number[] = [];
  /** A value of {@link WatchState}, state. */
  state = new Uint8Array(INITIAL_WATCHERS);
  /** A value of {@link Attention}, state. */
  attention = new Uint8Array(INITIAL_WATCHERS);
  /** Messages to it that are on their way, state. */
  private pending = new Uint8Array(INITIAL_WATCHERS);
  /** Bucket that is watched, or EVERYTHING, fixed while open. */
  selects = new Int32Array(INITIAL_WATCHERS);
  /** Sequence of the first change that it has not seen, state. */
  cursors = new Float64Array(INITIAL_WATCHERS);
  /** Sequence from which on changes do not reach it any more, state. */
  limits = new Float64Array(INITIAL_WATCHERS);
  /** Arrival of the change that it saw last [ns], and its revision, state. */
  lastDelivery = new Float64Array(INITIAL_WATCHERS);
  lastRevision = new Float64Array(INITIAL_WATCHERS);
  /** Identity for keyed draws; a watch that is opened again is another connection, fixed while open. */
  identities = new Float64Array(INITIAL_WATCHERS);
  /** When it was opened [ns], fixed while open. */
  openedAt = new Float64Array(INITIAL_WATCHERS);
  /** Changes that its channel holds, and the first one that went through it, fixed while open. */
  channels = new Int32Array(INITIAL_WATCHERS);
  first = new Float64Array(INITIAL_WATCHERS);
  /** When its goroutine has written the changes before `writtenUpTo` [ns], as far as anybody asked, state. */
  written = new Float64Array(INITIAL_WATCHERS);
  writtenUpTo = new Float64Array(INITIAL_WATCHERS);
  /** Its place in the list of those that select the same, state. */
  positions = new Int32Array(INITIAL_WATCHERS);
  /** Links of its wake-ups; and of the ends of its watches, which overtake a wake-up for what never arrives. Opened on first use. */
  private links = new Int32Array(INITIAL_WATCHERS);
  private readonly endLinks: (LinkId | undefined)[] = [];
  /** 1 = it never reacts to changes, fixed while open. */
  private silent = new Uint8Array(INITIAL_WATCHERS);
  /** Who is told; null = nobody. */
  readonly subscribers: (WatchSubscriber | null)[] = [];

  constructor(simulation: Simulation, name: string) {
    this.simulation = simulation;
    this.name = name;
  }

  /** A number for a new watch. */
  allocate(): number {
    const used = this.free.pop();
    if (used !== undefined) return used;
    if (this.count === this.selects.length) this.grow();
    const watcher = this.count++;
    this.links[watcher] = this.simulation.openLink(`${this.name} watch ${watcher}`);
    return watcher;
  }

  /** Names who is told of the changes of a watch that is opened. */
  subscribe(watcher: number, subscriber: WatchSubscriber | null): void {
    this.subscribers[watcher] = subscriber;
    this.silent[watcher] = subscriber === null || subscriber.isSilent === true ? 1 : 0;
  }

  /** Whether a watcher never reacts to changes. */
  isSilent(watcher: number): boolean {
    return this.silent[watcher] === 1;
  }

  /** Wakes a watcher at an instant. */
  wake(watcher: number, arrival: number, type: EventType): void {
    this.pending[watcher] = (this.pending[watcher] as number) + 1;
    this.simulation.send(this.links[watcher] as LinkId, arrival as SimTime, type, watcher);
  }

  /** Tells a watcher at an instant that its watch has ended. */
  tellEnd(watcher: number, arrival: number, type: EventType): void {
    this.pending[watcher] = (this.pending[watcher] as number) + 1;
    const link = this.endLinks[watcher] ?? this.simulation.openLink(`${this.name} watch end ${watcher}`);
    this.endLinks[watcher] = link;
    this.simulation.send(link, arrival as SimTime, type, watcher);
  }

  /** A message to a watcher has come. */
  arrived(watcher: number): void {
    this.pending[watcher] = (this.pending[watcher] as number) - 1;
    this.freeIfDone(watcher);
  }

  /** A watch is over. */
  close(watcher: number): void {
    this.state[watcher] = WatchState.Closed;
    this.freeIfDone(watcher);
  }

  private freeIfDone(watcher: number): void {
    if (this.state[watcher] === WatchState.Closed && this.pending[watcher] === 0) this.free.push(watcher);
  }

  private grow(): void {
    const length = this.selects.length * 2;
    const longer = <T extends Float64Array | Int32Array | Uint8Array>(from: T): T => {
      const to = new (from.constructor as new (length: number) => T)(length);
      to.set(from);
      return to;
    };
    this.state = longer(this.state);
    this.attention = longer(this.attention);
    this.pending = longer(this.pending);
    this.selects = longer(this.selects);
    this.cursors = longer(this.cursors);
    this.limits = longer(this.limits);
    this.lastDelivery = longer(this.lastDelivery);
    this.lastRevision = longer(this.lastRevision);
    this.identities = longer(this.identities);
    this.openedAt = longer(this.openedAt);
    this.channels = longer(this.channels);
    this.first = longer(this.first);
    this.written = longer(this.written);
    this.writtenUpTo = longer(this.writtenUpTo);
    this.positions = longer(this.positions);
    this.links = longer(this.links);
    this.silent = longer(this.silent);
  }
}
