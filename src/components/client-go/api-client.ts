/** One clientset: a token bucket, a connection to an API server, and the verbs. */
import { type Kind, NO_KEY, type ObjectKey } from '../../cluster/index.ts';
import type { Distribution } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import {
  RequestFlag,
  type RequestId,
  type Requests,
  Verb,
  type Write,
  writeList,
  writes,
} from '../api-machinery/index.ts';
import type { ProcessCpu } from '../host/process-cpu.ts';
import type { CollectionSelection } from '../kube-apiserver/index.ts';
import type { ClientGo } from './client-go.ts';
import type { ClientPath } from './client-paths.ts';
import type { ClientStatistics } from './client-statistics.ts';
import type { Transport } from './connections.ts';

/** The wait of a client without limiter; the time-out of one that gives none. */
const NO_WAIT = nanoseconds(0);

/** Encoding of request and answer bodies. */
export type Encoding = 'json' | 'protobuf';

/** What a client is made from. */
export interface ApiClientOptions {
  /** Name for metrics; all kubelets share one. */
  readonly name: string;
  /** User and groups as the API server sees them (priority and fairness classifies by them). */
  readonly user: string;
  readonly groups: readonly string[];
  /** Process that it belongs to: the clients of one share their connections. Left out = it has its own. */
  readonly process?: string;
  /** Whether it asks for gzip; left out = if it is not on a control-plane host (scheduler and controller manager switch it off). */
  readonly acceptsGzip?: boolean;
  /** Control-plane host that it runs on, if it does; 0 if left out. */
  readonly host?: number;
  /** Whether it is the API server of that host itself, which asks nobody else. */
  readonly isLoopback?: boolean;
  /** How long it gives each request; left out = as long as the API server itself does. */
  readonly timeout?: Nanoseconds;
  /** Encoding of bodies, protobuf if left out: components of Kubernetes use protobuf; kubectl and most operators JSON. */
  readonly encoding?: Encoding;
  /** Client-side limiter; qps 0 or below = none. */
  readonly qps: number;
  readonly burst: number;
  /** Whether what it asks about pods is part of their way to Ready: bindings, and what a kubelet reads and writes. */
  readonly startsPods?: boolean;
  /** Whether it sits on a node or outside of the control plane (a longer way) or inside. */
  readonly onNode: boolean;
  /** What requests cost its process; left out = nothing that anybody would notice. */
  readonly cpu?: ClientCpu | undefined;
}

/** The CPU of a client's process, and what of it a request takes: to encode and send it, and to take the answer. */
export interface ClientCpu {
  readonly process: ProcessCpu;
  readonly perRequest: Nanoseconds;
}

/** A client of the API. */
export class ApiClient {
  readonly index: number;
  readonly options: ApiClientOptions;
  /** Number of its up link; its down link is the next one. */
  readonly link: number;
  /** One-way delay. */
  readonly delay: Distribution;
  /** Connections that its requests go over. */
  readonly transport: Transport;
  /** Whether the network between it and the API servers is cut (its node has crashed), state. */
  isCut = false;
  /** What is wrong with its way to the API servers; undefined = nothing, state. */
  path: ClientPath | undefined = undefined;
  /** Bits of {@link RequestFlag} that each of its requests has. */
  readonly requestFlags: number;
  /** What it counts together with the clients of its name. */
  readonly statistics: ClientStatistics;
  /** From the options, of which there are many shapes and which every request would look up: how long it gives a request, 0 = as long as the server does [ns]. */
  readonly timeout: Nanoseconds;
  /** Whether it sits on a node, whether it starts pods, and whether it has a limiter. */
  readonly isOnNode: boolean;
  readonly startsPods: boolean;
  private readonly isLimited: boolean;
  /** What its requests cost; undefined = nothing, and the owner of that work in its process. */
  private readonly cpu: ClientCpu | undefined;
  private readonly worker: number;
  private readonly clientGo: ClientGo;
  private readonly requests: Requests;
  /** Number of its token bucket. */
  private readonly limiter: number;
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
    this.transport = clientGo.connections.transportOf(options);
    // Go's HTTP client asks for gzip; the scheduler and the controller manager switch that off (K:cmd/kube-scheduler/app/options/options.go).
    this.requestFlags =
      (options.encoding === 'json' ? RequestFlag.Json : 0) |
      ((options.acceptsGzip ?? options.onNode) ? RequestFlag.Gzip : 0);
    this.limiter = clientGo.limiters.add(options.qps, options.burst);
    this.statistics = clientGo.statisticsOf(options.name, options.qps);
    this.statistics.addClient();
    this.timeout = options.timeout ?? NO_WAIT;
    this.isOnNode = options.onNode;
    this.startsPods = options.startsPods === true;
    this.isLimited = options.qps > 0;
    this.cpu = options.cpu?.perRequest === 0 ? undefined : options.cpu;
    this.worker = this.cpu?.process.register((request) => clientGo.transmit(request as RequestId)) ?? -1;
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
    if (!this.isLimited) return NO_WAIT;
    const wait = this.clientGo.limiters.reserve(this.limiter, at);
    this.statistics.asked(wait);
    return wait;
  }

  /** Its limiter has let a request pass: it is made and sent. */
  prepare(request: RequestId): void {
    if (this.cpu === undefined) this.clientGo.transmit(request);
    else this.cpu.process.run(this.worker, this.cpu.perRequest, request);
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

  /** An eviction of a pod, which its budget may refuse with 429. `uid` 0 = no precondition. */
  eviction(pod: ObjectKey, uid = 0): RequestId {
    const request = this.write(writes.podEviction, pod);
    this.requests.expectedUid[request] = uid;
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
