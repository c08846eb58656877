/**
 * How changes reach API servers: each has one etcd watch per resource on one stream to its member. A watch that has everything is synced: what a
 * transaction changes goes into the stream's channel at once, and a sender takes it out. If the sender is so far behind that the channel is full,
 * the watch becomes a victim, tried again every 10 ms; after that, or when it is opened at a revision in the past, it is unsynced: a loop that runs
 * every 100 ms reads what it lacks from the backend, a thousand revisions of a resource at a time. A watch that lacks what is compacted is cancelled.
 * E:server/storage/mvcc/watchable_store.go, watcher_group.go; server/etcdserver/api/v3rpc/watch.go.
 *
 * The watches of one API server go through these states together, as one position in the log of changes, so that a batch of changes stays one
 * message. Left out: splitting of large responses; the limit of 512 watchers a round, which a handful of API servers does not reach.
 */
import type { EventType, Simulation, ValuesOf } from '../../../engine/index.ts';
import type { CounterSeries, MetricRecorder } from '../../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../../units/index.ts';
import type { mvccParameters } from './mvcc.parameters.ts';

/** Where the watches of an API server are. */
export const WatchGroup = { Closed: 0, Synced: 1, Victim: 2, Unsynced: 3 } as const;
/** Why a position cannot be watched from. */
const IS_COMPACTED = -1;

/** What streams need of the cluster. */
export interface WatchStreamsOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof mvccParameters>;
  readonly recorder: MetricRecorder;
  /** Time between two entries that are applied one after the other. */
  readonly applyService: Nanoseconds;
  /** Time that a range takes for each revision that it reads [ns]. */
  readonly perRevision: Nanoseconds;
  /** Position up to which the member that serves a server has applied changes. */
  readonly appliedBy: (server: number) => number;
  /** How many times slower than alone the sender of a server's stream runs now. */
  readonly slowdown: (server: number) => number;
  /** The resource that the change at a position is of. */
  readonly kindAt: (position: number) => number;
  /** Whether what lies behind a position is compacted. */
  readonly isCompacted: (position: number) => boolean;
  /** Has everything before position `upTo` arrive at a server, sent at `at`. */
  readonly send: (server: number, upTo: number, at: SimTime) => void;
  /** Has a progress notification arrive at a server, behind everything that was sent. */
  readonly sendProgress: (server: number, at: SimTime) => void;
  /** Tells a server that its watches lack what is compacted. */
  readonly cancel: (server: number) => void;
  /** The member that serves a server spends CPU. */
  readonly charge: (server: number, cpu: Nanoseconds) => void;
}

/** One API server's stream. */
interface Stream {
  group: number;
  /** Position up to which changes were handed to the sender, state. */
  position: number;
  /** When the sender has sent what it was handed [ns], state. */
  freeAt: number;
  /** Raised whenever the stream is closed: what was planned for it is void, state. */
  life: number;
}

/** The streams of all API servers. */
export class WatchStreams {
  private readonly options: WatchStreamsOptions;
  private readonly streams: Stream[] = [];
  private readonly evSync: EventType;
  private readonly evVictim: EventType;
  private readonly evProgress: EventType;
  private readonly slow: CounterSeries;

  constructor(options: WatchStreamsOptions) {
    this.options = options;
    const { simulation, recorder } = options;
    this.evSync = simulation.on('etcd.syncWatchers', (server, life) => this.onSync(server, life));
    this.evVictim = simulation.on('etcd.retryVictim', (server, life) => this.onVictim(server, life));
    this.evProgress = simulation.on('etcd.watchProgress', (server, life) => this.onProgress(server, life));
    this.slow = recorder.counter('plimsoll_etcd_slow_watches_total');
  }

  /** Another API server, which watches from the beginning. */
  add(): void {
    this.streams.push({ group: WatchGroup.Closed, position: 0, freeAt: 0, life: 0 });
    this.open(this.streams.length - 1, 0);
  }

  /** Position up to which changes were handed to the sender of a server. */
  positionOf(server: number): number {
    return this.stream(server).position;
  }

  /** Group that the watches of a server are in. */
  groupOf(server: number): number {
    return this.stream(server).group;
  }

  /** A server opens its watches behind `position`. */
  open(server: number, position: number): void {
    const { simulation, parameters, appliedBy } = this.options;
    const stream = this.stream(server);
    this.close(server);
    stream.position = position;
    stream.freeAt = Math.max(stream.freeAt, simulation.now);
    // What the member has not applied yet will come by itself.
    stream.group = position >= appliedBy(server) ? WatchGroup.Synced : WatchGroup.Unsynced;
    if (stream.group === WatchGroup.Unsynced) this.planSync(server);
    simulation.after(parameters.watchProgressInterval, this.evProgress, server, stream.life);
  }

  /** Its watches are gone. */
  close(server: number): void {
    const stream = this.stream(server);
    stream.group = WatchGroup.Closed;
    stream.life++;
  }

  /** Its member has applied the changes before `upTo`, the last of them at `at`. */
  notify(server: number, upTo: number, at: SimTime): void {
    const stream = this.stream(server);
    if (stream.group !== WatchGroup.Synced || upTo <= stream.position) return;
    const { parameters, slowdown, applyService } = this.options;
    const events = upTo - stream.position;
    const sending = events * parameters.watchEventTime * slowdown(server);
    // The changes came one after the other, and the sender began with the first.
    const end = Math.max(at, Math.max(stream.freeAt, at - events * applyService) + sending);
    if ((end - at) * events > parameters.watchChannel * sending) this.becomeVictim(server, at);
    else this.hand(server, upTo, end as SimTime);
  }

  /** A server asks for a progress notification: its member gets that at `at`, and answers if the watches are synced. */
  requestProgress(server: number, at: SimTime): void {
    const stream = this.stream(server);
    if (stream.group === WatchGroup.Synced) this.options.sendProgress(server, Math.max(stream.freeAt, at) as SimTime);
  }

  private stream(server: number): Stream {
    return this.streams[server] as Stream;
  }

  /** The sender has a stretch of the log, and has sent it at `end`. */
  private hand(server: number, upTo: number, end: SimTime): void {
    const stream = this.stream(server);
    this.options.charge(server, nanoseconds((upTo - stream.position) * this.options.parameters.watchEventTime));
    stream.position = upTo;
    stream.freeAt = end;
    this.options.send(server, upTo, end);
  }

  // ---- victims ---------------------------------------------------------------------------------------------------------------------

  private becomeVictim(server: number, at: SimTime): void {
    const { simulation, parameters } = this.options;
    const stream = this.stream(server);
    stream.group = WatchGroup.Victim;
    this.slow.add();
    const since = Math.max(0, at - simulation.now);
    simulation.after(nanoseconds(since + parameters.watchVictimInterval), this.evVictim, server, stream.life);
  }

  /** Once the channel has room again the watch goes on from where it is, as an unsynced one. */
  private onVictim(server: number, life: number): void {
    const { simulation, parameters } = this.options;
    const stream = this.stream(server);
    if (life !== stream.life) return;
    const queued = Math.max(0, stream.freeAt - simulation.now) / Math.max(1, parameters.watchEventTime);
    if (queued >= parameters.watchChannel) {
      simulation.after(parameters.watchVictimInterval, this.evVictim, server, life);
      return;
    }
    stream.group = WatchGroup.Unsynced;
    this.planSync(server);
  }

  // ---- unsynced watches --------------------------------------------------------------------------------------------------------------

  /** The loop runs at a steady beat. */
  private planSync(server: number): void {
    const { simulation, parameters } = this.options;
    const interval = parameters.watchSyncInterval;
    const next = (Math.floor(simulation.now / interval) + 1) * interval;
    simulation.at(next as SimTime, this.evSync, server, this.stream(server).life);
  }

  private onSync(server: number, life: number): void {
    const { simulation, perRevision, appliedBy, cancel, parameters } = this.options;
    const stream = this.stream(server);
    if (life !== stream.life) return;
    const upTo = this.batchEnd(stream.position, appliedBy(server));
    if (upTo === IS_COMPACTED) {
      this.close(server);
      cancel(server);
      return;
    }
    // One range over all that is lacking; every revision of it is decoded.
    const reading = perRevision * (appliedBy(server) - stream.position);
    const start = Math.max(stream.freeAt, simulation.now + reading);
    if (upTo > stream.position) {
      this.hand(server, upTo, (start + (upTo - stream.position) * parameters.watchEventTime) as SimTime);
    }
    stream.group = upTo >= appliedBy(server) ? WatchGroup.Synced : WatchGroup.Unsynced;
    if (stream.group === WatchGroup.Unsynced) this.planSync(server);
  }

  /** Where a round ends that begins behind `position`: when one of the watches has got as many revisions as a round gives. */
  private batchEnd(position: number, applied: number): number {
    const { parameters, kindAt, isCompacted } = this.options;
    if (position < applied && isCompacted(position)) return IS_COMPACTED;
    if (applied - position <= parameters.watchBatchRevisions) return applied;
    const counts: number[] = [];
    for (let at = position; at < applied; at++) {
      const kind = kindAt(at);
      counts[kind] = (counts[kind] ?? 0) + 1;
      if ((counts[kind] as number) > parameters.watchBatchRevisions) return at;
    }
    return applied;
  }

  // ---- progress --------------------------------------------------------------------------------------------------------------------

  private onProgress(server: number, life: number): void {
    const { simulation, parameters } = this.options;
    if (life !== this.stream(server).life) return;
    this.requestProgress(server, simulation.now);
    simulation.after(parameters.watchProgressInterval, this.evProgress, server, life);
  }
}
