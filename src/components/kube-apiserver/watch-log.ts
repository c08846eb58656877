/**
 * The watch log of one resource at one API server: every change once, with the instant at which it was dispatched; a watcher is a cursor.
 *
 * What a watcher has received by an instant is computed when somebody looks: delivery(k) = max(delivery(k-1), dispatch(k) + delay(k)), where
 * delay(k) is drawn by (watcher, revision), so that *when* one looks never changes it. A watcher that reacts gets one wake-up, at its first
 * delivery that it has not seen, and none while one is pending. A change thus costs one append, and a delivery costs nothing until it is read.
 * Whose channel is full is decided at dispatch (watch-channels.ts); a watcher that is closed for that still receives what had been written.
 *
 * Watchers select everything or one bucket: kubelets watch the pods of their node through the index that kube-apiserver keeps on
 * spec.nodeName; others watch one object by its name. The slow twin in the tests delivers one event each and must see the same list.
 * Stands for K:apiserver/pkg/storage/cacher (cacheWatcher, watch_cache).
 */
import { NO_VERSION, type VersionHandle } from '../../cluster/index.ts';
import type { EventType, Simulation } from '../../engine/index.ts';
import type { SimTime } from '../../units/index.ts';
import { ChangeRing, NO_SEQUENCE } from './change-ring.ts';
import { takeDelivered } from './take-delivered.ts';
import { ChangeType, GONE, NOTHING_DELIVERED } from './watch-answers.ts';
import { WatchChannels } from './watch-channels.ts';
import { WatchDelays } from './watch-delays.ts';
import type { WatchLogOptions } from './watch-log-options.ts';
import { EVERYTHING } from './watch-selection.ts';
import type { WatchSubscriber } from './watch-subscriber.ts';
import { WatcherLists } from './watcher-lists.ts';
import { Attention, WatcherTable, WatchState } from './watcher-table.ts';

/** The cursor stands behind the last change that matches. */
const NOTHING_UNSEEN = NO_SEQUENCE;

export { ChangeType, GONE, NOTHING_DELIVERED };

/** The changes of one resource and who watches them. */
export class WatchLog {
  private readonly options: WatchLogOptions;
  private readonly evWake: EventType;
  private readonly evEnded: EventType;
  private readonly ring: ChangeRing;
  private readonly table: WatcherTable;
  private readonly lists: WatcherLists;
  private readonly channels: WatchChannels;
  private readonly delays: WatchDelays;
  private nextIdentity = 0;
  /** Watchers that were closed because their channel was full, or that the ring has overtaken, since this was last asked, statistic. */
  private terminated = 0;

  constructor(options: WatchLogOptions, startRevision: number) {
    const { simulation, name } = options;
    this.options = options;
    this.delays = new WatchDelays(options.delay);
    this.evWake = simulation.on(`${name}: watch delivered`, (watcher) => this.onWake(watcher));
    this.evEnded = simulation.on(`${name}: watch ended`, (watcher) => this.onEnded(watcher));
    this.ring = new ChangeRing(options.table, options, startRevision);
    this.table = new WatcherTable(simulation, name);
    this.lists = new WatcherLists(this.table);
    const place = (watcher: number, sequence: number) => this.placeOf(watcher, sequence);
    this.channels = new WatchChannels(options.channels, this.ring, this.table, options.fresh, place);
  }

  /** History begins at a revision: objects that were there before the run are in the cache, not in the log. */
  startFrom(revision: number): void {
    this.ring.startRevision = revision;
  }

  /** The ring, for those who read history: pages of older revisions, metrics. */
  get history(): ChangeRing {
    return this.ring;
  }

  // ---- watchers ----------------------------------------------------------------------------------------------------------------

  /**
   * Opens a watch of everything or of one bucket for changes after `afterRevision`. Returns its number, or GONE if that history has left the ring.
   * The subscriber is woken when there is something to see; null for watchers whom nothing is told.
   */
  openWatch(select: number, afterRevision: number, subscriber: WatchSubscriber | null): number {
    if (afterRevision < this.ring.startRevision) return GONE;
    const { table } = this;
    const watcher = table.allocate();
    table.state[watcher] = WatchState.Open;
    table.attention[watcher] = Attention.Idle;
    table.selects[watcher] = select;
    table.lastDelivery[watcher] = 0;
    table.lastRevision[watcher] = afterRevision;
    table.subscribe(watcher, subscriber);
    table.identities[watcher] = this.nextIdentity++;
    table.openedAt[watcher] = this.options.simulation.now;
    table.limits[watcher] = Number.POSITIVE_INFINITY;
    table.channels[watcher] = this.channels.sizeFor(select);
    table.first[watcher] = this.ring.end;
    table.written[watcher] = 0;
    table.writtenUpTo[watcher] = 0;
    table.cursors[watcher] = this.firstAfter(select, afterRevision);
    this.lists.add(watcher);
    this.wakeIfUnseen(watcher);
    return watcher;
  }

  /** Watchers open now. */
  get watchers(): number {
    return this.lists.count;
  }

  /** Identity of a watch: another watch under the same number has another one. */
  identity(watcher: number): number {
    return this.table.identities[watcher] as number;
  }

  /** Whether the watch with this number and identity can still be read. */
  isOpen(watcher: number, identity: number): boolean {
    return this.table.state[watcher] !== WatchState.Closed && this.table.identities[watcher] === identity;
  }

  /** Whether a watcher has been woken and has not rested since. */
  isAwake(watcher: number): boolean {
    return this.table.attention[watcher] === Attention.Awake;
  }

  /** Revision of the newest change, or the one at which history begins. */
  get lastChange(): number {
    return this.ring.lastRevision;
  }

  /** Closes a watch that is open: its client has gone. */
  closeWatch(watcher: number): void {
    const { state } = this.table;
    if (state[watcher] === WatchState.Closed) throw new RangeError(`watcher ${watcher} is not open`);
    if (state[watcher] === WatchState.Open) this.lists.remove(watcher);
    this.table.close(watcher);
  }

  /** Watchers that did not keep up since the last call. */
  takeTerminated(): number {
    const count = this.terminated;
    this.terminated = 0;
    return count;
  }

  /** How many watchers a change of this version (and the one before it) is sent to. */
  matching(version: VersionHandle, previous: VersionHandle): number {
    return this.lists.matching(this.bucketOfChange(version, previous));
  }

  // ---- changes -----------------------------------------------------------------------------------------------------------------

  /** Appends a change that was processed at `processed`; the sending to its watchers is spread over `spread`. Wakes who is idle. */
  append(revision: number, version: VersionHandle, previous: VersionHandle, processed: SimTime, spread: number): void {
    const { table, ring } = this;
    const dispatch = this.channels.dispatchAt(processed);
    const bucket = this.bucketOfChange(version, previous);
    if (this.channels.mayBeFull(dispatch)) this.offer(bucket, dispatch);
    else this.channels.passed(dispatch);
    const sequence = ring.append(revision, version, previous, dispatch, spread, this.options.simulation.now);
    for (const watcher of this.lists.everything) {
      if (table.cursors[watcher] === NOTHING_UNSEEN) {
        // A watcher that comes from a server that is further on knows this change.
        if (revision <= (table.lastRevision[watcher] as number)) continue;
        table.cursors[watcher] = sequence;
      }
      this.wakeIfUnseen(watcher);
    }
    if (bucket !== EVERYTHING) this.appendToBucket(bucket, sequence, version, previous);
  }

  private appendToBucket(bucket: number, sequence: number, version: VersionHandle, previous: VersionHandle): void {
    const { table } = this;
    this.ring.chain(bucket, sequence);
    for (const watcher of this.lists.ofBucket(bucket)) {
      if (table.cursors[watcher] === NOTHING_UNSEEN) {
        if (this.ring.revisionAt(sequence) <= (table.lastRevision[watcher] as number)) continue;
        if (table.subscribers[watcher]?.concerns?.(version, previous) === false) {
          this.passOver(watcher, sequence);
          continue;
        }
        table.cursors[watcher] = sequence;
      }
      this.wakeIfUnseen(watcher);
    }
  }

  /** Offers the next change to the watchers that select it, some of whose channels may be full. */
  private offer(bucket: number, dispatch: SimTime): void {
    this.channels.offer(this.lists.of(bucket), bucket, dispatch, (watcher, at) => {
      this.terminated++;
      this.end(watcher, at);
    });
  }

  /** A change that does not concern a watcher with nothing else to see: it arrives in its turn and is forgotten. */
  private passOver(watcher: number, sequence: number): void {
    this.table.lastDelivery[watcher] = this.deliveryOf(watcher, sequence);
    this.sees(watcher, this.revisionAt(sequence));
  }

  /** Every watcher sees every revision that it selects once, in order. */
  private sees(watcher: number, revision: number): void {
    const simulation: Simulation = this.options.simulation;
    const last = this.table.lastRevision[watcher] as number;
    if (revision <= last)
      simulation.invariant(false, this.options.name, `watcher ${watcher} sees revision ${revision} after ${last}`);
    this.table.lastRevision[watcher] = revision;
  }

  /** A wake-up has come. */
  private onWake(watcher: number): void {
    const { table } = this;
    table.attention[watcher] = Attention.Awake;
    if (table.state[watcher] !== WatchState.Closed) (table.subscribers[watcher] as WatchSubscriber).onDelivered();
    table.arrived(watcher);
  }

  // ---- ends that the server makes -----------------------------------------------------------------------------------------------

  /** Closes a watch at `at`: what its goroutine has written by then still arrives, and then the end. */
  private end(watcher: number, at: SimTime): void {
    const { table, options } = this;
    this.lists.remove(watcher);
    table.state[watcher] = WatchState.Ending;
    const { minimum } = options.delay;
    const span = this.delays.ofEnd(table.identities[watcher] as number);
    const delivered = this.table.isSilent(watcher) ? this.limitSilent(watcher, at) : this.limit(watcher, at);
    const arrival = Math.max(delivered, at + span, options.simulation.now + minimum);
    table.tellEnd(watcher, arrival, this.evEnded);
  }

  /** Finds the first change that a watcher does not get any more; returns when the last one before it arrives. */
  private limit(watcher: number, at: SimTime): number {
    const { table, ring } = this;
    let delivered = table.lastDelivery[watcher] as number;
    let sequence = table.cursors[watcher] as number;
    table.limits[watcher] = ring.end;
    while (sequence !== NOTHING_UNSEEN && sequence >= ring.oldest) {
      if (ring.dispatchAt(sequence) + this.placeOf(watcher, sequence) > at) {
        table.limits[watcher] = sequence;
        break;
      }
      delivered = Math.max(delivered, this.arrivalOf(watcher, sequence));
      sequence = this.following(watcher, sequence);
    }
    return delivered;
  }

  /** A watcher that never reads knows what everybody had been sent. */
  private limitSilent(watcher: number, at: SimTime): number {
    const { table, ring } = this;
    const unwritten = ring.firstUnwritten(at);
    const known = unwritten > ring.oldest ? ring.revisionAt(unwritten - 1) : ring.startRevision;
    table.lastRevision[watcher] = Math.max(table.lastRevision[watcher] as number, known);
    // What it began with, before it was silent, is not read any more.
    table.cursors[watcher] = NOTHING_UNSEEN;
    return 0;
  }

  /** The end of a watch has come to its client. */
  private onEnded(watcher: number): void {
    const { table } = this;
    if (table.state[watcher] === WatchState.Ending) {
      table.subscribers[watcher]?.onEnded();
      if (table.state[watcher] === WatchState.Ending) table.state[watcher] = WatchState.Closed;
    }
    table.arrived(watcher);
  }

  /** Ends all watches and drops history: the cache is filled anew, and begins at a revision that is not known yet. */
  endAll(): void {
    const { table, options } = this;
    for (let watcher = 0; watcher < table.count; watcher++) {
      if (table.state[watcher] === WatchState.Open) this.end(watcher, options.simulation.now);
    }
    this.drop(Number.POSITIVE_INFINITY);
  }

  /** Drops everything: the API server has ended. Watchers are told by it. */
  clear(startRevision: number): void {
    const { table } = this;
    for (let watcher = 0; watcher < table.count; watcher++) {
      if (table.state[watcher] === WatchState.Open) this.lists.remove(watcher);
      if (table.state[watcher] !== WatchState.Closed) table.close(watcher);
    }
    this.drop(startRevision);
  }

  private drop(startRevision: number): void {
    const { table } = this;
    this.ring.clear(startRevision);
    for (let watcher = 0; watcher < table.count; watcher++) table.cursors[watcher] = NOTHING_UNSEEN;
  }

  // ---- reading -----------------------------------------------------------------------------------------------------------------

  /** The next change that has been delivered by now, as a sequence; NOTHING_DELIVERED, or GONE if the ring has overtaken the watcher. */
  next(watcher: number): number {
    const { table } = this;
    const sequence = table.cursors[watcher] as number;
    if (sequence === NOTHING_UNSEEN || sequence >= (table.limits[watcher] as number)) return NOTHING_DELIVERED;
    if (sequence < this.ring.oldest) {
      this.terminated++;
      return GONE;
    }
    const delivery = this.deliveryOf(watcher, sequence);
    if (delivery > this.options.simulation.now) return NOTHING_DELIVERED;
    table.lastDelivery[watcher] = delivery;
    this.sees(watcher, this.revisionAt(sequence));
    table.cursors[watcher] = this.following(watcher, sequence);
    return sequence;
  }

  /** Takes over all that has come, as {@link next} would until nothing more is there; see {@link takeDelivered}. Returns how many, or GONE. */
  takeAll(watcher: number, isPunctual: boolean): number {
    const { table, ring, delays } = this;
    const cursor = table.cursors[watcher] as number;
    if (table.selects[watcher] === EVERYTHING && (cursor === NOTHING_UNSEEN || cursor >= ring.oldest)) {
      const parts = { ring, table, delays, reader: this, now: this.options.simulation.now };
      const taken = takeDelivered(parts, watcher, isPunctual);
      if (taken > 0) this.sees(watcher, ring.revisionAt(cursor + taken - 1));
      return taken;
    }
    let taken = 0;
    while (this.next(watcher) >= 0) taken++;
    return (table.cursors[watcher] as number) < ring.oldest && table.cursors[watcher] !== NOTHING_UNSEEN ? GONE : taken;
  }

  /** The watcher has read all that has come; it is woken at the next delivery, if there is one on its way. */
  rest(watcher: number): void {
    if (this.table.attention[watcher] === Attention.Waking) return;
    this.table.attention[watcher] = Attention.Idle;
    this.wakeIfUnseen(watcher);
  }

  /** Revision up to which a watcher has seen everything. */
  seenRevision(watcher: number): number {
    return this.table.lastRevision[watcher] as number;
  }

  /**
   * Revision from which a watcher can go on after its watch has reached its timeout: the server sends a bookmark with its own revision shortly
   * before the end, which counts if nothing else is on its way (K:apiserver/pkg/storage/cacher: bookmark 2 s before the deadline).
   */
  resumeRevision(watcher: number): number {
    const { state, cursors } = this.table;
    const isUpToDate = this.table.isSilent(watcher) || cursors[watcher] === NOTHING_UNSEEN;
    return state[watcher] === WatchState.Open && isUpToDate ? this.lastChange : this.seenRevision(watcher);
  }

  /**
   * Revision that a watcher knows when its connection breaks: that of the last bookmark, one each minute, if nothing was on its way then; else that
   * of the last change that it saw.
   */
  bookmarkedRevision(watcher: number): number {
    const { table, ring, options } = this;
    const openedAt = table.openedAt[watcher] as number;
    const bookmarks = Math.floor((options.simulation.now - openedAt) / options.bookmarkPeriod);
    if (bookmarks === 0) return this.seenRevision(watcher);
    const behind = ring.firstDispatchedAfter(openedAt + bookmarks * options.bookmarkPeriod);
    const cursor = table.cursors[watcher] as number;
    const isUpToDate = this.table.isSilent(watcher) || cursor === NOTHING_UNSEEN || cursor >= behind;
    if (!isUpToDate || behind === ring.oldest) return this.seenRevision(watcher);
    return Math.max(this.seenRevision(watcher), ring.revisionAt(behind - 1));
  }

  /** Instant at which the watcher received the change that it read last. */
  seenAt(watcher: number): SimTime {
    return this.table.lastDelivery[watcher] as SimTime;
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
    const select = this.table.selects[watcher] as number;
    if (!this.isInside(select, this.versionAt(sequence))) return ChangeType.Deleted;
    return this.isInside(select, this.previousAt(sequence)) ? ChangeType.Modified : ChangeType.Added;
  }

  // ---- inside ------------------------------------------------------------------------------------------------------------------

  /** Time from the dispatch of a change until a watcher's goroutine has written it: its place in the fan-out, a draw of its own. */
  private placeOf(watcher: number, sequence: number): number {
    const identity = this.table.identities[watcher] as number;
    return this.delays.place(identity, this.ring.revisionAt(sequence), this.ring.spreadAt(sequence));
  }

  /** When a change would arrive if nothing before it were on its way. */
  arrivalOf(watcher: number, sequence: number): number {
    const { ring, table } = this;
    const revision = ring.revisionAt(sequence);
    const span = this.delays.ofChange(table.identities[watcher] as number, revision);
    return (
      ring.dispatchAt(sequence) +
      span +
      (table.subscribers[watcher]?.lateness?.(revision) ?? 0) +
      this.placeOf(watcher, sequence)
    );
  }

  private deliveryOf(watcher: number, sequence: number): number {
    return Math.max(this.table.lastDelivery[watcher] as number, this.arrivalOf(watcher, sequence));
  }

  private wakeIfUnseen(watcher: number): void {
    const { table } = this;
    if (table.attention[watcher] !== Attention.Idle) return;
    const sequence = table.cursors[watcher] as number;
    if (sequence === NOTHING_UNSEEN || sequence >= (table.limits[watcher] as number) || this.table.isSilent(watcher))
      return;
    const { simulation } = this.options;
    const delivery = sequence < this.ring.oldest ? 0 : this.deliveryOf(watcher, sequence);
    table.attention[watcher] = Attention.Waking;
    table.wake(watcher, Math.max(delivery, simulation.now + this.options.delay.minimum), this.evWake);
  }

  private following(watcher: number, sequence: number): number {
    if (this.table.selects[watcher] !== EVERYTHING) return this.ring.nextOf(sequence);
    return sequence + 1 < this.ring.end ? sequence + 1 : NOTHING_UNSEEN;
  }

  /** First change after a revision that a watcher selects, NOTHING_UNSEEN if there is none. */
  private firstAfter(select: number, afterRevision: number): number {
    const { ring } = this;
    if (select === EVERYTHING) {
      const first = ring.firstAfter(afterRevision);
      return first < ring.end ? first : NOTHING_UNSEEN;
    }
    // Most watches of a bucket are opened again with little new in it.
    let found = NOTHING_UNSEEN;
    for (let sequence = ring.lastOf(select); sequence !== NO_SEQUENCE; sequence = ring.beforeInBucket(sequence)) {
      if (ring.revisionAt(sequence) <= afterRevision) break;
      found = sequence;
    }
    return found;
  }

  private isInside(select: number, version: VersionHandle): boolean {
    return version !== NO_VERSION && (select === EVERYTHING || this.options.bucketOf(version) === select);
  }

  private bucketOfChange(version: VersionHandle, previous: VersionHandle): number {
    const bucket = version === NO_VERSION ? EVERYTHING : this.options.bucketOf(version);
    return bucket === EVERYTHING && previous !== NO_VERSION ? this.options.bucketOf(previous) : bucket;
  }
}
