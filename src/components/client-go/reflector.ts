/**
 * A reflector keeps a client informed of a kind (or one bucket of it): it opens a watch that begins with what there is (watch-list), or lists and
 * watches from the list's revision; opens the watch again when it ends; and begins anew when its revision has left the server's history (410).
 * A server that cannot do the former is listed from. K:client-go/tools/cache/reflector.go.
 */
import { type Kind, NO_VERSION, type VersionHandle } from '../../cluster/index.ts';
import type { EventId, KeyedStream } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, seconds } from '../../units/index.ts';
import { isSuccess, ReadNumber, type RequestId, StatusCode, Verb } from '../api-machinery/index.ts';
import { ChangeType, GONE, NOTHING_DELIVERED, type WatchLog, type WatchSubscriber } from '../kube-apiserver/index.ts';
import type { ApiClient } from './api-client.ts';
import type { ClientGo } from './client-go.ts';

/** Who is told of what a reflector sees. */
export interface ReflectorListener {
  /** A list has come: these are all objects there are. The versions are the list's; keep one by retaining it. */
  onListed(versions: readonly VersionHandle[]): void;
  /**
   * A change has come: NO_VERSION for `version` = deleted, for `previous` = added to what is watched. Keep one by retaining it. Left out by those who
   * only want to know up to which revision they have seen everything.
   */
  onChanged?(version: VersionHandle, previous: VersionHandle): void;
  /** All changes that have come by now were handed over. */
  onCaughtUp?(): void;
  /** Whether it would do anything on this change of its bucket; left out = on every one. See {@link WatchSubscriber}. */
  concerns?(version: VersionHandle, previous: VersionHandle): boolean;
}

/** A watch that ends sooner than this without a change is taken for a failure (reflector.go:VeryShortWatchError). */
const SHORT_WATCH = seconds(1);

/** One list-and-watch loop. */
export class Reflector implements WatchSubscriber {
  readonly client: ApiClient;
  readonly kind: Kind;
  /** Bucket that is watched: a node for pods, a key for others, or EVERYTHING. */
  readonly bucket: number;
  /** Its number at {@link ClientGo}. */
  readonly index: number;
  /** Raised whenever the watch ends, so that what belongs to an older one is ignored, state. */
  generation = 0;
  private readonly clientGo: ClientGo;
  private readonly listener: ReflectorListener | undefined;
  /** Reflectors without a listener only cost the API server. */
  readonly isSilent: boolean;
  readonly concerns?: (version: VersionHandle, previous: VersionHandle) => boolean;
  private readonly jitters: KeyedStream;
  /** Jitters drawn so far, state. */
  private draws = 0;
  private readonly onList: number;
  private readonly onWatch: number;
  /** Log and number of the open watch, state. */
  private log: WatchLog | undefined;
  private server = -1;
  private watcher = -1;
  private identity = -1;
  /** Revision up to which everything was seen, state. */
  private revision = 0;
  /** When the open watch was opened [ns], and whether it has brought a change, state. */
  private openedAt = 0;
  private hasSeen = false;
  /** Next back-off, and when the last one began [ns], state. */
  private backoff: Nanoseconds;
  private backedOffAt = 0;
  private timer: EventId | undefined;
  /** Server and process of the watch that stands still because the network is cut; undefined = none does, state. */
  private hung: { readonly server: number; readonly incarnation: number } | undefined = undefined;
  private stopped = true;
  /** How often it was stopped; requests carry it, so that an answer to a process that has ended since is not taken for one to the next, state. */
  private life = 0;
  /** Whether further changes wake it; false = the listener takes them when it calls {@link catchUp}, state. */
  private resting = true;

  constructor(
    clientGo: ClientGo,
    client: ApiClient,
    kind: Kind,
    bucket: number,
    replies: ReflectorReplies,
    listener?: ReflectorListener,
  ) {
    this.clientGo = clientGo;
    this.client = client;
    this.kind = kind;
    this.bucket = bucket;
    this.listener = listener;
    this.isSilent = listener === undefined;
    if (listener?.concerns !== undefined) this.concerns = listener.concerns;
    this.jitters = replies.jitter;
    this.onList = replies.onList;
    this.onWatch = replies.onWatch;
    this.backoff = clientGo.parameters.reflectorBackoff;
    this.index = clientGo.register(this);
  }

  /** Starts by listing, as a process that has just started does. */
  start(): void {
    this.stopped = false;
    this.revision = 0;
    this.backoff = this.clientGo.parameters.reflectorBackoff;
    this.begin(true);
  }

  /** Starts as if it had listed everything at `revision` before the run began; the age of its watch is drawn. */
  startPreloaded(revision: number): void {
    this.stopped = false;
    this.revision = revision;
    const server = this.clientGo.serverFor(this.client);
    if (server === undefined) throw new RangeError('preloaded reflectors need an API server that is up');
    const { log } = server.cache(this.kind);
    const watcher = log.openWatch(this.bucket, revision, this);
    if (watcher === GONE) throw new RangeError('preloaded reflectors start at the revision of the cache');
    this.opened(server.index, watcher, this.jitter());
  }

  /** Stops: the process has ended or the object is not needed any more. */
  stop(): void {
    this.stopped = true;
    this.life++;
    this.hung = undefined;
    this.closeWatch();
    this.cancelTimer();
  }

  /** Whether it watches at this API server now. */
  watchesAt(server: number): boolean {
    return this.watcher >= 0 && this.server === server;
  }

  /** Whether a change that is delivered to it will wake it, or it has asked not to be woken. */
  get willSeeEverything(): boolean {
    return this.log === undefined || this.listener === undefined || !this.resting || !this.log.isAwake(this.watcher);
  }

  /** Revision up to which every change of what it watches was taken over. */
  get seen(): number {
    return this.revision;
  }

  /** Takes over what has been delivered by now, without having been woken (a listener that acts later asks for it). */
  catchUp(): void {
    this.resting = true;
    this.takeOver();
    if (this.resting && this.watcher >= 0) this.log?.rest(this.watcher);
  }

  /** Takes over what has been delivered by now, and still wants to be told of nothing more. */
  takeDelivered(): void {
    this.takeOver();
  }

  /** The network to its server is cut: nothing comes any more, which its client notices after `span`. */
  hang(span: Nanoseconds): void {
    if (this.watcher < 0) return;
    this.takeOver();
    const { log, watcher, server } = this;
    if (log === undefined || watcher < 0) return;
    this.hung = { server, incarnation: this.clientGo.server(server).incarnation };
    const known = Math.max(this.revision, log.bookmarkedRevision(watcher));
    this.closeWatch();
    this.revision = known;
    this.cancelTimer();
    this.setTimer(span);
  }

  /** The network is whole again: a watch that nobody has given up goes on from where it was, or begins anew where the history for that is gone. */
  recover(): void {
    const { hung } = this;
    if (hung === undefined) return;
    this.hung = undefined;
    this.cancelTimer();
    const server = this.clientGo.server(hung.server);
    const isSame = server.isUp && server.incarnation === hung.incarnation;
    const watcher = isSame ? server.cache(this.kind).log.openWatch(this.bucket, this.revision, this) : GONE;
    if (watcher === GONE) this.retryLater();
    else this.opened(hung.server, watcher, 0);
  }

  /** By how much a change comes later than on a network with which nothing is wrong. */
  lateness(revision: number): number {
    const { path } = this.client;
    return path === undefined ? 0 : this.clientGo.paths.lateness(path, this.client.link + 1, -revision);
  }

  /** From inside a listener: take further changes only when {@link catchUp} is called. */
  deferUntilCaughtUp(): void {
    this.resting = false;
  }

  // ---- list and watch ------------------------------------------------------------------------------------------------------------

  /** Begins with what there is: any version that a cache has (`anyVersion`) if it knows nothing, else the present one. */
  private begin(anyVersion: boolean): void {
    if (this.clientGo.parameters.watchList) this.sendWatch(true);
    else this.sendList(anyVersion);
  }

  private sendList(fromCache: boolean): void {
    const request = this.client.list(this.kind, this.bucket, fromCache);
    this.clientGo.requests.setNumber(request, ReadNumber.Life, this.life);
    this.client.send(request, this.onList, this.index);
  }

  /** The list's answer. */
  listed(request: RequestId): void {
    const { requests } = this.clientGo;
    if (this.isOutlived(request)) return;
    if (!isSuccess(requests.code[request] as number)) {
      this.retryLater();
      return;
    }
    this.revision = requests.resultRevision[request] as number;
    this.listener?.onListed(requests.object[request] as readonly VersionHandle[]);
    this.listener?.onCaughtUp?.();
    this.sendWatch();
  }

  /** Opens a watch: after what it has seen, or one that begins with what there is. */
  private sendWatch(withInitialEvents = false): void {
    const { requests } = this.clientGo;
    const request = requests.allocate(Verb.Watch, this.kind, -1 as never);
    requests.setNumber(request, ReadNumber.Bucket, this.bucket);
    if (withInitialEvents) requests.setNumber(request, ReadNumber.InitialEvents, 1);
    else requests.setNumber(request, ReadNumber.After, this.revision);
    requests.setNumber(request, ReadNumber.Life, this.life);
    requests.object[request] = this;
    this.client.send(request, this.onWatch, this.index);
  }

  /** The watch's answer: a watcher's number, or a refusal. */
  watchOpened(request: RequestId): void {
    const { requests } = this.clientGo;
    const isOutlived = this.isOutlived(request);
    if (requests.code[request] !== StatusCode.Ok) {
      if (!isOutlived) this.watchRefused(request);
      return;
    }
    const server = this.clientGo.server(requests.server[request] as number);
    const watcher = requests.resultRevision[request] as number;
    const { log } = server.cache(this.kind);
    // The server may have ended the watch, or have ended itself, while the answer was on its way.
    const isOpen = server.isUp && log.isOpen(watcher, requests.number(request, ReadNumber.Identity));
    if (isOutlived) {
      if (isOpen) log.closeWatch(watcher);
    } else if (isOpen) {
      this.opened(server.index, watcher, 0);
      if (requests.number(request, ReadNumber.InitialEvents) === 1) this.takeInitial(request);
    } else {
      this.retryLater();
    }
  }

  /** A watch has begun with what there is. */
  private takeInitial(request: RequestId): void {
    const { requests } = this.clientGo;
    this.revision = requests.number(request, ReadNumber.Revision);
    this.listener?.onListed(requests.object[request] as readonly VersionHandle[]);
    this.listener?.onCaughtUp?.();
  }

  private watchRefused(request: RequestId): void {
    const { requests } = this.clientGo;
    const code = requests.code[request] as number;
    const isPassing = code === StatusCode.TooManyRequests || code === StatusCode.ConnectionBroken;
    // 410: its revision has gone; 504: the server's cache is not that far yet.
    if (code === StatusCode.Gone || code === StatusCode.GatewayTimeout) this.begin(false);
    else if (!isPassing && requests.number(request, ReadNumber.InitialEvents) === 1) this.sendList(true);
    else this.retryLater();
  }

  /** Whether the process that sent a request has ended. */
  private isOutlived(request: RequestId): boolean {
    return this.stopped || this.clientGo.requests.number(request, ReadNumber.Life) !== this.life;
  }

  /** `elapsed`: share of the watch's life that is over. */
  private opened(server: number, watcher: number, elapsed: number): void {
    this.server = server;
    this.watcher = watcher;
    this.log = this.clientGo.server(server).cache(this.kind).log;
    this.identity = this.log.identity(watcher);
    this.openedAt = this.clientGo.simulation.now;
    this.hasSeen = false;
    const life = this.clientGo.parameters.watchTimeoutMinimum * (1 + this.jitter()) * (1 - elapsed);
    this.setTimer(nanoseconds(life));
    // Changes may have come before the answer that the watch is open.
    if (this.resting) this.log.rest(watcher);
  }

  // ---- events --------------------------------------------------------------------------------------------------------------------

  /** Something can be seen. */
  onDelivered(): void {
    this.takeOver();
    if (this.resting && this.watcher >= 0) this.log?.rest(this.watcher);
  }

  /** The server has closed the watch, for being too slow or because its cache starts anew: it goes on from what it has seen. */
  onEnded(): void {
    this.takeOver();
    if (this.watcher < 0) return;
    this.forgetWatch();
    this.cancelTimer();
    if (!this.hasSeen && this.clientGo.simulation.now - this.openedAt < SHORT_WATCH) this.retryLater();
    else this.sendWatch();
  }

  /** Its connection breaks now: the last bookmark counts, if it says more than the changes that have come. */
  rememberBookmark(): void {
    if (this.log !== undefined) this.revision = Math.max(this.revision, this.log.bookmarkedRevision(this.watcher));
  }

  private takeOver(): void {
    const { log, watcher } = this;
    if (log === undefined || watcher < 0) return;
    if (this.listener?.onChanged === undefined) {
      const taken = log.takeAll(watcher, this.client.path === undefined);
      if (taken === GONE) {
        this.beginAnew();
        return;
      }
      if (taken === 0) return;
      this.hasSeen = true;
      this.revision = log.seenRevision(watcher);
      this.listener?.onCaughtUp?.();
      return;
    }
    let isNews = false;
    for (;;) {
      const sequence = log.next(watcher);
      if (sequence === NOTHING_DELIVERED) break;
      if (sequence === GONE) {
        this.beginAnew();
        return;
      }
      isNews = true;
      this.hasSeen = true;
      const added = log.typeFor(watcher, sequence) === ChangeType.Added;
      this.listener.onChanged(log.versionAt(sequence), added ? NO_VERSION : log.previousAt(sequence));
      // The listener may have stopped the reflector.
      if (this.watcher < 0) return;
    }
    this.revision = log.seenRevision(watcher);
    if (isNews) this.listener?.onCaughtUp?.();
  }

  /** Its revision has left the server's history: it lists again. */
  private beginAnew(): void {
    this.closeWatch();
    this.cancelTimer();
    this.begin(false);
  }

  /** The watch has reached its timeout, or a back-off is over. */
  onTimer(generation: number): void {
    if (generation !== this.generation || this.stopped) return;
    this.timer = undefined;
    this.hung = undefined;
    this.closeWatch();
    if (this.revision === 0) this.begin(true);
    else this.sendWatch();
  }

  /** The connection broke: the API server has ended. */
  onBroken(generation: number): void {
    if (generation !== this.generation || this.stopped) return;
    this.forgetWatch();
    this.cancelTimer();
    this.retryLater();
  }

  private retryLater(): void {
    const { parameters, simulation } = this.clientGo;
    if (simulation.now - this.backedOffAt > parameters.reflectorBackoffReset)
      this.backoff = parameters.reflectorBackoff;
    this.backedOffAt = simulation.now;
    const pause = nanoseconds(this.backoff * (1 + this.jitter()));
    this.backoff = nanoseconds(Math.min(this.backoff * 2, parameters.reflectorBackoffMaximum));
    this.cancelTimer();
    this.setTimer(pause);
  }

  // ---- small parts ---------------------------------------------------------------------------------------------------------------

  private closeWatch(): void {
    const { log, watcher, identity } = this;
    this.forgetWatch();
    if (log?.isOpen(watcher, identity) === true) log.closeWatch(watcher);
  }

  /** The watch is over: the next one goes on from here. */
  private forgetWatch(): void {
    const { log } = this;
    if (log?.isOpen(this.watcher, this.identity) === true) {
      this.revision = log.resumeRevision(this.watcher);
    }
    this.watcher = -1;
    this.server = -1;
    this.log = undefined;
    this.generation++;
  }

  /** A jitter of this reflector, from 0 to 1: a draw of its own, whoever else draws. */
  private jitter(): number {
    return this.jitters.uniform(this.index, this.draws++);
  }

  private setTimer(span: Nanoseconds): void {
    this.timer = this.clientGo.simulation.after(span, this.clientGo.evReflectorTimer, this.index, this.generation);
  }

  private cancelTimer(): void {
    if (this.timer !== undefined) this.clientGo.simulation.cancel(this.timer);
    this.timer = undefined;
  }
}

/** What all reflectors of a run share: reply handlers registered once, and the stream of their jitters. */
export interface ReflectorReplies {
  readonly onList: number;
  readonly onWatch: number;
  readonly jitter: KeyedStream;
}
