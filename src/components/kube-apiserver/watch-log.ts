/**
 * The watch log of one resource at one API server: every change once, with the instant at which it was dispatched; a watcher is a cursor.
 *
 * What a watcher has received by an instant is computed when somebody looks: delivery(k) = max(delivery(k-1), dispatch(k) + delay(k)), where
 * delay(k) is drawn by (watcher, revision), so that *when* one looks never changes it. A watcher that reacts gets one wake-up, at its first
 * delivery that it has not seen, and none while one is pending. A change thus costs one append, and a delivery costs nothing until it is read.
 *
 * Watchers select everything or one bucket: kubelets watch the pods of their node through the index that kube-apiserver keeps on
 * spec.nodeName; others watch one object by its name. The slow twin in the tests delivers one event each and must see the same list.
 * Stands for K:apiserver/pkg/storage/cacher (cacheWatcher, watch_cache). Left out: channel sizes, the dispatch budget, bookmarks.
 */
import { NO_VERSION, type VersionHandle, type VersionTable } from '../../cluster/index.ts';
import type { Distribution, EventType, KeyedStream, LinkId, Simulation } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import { ChangeRing, NO_SEQUENCE, type RingBounds } from './change-ring.ts';

/** Every object of the resource. */
export const EVERYTHING = -1;
/** The cursor stands behind the last change that matches. */
const NOTHING_UNSEEN = NO_SEQUENCE;
/** What {@link WatchLog.next} returns when nothing more has been delivered, and when the ring has overtaken the watcher (410 Gone). */
export const NOTHING_DELIVERED = -1;
export const GONE = -2;
/** State of a watcher that reacts: idle (the next delivery wakes it), woken soon, or awake until it rests again. */
const Attention = { Idle: 0, Waking: 1, Awake: 2 } as const;
/** Watchers at the start; doubled. */
const INITIAL_WATCHERS = 16;

/** How a change looks to a watcher. */
export const ChangeType = { Added: 0, Modified: 1, Deleted: 2 } as const;

/** Who opened a watch and wants to be woken. */
export interface WatchSubscriber {
  /** Something that it has not seen can be read. */
  onDelivered(): void;
  /**
   * Whether it would do anything on seeing this change. If not, it is not woken for it and finds it when it next looks, which changes nothing
   * that can be observed. Left out = it reacts to everything.
   */
  concerns?(version: VersionHandle, previous: VersionHandle): boolean;
}

/** What a log needs to know about its resource and its surroundings. */
export interface WatchLogOptions extends RingBounds {
  /** Name of the log in messages. */
  readonly name: string;
  readonly simulation: Simulation;
  readonly table: VersionTable;
  /** Bucket of a version, EVERYTHING if it is in none. */
  readonly bucketOf: (version: VersionHandle) => number;
  /** Delay of watch connections, drawn by watcher and revision. */
  readonly delay: { readonly distribution: Distribution; readonly minimum: Nanoseconds; readonly keyed: KeyedStream };
}

/** The changes of one resource and who watches them. */
export class WatchLog {
  private readonly options: WatchLogOptions;
  private readonly evWake: EventType;
  private readonly ring: ChangeRing;

  /** Columns of the watchers, by number. */
  private selects = new Int32Array(INITIAL_WATCHERS);
  private cursors = new Float64Array(INITIAL_WATCHERS);
  private lastDelivery = new Float64Array(INITIAL_WATCHERS);
  private lastRevision = new Float64Array(INITIAL_WATCHERS);
  /** Link on which each watcher's wake-ups travel. */
  private links = new Int32Array(INITIAL_WATCHERS);
  /** Who is woken; null = a watcher that never reacts and only costs the API server. */
  private readonly subscribers: (WatchSubscriber | null)[] = [];
  /** Identity for the keyed delays; a reopened watch is another connection. */
  private identities = new Float64Array(INITIAL_WATCHERS);
  /** A value of {@link Attention}. Watcher numbers are reused only after a wake-up on its way has come. */
  private attention = new Uint8Array(INITIAL_WATCHERS);
  private open = new Uint8Array(INITIAL_WATCHERS);
  private readonly freeWatchers: number[] = [];
  private watcherCount = 0;
  private nextIdentity = 0;
  /** Watchers of everything, and of each bucket, that react. */
  private readonly everything: number[] = [];
  private readonly buckets: (number[] | undefined)[] = [];
  /** How many watchers of everything, and of each bucket, never react. */
  private silentEverything = 0;
  private readonly silentBuckets: (number | undefined)[] = [];
  /** Watchers open now. */
  watchers = 0;
  /** Watchers that the ring has overtaken since this was last asked, statistic. */
  private overtaken = 0;

  constructor(options: WatchLogOptions, startRevision: number) {
    this.options = options;
    this.evWake = options.simulation.on(`${options.name}: watch delivered`, (watcher) => this.onWake(watcher));
    this.ring = new ChangeRing(options.table, options, startRevision);
  }

  /** History begins at a revision: objects that were there before the run are in the cache, not in the log. */
  startFrom(revision: number): void {
    this.ring.startRevision = revision;
  }

  // ---- watchers ----------------------------------------------------------------------------------------------------------------

  /**
   * Opens a watch of everything or of one bucket for changes after `afterRevision`. Returns its number, or GONE if that history has left the ring.
   * The subscriber is woken when there is something to see; null for watchers that never react.
   */
  openWatch(select: number, afterRevision: number, subscriber: WatchSubscriber | null): number {
    if (afterRevision < this.ring.startRevision) return GONE;
    const watcher = this.freeWatchers.pop() ?? this.addWatcher();
    this.selects[watcher] = select;
    this.lastDelivery[watcher] = 0;
    this.lastRevision[watcher] = afterRevision;
    this.subscribers[watcher] = subscriber;
    this.attention[watcher] = Attention.Idle;
    this.identities[watcher] = this.nextIdentity++;
    this.open[watcher] = 1;
    this.watchers++;
    this.cursors[watcher] = this.firstAfter(select, afterRevision);
    if (subscriber === null) this.countSilent(select, 1);
    else this.list(select).push(watcher);
    this.wakeIfUnseen(watcher);
    return watcher;
  }

  /** Identity of an open watch: another watch under the same number has another one. */
  identity(watcher: number): number {
    return this.identities[watcher] as number;
  }

  /** Whether the watch with this number and identity is still open. */
  isOpen(watcher: number, identity: number): boolean {
    return this.open[watcher] === 1 && this.identities[watcher] === identity;
  }

  /** Whether a watcher has been woken and has not rested since. */
  isAwake(watcher: number): boolean {
    return this.attention[watcher] === Attention.Awake;
  }

  /** Revision of the newest change, or the one at which history begins. */
  get lastChange(): number {
    return this.ring.lastRevision;
  }

  /** Closes a watch that is open. */
  closeWatch(watcher: number): void {
    if (this.open[watcher] === 0) throw new RangeError(`watcher ${watcher} is not open`);
    const select = this.selects[watcher] as number;
    if (this.subscribers[watcher] === null) this.countSilent(select, -1);
    else this.unlist(this.list(select), watcher);
    this.open[watcher] = 0;
    this.watchers--;
    if (this.attention[watcher] !== Attention.Waking) this.freeWatchers.push(watcher);
  }

  /** Watchers that the ring has overtaken since the last call. */
  takeOvertaken(): number {
    const count = this.overtaken;
    this.overtaken = 0;
    return count;
  }

  /** How many watchers a change of this version (and the one before it) is sent to. */
  matching(version: VersionHandle, previous: VersionHandle): number {
    const bucket = this.bucketOfChange(version, previous);
    const all = this.everything.length + this.silentEverything;
    if (bucket === EVERYTHING) return all;
    return all + (this.buckets[bucket]?.length ?? 0) + (this.silentBuckets[bucket] ?? 0);
  }

  // ---- changes -----------------------------------------------------------------------------------------------------------------

  /** Appends a change that is dispatched at `dispatch`; the sending to its watchers is spread over `spread`. Wakes who is idle. */
  append(revision: number, version: VersionHandle, previous: VersionHandle, dispatch: SimTime, spread: number): void {
    const sequence = this.ring.append(revision, version, previous, dispatch, spread, this.options.simulation.now);
    for (const watcher of this.everything) {
      if (this.cursors[watcher] === NOTHING_UNSEEN) this.cursors[watcher] = sequence;
      this.wakeIfUnseen(watcher);
    }
    const bucket = this.bucketOfChange(version, previous);
    if (bucket !== EVERYTHING) this.appendToBucket(bucket, sequence, version, previous);
  }

  private appendToBucket(bucket: number, sequence: number, version: VersionHandle, previous: VersionHandle): void {
    this.ring.chain(bucket, sequence);
    const watchers = this.buckets[bucket];
    if (watchers === undefined) return;
    for (const watcher of watchers) {
      if (this.cursors[watcher] === NOTHING_UNSEEN) {
        if (this.subscribers[watcher]?.concerns?.(version, previous) === false) {
          this.passOver(watcher, sequence);
          continue;
        }
        this.cursors[watcher] = sequence;
      }
      this.wakeIfUnseen(watcher);
    }
  }

  /** A change that does not concern a watcher with nothing else to see: it arrives in its turn and is forgotten. */
  private passOver(watcher: number, sequence: number): void {
    this.lastDelivery[watcher] = this.deliveryOf(watcher, sequence);
    this.sees(watcher, this.revisionAt(sequence));
  }

  /** Every watcher sees every revision that it selects once, in order. */
  private sees(watcher: number, revision: number): void {
    const simulation: Simulation = this.options.simulation;
    const last = this.lastRevision[watcher] as number;
    if (revision <= last)
      simulation.invariant(false, this.options.name, `watcher ${watcher} sees revision ${revision} after ${last}`);
    this.lastRevision[watcher] = revision;
  }

  /** A wake-up has come. */
  private onWake(watcher: number): void {
    this.attention[watcher] = Attention.Awake;
    if (this.open[watcher] === 1) (this.subscribers[watcher] as WatchSubscriber).onDelivered();
    else this.freeWatchers.push(watcher);
  }

  // ---- reading -----------------------------------------------------------------------------------------------------------------

  /** The next change that has been delivered by now, as a sequence; NOTHING_DELIVERED, or GONE if the ring has overtaken the watcher. */
  next(watcher: number): number {
    const sequence = this.cursors[watcher] as number;
    if (sequence === NOTHING_UNSEEN) return NOTHING_DELIVERED;
    if (sequence < this.ring.oldest) {
      this.overtaken++;
      return GONE;
    }
    const delivery = this.deliveryOf(watcher, sequence);
    if (delivery > this.options.simulation.now) return NOTHING_DELIVERED;
    this.lastDelivery[watcher] = delivery;
    this.sees(watcher, this.revisionAt(sequence));
    this.cursors[watcher] = this.following(watcher, sequence);
    return sequence;
  }

  /** The watcher has read all that has come; it is woken at the next delivery, if there is one on its way. */
  rest(watcher: number): void {
    if (this.attention[watcher] === Attention.Waking) return;
    this.attention[watcher] = Attention.Idle;
    this.wakeIfUnseen(watcher);
  }

  /** Revision up to which a watcher has seen everything. */
  seenRevision(watcher: number): number {
    return this.lastRevision[watcher] as number;
  }

  /**
   * Revision from which a watcher can go on after its watch has reached its timeout: the server sends a bookmark with its own revision shortly
   * before the end, which counts if nothing else is on its way (K:apiserver/pkg/storage/cacher: bookmark 2 s before the deadline).
   */
  resumeRevision(watcher: number): number {
    return this.cursors[watcher] === NOTHING_UNSEEN ? this.lastChange : this.seenRevision(watcher);
  }

  /** Instant at which the watcher received the change that it read last. */
  seenAt(watcher: number): SimTime {
    return this.lastDelivery[watcher] as SimTime;
  }

  revisionAt(sequence: number): number {
    return this.ring.revisionAt(sequence);
  }

  versionAt(sequence: number): VersionHandle {
    return this.ring.versionAt(sequence);
  }

  previousAt(sequence: number): VersionHandle {
    return this.ring.previousAt(sequence);
  }

  /** How a change looks to a watcher: an object that comes into its bucket is ADDED, one that leaves it is DELETED. */
  typeFor(watcher: number, sequence: number): number {
    const select = this.selects[watcher] as number;
    const inside = (version: VersionHandle) =>
      version !== NO_VERSION && (select === EVERYTHING || this.options.bucketOf(version) === select);
    if (!inside(this.versionAt(sequence))) return ChangeType.Deleted;
    return inside(this.previousAt(sequence)) ? ChangeType.Modified : ChangeType.Added;
  }

  /** Drops everything: the API server has ended. Watchers are told by it. */
  clear(startRevision: number): void {
    this.ring.clear(startRevision);
    this.everything.length = 0;
    this.buckets.length = 0;
    this.silentEverything = 0;
    this.silentBuckets.length = 0;
    for (let watcher = 0; watcher < this.watcherCount; watcher++) {
      if (this.open[watcher] === 0) continue;
      this.open[watcher] = 0;
      if (this.attention[watcher] !== Attention.Waking) this.freeWatchers.push(watcher);
    }
    this.watchers = 0;
  }

  // ---- inside ------------------------------------------------------------------------------------------------------------------

  private deliveryOf(watcher: number, sequence: number): number {
    const { delay } = this.options;
    const identity = this.identities[watcher] as number;
    const revision = this.ring.revisionAt(sequence);
    let span: number = delay.distribution.keyedSample(delay.keyed, identity, revision);
    if (span < delay.minimum) span = delay.minimum;
    const spread = this.ring.spreadAt(sequence);
    // Its place in the fan-out is another draw of the same connection and revision.
    if (spread > 0) span += Math.round(delay.keyed.uniform(-1 - identity, revision) * spread);
    return Math.max(this.lastDelivery[watcher] as number, this.ring.dispatchAt(sequence) + span);
  }

  private wakeIfUnseen(watcher: number): void {
    if (this.attention[watcher] !== Attention.Idle) return;
    const sequence = this.cursors[watcher] as number;
    if (this.subscribers[watcher] === null || sequence === NOTHING_UNSEEN) return;
    const { simulation } = this.options;
    const delivery = sequence < this.ring.oldest ? 0 : this.deliveryOf(watcher, sequence);
    this.attention[watcher] = Attention.Waking;
    simulation.send(
      this.links[watcher] as LinkId,
      Math.max(delivery, simulation.now + this.options.delay.minimum) as SimTime,
      this.evWake,
      watcher,
    );
  }

  private following(watcher: number, sequence: number): number {
    if (this.selects[watcher] !== EVERYTHING) return this.ring.nextOf(sequence);
    return sequence + 1 < this.ring.end ? sequence + 1 : NOTHING_UNSEEN;
  }

  /** First change after a revision that a watcher selects, NOTHING_UNSEEN if there is none. */
  private firstAfter(select: number, afterRevision: number): number {
    const { ring } = this;
    const first = ring.firstAfter(afterRevision);
    if (select === EVERYTHING) return first < ring.end ? first : NOTHING_UNSEEN;
    // Most watches of a bucket are opened again with nothing new in it.
    const last = ring.lastOf(select);
    if (last === NO_SEQUENCE || ring.revisionAt(last) <= afterRevision) return NOTHING_UNSEEN;
    for (let sequence = first; sequence < last; sequence++) {
      if (this.bucketOfChange(ring.versionAt(sequence), ring.previousAt(sequence)) === select) return sequence;
    }
    return last;
  }

  private bucketOfChange(version: VersionHandle, previous: VersionHandle): number {
    const bucket = version === NO_VERSION ? EVERYTHING : this.options.bucketOf(version);
    return bucket === EVERYTHING && previous !== NO_VERSION ? this.options.bucketOf(previous) : bucket;
  }

  private list(select: number): number[] {
    if (select === EVERYTHING) return this.everything;
    let list = this.buckets[select];
    if (list === undefined) {
      list = [];
      this.buckets[select] = list;
    }
    return list;
  }

  private countSilent(select: number, change: number): void {
    if (select === EVERYTHING) this.silentEverything += change;
    else this.silentBuckets[select] = (this.silentBuckets[select] ?? 0) + change;
  }

  private unlist(list: number[], watcher: number): void {
    list[list.indexOf(watcher)] = list[list.length - 1] as number;
    list.pop();
  }

  private addWatcher(): number {
    if (this.watcherCount === this.selects.length) this.growWatchers();
    const watcher = this.watcherCount++;
    this.links[watcher] = this.options.simulation.openLink(`${this.options.name} watch ${watcher}`);
    return watcher;
  }

  private growWatchers(): void {
    const bigger = <T extends Float64Array | Int32Array | Uint8Array>(from: T): T => {
      const to = new (from.constructor as new (length: number) => T)(from.length * 2);
      to.set(from);
      return to;
    };
    this.selects = bigger(this.selects);
    this.cursors = bigger(this.cursors);
    this.lastDelivery = bigger(this.lastDelivery);
    this.lastRevision = bigger(this.lastRevision);
    this.links = bigger(this.links);
    this.identities = bigger(this.identities);
    this.attention = bigger(this.attention);
    this.open = bigger(this.open);
  }
}
