/** One clientset: a token bucket, a connection to an API server, and the verbs. */
import { type Kind, NO_KEY, type ObjectKey } from '../../cluster/index.ts';
import { type Distribution, TokenBucket } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import { RequestFlag, type RequestId, type Requests, Verb, type Write, writeList } from '../api-machinery/index.ts';
import type { CollectionSelection } from '../kube-apiserver/index.ts';
import type { ClientGo } from './client-go.ts';
import type { ClientStatistics } from './client-statistics.ts';

/** The wait of a client without limiter. */
const NO_WAIT = nanoseconds(0);

/** What a client is made from. */
export interface ApiClientOptions {
  /** Name for metrics; all kubelets share one. */
  readonly name: string;
  /** User and groups as the API server sees them (priority and fairness classifies by them). */
  readonly user: string;
  readonly groups: readonly string[];
  /** Client-side limiter; qps 0 or below = none. */
  readonly qps: number;
  readonly burst: number;
  /** Whether what it asks about pods is part of their way to Ready: bindings, and what a kubelet reads and writes. */
  readonly startsPods?: boolean;
  /** Whether it sits on a node or outside of the control plane (a longer way) or inside. */
  readonly onNode: boolean;
}

/** A client of the API. */
export class ApiClient {
  readonly index: number;
  readonly options: ApiClientOptions;
  /** Number of its up link; its down link is the next one. */
  readonly link: number;
  /** One-way delay. */
  readonly delay: Distribution;
  /** API server that it is connected to, state. */
  serverIndex: number;
  /** Whether the network between it and the API servers is cut (its node has crashed), state. */
  isCut = false;
  /** What it counts together with the clients of its name. */
  readonly statistics: ClientStatistics;
  private readonly clientGo: ClientGo;
  private readonly requests: Requests;
  private readonly bucket: TokenBucket;
  /** Requests that its limiter has let pass in the interval of the statistics with this number, statistic. */
  private passed = 0;
  private interval = 0;

  constructor(clientGo: ClientGo, index: number, link: number, delay: Distribution, options: ApiClientOptions) {
    this.clientGo = clientGo;
    this.requests = clientGo.requests;
    this.index = index;
    this.link = link;
    this.delay = delay;
    this.options = options;
    this.serverIndex = index;
    this.bucket = new TokenBucket(options.qps, options.burst);
    this.statistics = clientGo.statisticsOf(options.name, options.qps);
    this.statistics.addClient();
  }

  /** Its process has ended for good: what it has sent is answered to nobody. */
  retire(): void {
    this.isCut = true;
    this.statistics.removeClient();
  }

  /** Its limiter lets a request pass. */
  countPassage(): void {
    const { statistics } = this;
    if (this.interval !== statistics.interval) {
      this.interval = statistics.interval;
      this.passed = 0;
    }
    statistics.pass(++this.passed);
  }

  /** Takes a token for a request that is ready at `at`; returns how long it waits for it. */
  reserve(at: SimTime): Nanoseconds {
    if (this.options.qps <= 0) return NO_WAIT;
    const wait = this.bucket.reserve(at);
    this.statistics.asked(wait);
    return wait;
  }

  // ---- making requests ---------------------------------------------------------------------------------------------------------

  /**
   * A write of an object, to be filled by the caller (numbers and object of the message, preconditions) and then sent. `kind` is for writes
   * that serve any kind.
   */
  write(write: number, key: ObjectKey, kind?: Kind): RequestId {
    const { verb, kind: ownKind } = writeList[write] as Write;
    if (ownKind === undefined && kind === undefined) throw new RangeError(`write ${write} needs a kind`);
    const request = this.requests.allocate(verb, (ownKind ?? kind) as Kind, key);
    this.requests.write[request] = write;
    return request;
  }

  /** A read of one object. */
  read(kind: Kind, key: ObjectKey): RequestId {
    return this.requests.allocate(Verb.Get, kind, key);
  }

  /** A deletion. `noGrace` = gracePeriodSeconds 0. `uid` 0 = no precondition. */
  deletion(kind: Kind, key: ObjectKey, uid = 0, noGrace = false): RequestId {
    const request = this.requests.allocate(Verb.Delete, kind, key);
    this.requests.expectedUid[request] = uid;
    if (noGrace) this.requests.flags[request] = RequestFlag.NoGrace;
    return request;
  }

  /** A deletion of all objects that `selection` names. */
  collectionDeletion(kind: Kind, selection: CollectionSelection): RequestId {
    const request = this.requests.allocate(Verb.DeleteCollection, kind, NO_KEY);
    this.requests.object[request] = selection;
    return request;
  }

  /** A list of a bucket of a kind, from the watch cache (resourceVersion "0") or consistent. */
  list(kind: Kind, bucket: number, fromCache: boolean): RequestId {
    const request = this.requests.allocate(Verb.List, kind, -1 as ObjectKey);
    this.requests.setNumber(request, 0, bucket);
    if (fromCache) this.requests.flags[request] = RequestFlag.FromCache;
    return request;
  }

  // ---- sending them ------------------------------------------------------------------------------------------------------------

  /** Sends a request; the reply handler is told of the answer. */
  send(request: RequestId, reply: number, context = 0): void {
    this.clientGo.issue(this, request, reply, context);
  }

  /** Sends a request from inside a process and waits for the answer. */
  call(request: RequestId): Generator<number, RequestId, number> {
    return this.clientGo.call(this, request);
  }
}
