/**
 * Watchers that only receive: informers of nobody's. Each lists from the watch cache, watches, renews its watch and recovers when its server ends,
 * as every reflector does. Some of them are observed: how long after its commit a change reaches them. The others cost the API server all that a
 * watcher costs it, and the simulator next to nothing.
 */
import { type Kind, NO_VERSION, type VersionHandle } from '../../cluster/index.ts';
import type { HistogramSeries } from '../../metrics/index.ts';
import { nanoseconds } from '../../units/index.ts';
import { type ApiClient, type ClientGo, Reflector } from '../client-go/index.ts';
import type { EtcdCluster } from '../etcd/index.ts';

/** Commit times that are kept, by revision: more than are ever on their way. */
const KEPT_COMMITS = 65_536;

/** When revisions were committed. One for all watchers that are observed. */
export class CommitTimes {
  private readonly times = new Float64Array(KEPT_COMMITS);

  /** Made before the first watcher that is observed opens. */
  constructor(store: EtcdCluster, clientGo: ClientGo) {
    const { simulation } = clientGo;
    store.observe(({ revision }) => {
      this.times[revision % KEPT_COMMITS] = simulation.now;
    });
  }

  /** Instant at which a revision was committed [ns]. */
  of(revision: number): number {
    return this.times[revision % KEPT_COMMITS] as number;
  }
}

/** What watchers are made from. */
export interface LoadWatchesOptions {
  readonly name: string;
  readonly clientGo: ClientGo;
  readonly commits: CommitTimes;
  readonly connections: readonly ApiClient[];
  readonly kind: Kind;
  /** What each selects: EVERYTHING, or a bucket (the pods of a node, one object by name). */
  readonly bucket: (watcher: number) => number;
  readonly count: number;
  /** How many of them are observed. */
  readonly observed: number;
}

/** The watchers of one operation. */
export class LoadWatches {
  private readonly options: LoadWatchesOptions;
  private readonly reflectors: Reflector[] = [];
  private readonly delivery: HistogramSeries;

  constructor(options: LoadWatchesOptions) {
    this.options = options;
    const { clientGo, name } = options;
    this.delivery = clientGo.recorder.histogram('plimsoll_load_watch_delivery_duration_seconds', { load: name });
    for (let watcher = 0; watcher < options.count; watcher++) this.reflectors.push(this.reflector(watcher));
  }

  /** Opens one of them. */
  open(watcher: number): void {
    (this.reflectors[watcher] as Reflector).start();
  }

  /** Closes all. */
  stop(): void {
    for (const reflector of this.reflectors) reflector.stop();
  }

  private reflector(watcher: number): Reflector {
    const { clientGo, connections, kind, bucket, observed, commits } = this.options;
    const client = connections[watcher % connections.length] as ApiClient;
    const { reflectorReplies } = clientGo;
    if (watcher >= observed) return new Reflector(clientGo, client, kind, bucket(watcher), reflectorReplies);
    const table = clientGo.tables.of(kind);
    return new Reflector(clientGo, client, kind, bucket(watcher), reflectorReplies, {
      onListed: () => {},
      onChanged: (version: VersionHandle) => {
        // What a deletion is delivered with is no version of its own.
        if (version === NO_VERSION) return;
        const committed = commits.of(table.revision.get(version));
        this.delivery.recordSpan(nanoseconds(clientGo.simulation.now - committed));
      },
    });
  }
}
