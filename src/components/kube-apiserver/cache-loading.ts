/**
 * How a watch cache is filled when its process starts, or when etcd has cancelled its watch: the resource is listed from etcd in pages, each page is
 * decoded on the host's CPU, and once all of them have come the cache replaces its content. A list that fails is tried again after a second.
 * K:apiserver/pkg/storage/cacher/cacher.go:startCaching, lister_watcher.go.
 */
import type { Kind, VersionHandle } from '../../cluster/index.ts';
import type { EventType } from '../../engine/index.ts';
import { nanoseconds, seconds } from '../../units/index.ts';
import { ReadNumber, type RequestId } from '../api-machinery/index.ts';
import { StoreOutcome } from '../etcd/index.ts';
import type { Host } from '../host/host.ts';
import type { OwnRequests } from './own-requests.ts';
import type { ApiServerSurroundings } from './surroundings.ts';

/** Pause before a list that failed is tried again (K:apiserver/pkg/storage/cacher/cacher.go: wait.Until). */
const RETRY = seconds(1);
/** Attempts that a job's tag tells apart; a tag has 24 bits. */
const ATTEMPTS = 65_536;

/** A list under way. */
interface Load {
  /** Raised whenever it begins anew; what belongs to an older attempt is dropped. */
  attempt: number;
  /** Versions that have come; held. */
  found: VersionHandle[];
  /** Where the next page begins, and the revision of all pages. */
  position: number;
  revision: number;
}

/** The loading of all caches of one server. */
export class CacheLoading {
  private readonly around: ApiServerSurroundings;
  private readonly own: OwnRequests;
  private readonly host: Host;
  private readonly decoding: number;
  private readonly evRetry: EventType;
  private readonly filled: (kind: Kind, versions: readonly VersionHandle[], revision: number) => void;
  private readonly loads: Load[];

  /** `filled`: all pages of a resource have come; the versions are given up afterwards. */
  constructor(
    around: ApiServerSurroundings,
    name: string,
    own: OwnRequests,
    host: Host,
    filled: (kind: Kind, versions: readonly VersionHandle[], revision: number) => void,
  ) {
    this.around = around;
    this.own = own;
    this.host = host;
    this.filled = filled;
    this.decoding = host.register((tag) => this.onDecoded(Math.floor(tag / ATTEMPTS) as Kind, tag % ATTEMPTS), name);
    this.evRetry = around.simulation.on(`${name}: cache lists again`, (kind, attempt) => {
      if ((this.loads[kind] as Load).attempt === attempt) this.load(kind as Kind);
    });
    this.loads = around.tables.resourceNames.map(() => ({ attempt: 0, found: [], position: 0, revision: 0 }));
  }

  /** Begins to fill the cache of a kind, from the first page on. */
  load(kind: Kind): void {
    this.stop(kind);
    this.askPage(kind);
  }

  /** Gives a load up. */
  stop(kind: Kind): void {
    const load = this.loads[kind] as Load;
    load.attempt = (load.attempt + 1) % ATTEMPTS;
    load.position = 0;
    load.revision = 0;
    this.releaseFound(kind, load);
  }

  private askPage(kind: Kind): void {
    const load = this.loads[kind] as Load;
    const { attempt, position, revision } = load;
    const limit = this.around.parameters.watchCacheListPage;
    this.own.list(kind, { limit, position, revision }, (request, outcome) => {
      if (load.attempt !== attempt) this.release(kind, this.own.listed(request));
      else if (outcome === StoreOutcome.Succeeded) this.onPage(kind, load, request);
      else this.around.simulation.after(RETRY, this.evRetry, kind, attempt);
    });
  }

  private onPage(kind: Kind, load: Load, request: RequestId): void {
    const { requests, parameters } = this.around;
    const listed = this.own.listed(request);
    for (const version of listed) load.found.push(version);
    load.position = requests.number(request, ReadNumber.Position);
    load.revision = requests.resultRevision[request] as number;
    const work = nanoseconds(listed.length * parameters.watchProcessService);
    this.host.run(this.decoding, work, kind * ATTEMPTS + load.attempt);
  }

  private onDecoded(kind: Kind, attempt: number): void {
    const load = this.loads[kind] as Load;
    if (load.attempt !== attempt) return;
    if (load.position > 0) {
      this.askPage(kind);
      return;
    }
    this.filled(kind, load.found, load.revision);
    this.releaseFound(kind, load);
  }

  private releaseFound(kind: Kind, load: Load): void {
    this.release(kind, load.found);
    load.found = [];
  }

  private release(kind: Kind, versions: readonly VersionHandle[]): void {
    const table = this.around.tables.of(kind);
    for (const version of versions) table.release(version);
  }
}
