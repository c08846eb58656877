/**
 * Requests that wait until a watch cache has reached a revision. While anybody waits, etcd is asked for progress at once and then every 100 ms, so that
 * a resource without changes gets there too. K:apiserver/pkg/storage/cacher/watch_cache.go:waitUntilFreshAndBlock, progress/watch_progress.go.
 * One round of progress serves all resources of a server, where the real one asks on the stream of each.
 */
import type { Kind } from '../../cluster/index.ts';
import type { EventId, EventType } from '../../engine/index.ts';
import type { HistogramSeries } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, plus, type SimTime } from '../../units/index.ts';
import type { RequestId } from '../api-machinery/index.ts';
import type { ApiServerSurroundings } from './surroundings.ts';

/** A request that waits. */
interface Waiter {
  readonly request: RequestId;
  readonly kind: Kind;
  readonly revision: number;
  readonly since: SimTime;
  readonly timeout: EventId | undefined;
}

/** What becomes of those that waited. */
export interface FreshnessDuties {
  /** The cache is there. */
  onFresh(request: RequestId): void;
  /** The request has waited for as long as it would. */
  onStale(request: RequestId): void;
}

/** All waiting requests of one server. */
export class CacheFreshness {
  private readonly around: ApiServerSurroundings;
  private readonly server: number;
  private readonly duties: FreshnessDuties;
  private readonly revisionOf: (kind: Kind) => number;
  private readonly waits: readonly HistogramSeries[];
  private readonly evStale: EventType;
  private readonly evAskProgress: EventType;
  private waiters: Waiter[] = [];
  /** Whether the next round of progress is planned, and when the last one was [ns], state. */
  private isAsking = false;
  private askedAt: number = Number.NEGATIVE_INFINITY;

  constructor(
    around: ApiServerSurroundings,
    name: string,
    server: number,
    revisionOf: (kind: Kind) => number,
    duties: FreshnessDuties,
  ) {
    const { simulation, recorder, tables } = around;
    this.around = around;
    this.server = server;
    this.duties = duties;
    this.revisionOf = revisionOf;
    this.waits = tables.resourceNames.map((resource) =>
      recorder.histogram('apiserver_watch_cache_read_wait_seconds', { resource }),
    );
    this.evStale = simulation.on(`${name}: waited too long for its cache`, (request) =>
      this.giveUp(request as RequestId),
    );
    this.evAskProgress = simulation.on(`${name}: progress is asked for`, () => this.askProgress());
  }

  /** Waits until the cache of a kind has a revision; for `patience` at most, if that is given. */
  wait(request: RequestId, kind: Kind, revision: number, patience?: Nanoseconds): void {
    const { simulation } = this.around;
    if (this.revisionOf(kind) >= revision) {
      (this.waits[kind] as HistogramSeries).recordSpan(nanoseconds(0));
      this.duties.onFresh(request);
      return;
    }
    const timeout = patience === undefined ? undefined : simulation.after(patience, this.evStale, request);
    this.waiters.push({ request, kind, revision, since: simulation.now, timeout });
    if (this.isAsking) return;
    this.isAsking = true;
    const due = this.askedAt + this.around.parameters.progressRequestPeriod;
    simulation.at(Math.max(simulation.now, due) as SimTime, this.evAskProgress);
  }

  /** Caches have moved: those who have waited long enough go on. */
  moved(): void {
    if (this.waiters.length === 0) return;
    const { simulation } = this.around;
    const isFresh = ({ kind, revision }: Waiter) => this.revisionOf(kind) >= revision;
    const fresh = this.waiters.filter(isFresh);
    if (fresh.length === 0) return;
    this.waiters = this.waiters.filter((waiter) => !isFresh(waiter));
    for (const { request, kind, since, timeout } of fresh) {
      if (timeout !== undefined) simulation.cancel(timeout);
      (this.waits[kind] as HistogramSeries).recordSpan(nanoseconds(simulation.now - since));
      this.duties.onFresh(request);
    }
  }

  /** The process has ended: nobody waits any more. Returns who did. */
  clear(): readonly RequestId[] {
    const { waiters } = this;
    this.waiters = [];
    for (const { timeout } of waiters) if (timeout !== undefined) this.around.simulation.cancel(timeout);
    return waiters.map(({ request }) => request);
  }

  private giveUp(request: RequestId): void {
    const { simulation } = this.around;
    const waiter = this.waiters.find((one) => one.request === request) as Waiter;
    this.waiters = this.waiters.filter((one) => one !== waiter);
    (this.waits[waiter.kind] as HistogramSeries).recordSpan(nanoseconds(simulation.now - waiter.since));
    this.duties.onStale(request);
  }

  private askProgress(): void {
    this.isAsking = this.waiters.length > 0;
    if (!this.isAsking) return;
    const { simulation, store, parameters } = this.around;
    this.askedAt = simulation.now;
    store.requestProgress(this.server);
    simulation.at(plus(simulation.now, parameters.progressRequestPeriod), this.evAskProgress);
  }
}
