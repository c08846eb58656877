/**
 * client-go: how every component talks to the API servers. https://github.com/kubernetes/client-go.
 *
 * A component creates an {@link ApiClient} (a clientset with its token bucket), issues requests on it and is told of the answer by a reply
 * handler that it registered once. A request waits for its client's limiter, crosses the link, is served and comes back; a 429, or a 5xx with
 * Retry-After, is tried again after that, through the limiter again. Connections stick to one API server until it breaks.
 * Left out here: see docs/not-modelled.md (HTTP/2 streams per connection, request compression).
 */
import { type Kind, kinds, NO_VERSION, type ObjectTables } from '../../cluster/index.ts';
import {
  type EventType,
  type KeyedStream,
  LinkTable,
  type ProcessId,
  type Simulation,
  SUSPEND,
  type ValuesOf,
} from '../../engine/index.ts';
import { FLOW_POD_CREATION, FLOW_POD_STARTUP, type MetricRecorder, type WaitLedger } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import {
  type RequestId,
  type Requests,
  StatusCode,
  Verb,
  verbNames,
  WAIT_PLACES,
  WaitPlace,
  writes,
} from '../api-machinery/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import { type ApiServer, requestClass, requestClasses, subresourceOf } from '../kube-apiserver/index.ts';
import { ApiClient, type ApiClientOptions } from './api-client.ts';
import type { clientGoParameters } from './client-go.parameters.ts';
import { ClientStatistics } from './client-statistics.ts';
import type { Reflector, ReflectorReplies } from './reflector.ts';
import type { WorkQueue } from './work-queue.ts';

/** Handles an answer. It reads what it needs from the request there and then; the slot is free once it returns. */
export type ReplyHandler = (request: RequestId, context: number) => void;

/** Watches over all requests, for traces and tests. It changes nothing. */
export interface RequestObserver {
  /** A request leaves its client's machine; again at each attempt. */
  onSent?(request: RequestId, client: ApiClient): void;
  /** The last answer has come, or the connection broke; the slot is still there. */
  onAnswered?(request: RequestId, client: ApiClient): void;
}

/** Number of the reply handler that resumes the process in the request's context. */
export const RESUME_PROCESS = 0;

/** Everything that clients share. */
export class ClientGo {
  readonly simulation: Simulation;
  readonly tables: ObjectTables;
  readonly requests: Requests;
  readonly parameters: ValuesOf<typeof clientGoParameters>;
  readonly recorder: MetricRecorder;
  readonly waits: WaitLedger;
  private readonly network: ValuesOf<typeof networkParameters>;
  private servers: readonly ApiServer[] = [];
  private readonly clients: ApiClient[] = [];
  private readonly statistics = new Map<string, ClientStatistics>();
  private readonly reflectors: Reflector[] = [];
  private readonly handlers: ReplyHandler[] = [];
  /** Connections of API servers to themselves, made on first use. */
  private readonly loopbacks: (ApiClient | undefined)[] = [];
  private readonly observers: RequestObserver[] = [];
  private readonly links: LinkTable;
  /** Link delays, keyed by link and message: who else talks does not matter. */
  private readonly delays: KeyedStream;
  /** Messages sent so far by link. */
  private readonly messages: number[] = [];
  private readonly evAdmitted: EventType;
  private readonly evRetry: EventType;
  private readonly evReply: EventType;
  /** Event "time to renew or open the watch again" (reflector, generation). */
  readonly evReflectorTimer: EventType;
  /** Event "a delayed item is due" (queue, key). */
  readonly evQueueItemDue: EventType;
  private readonly queues: WorkQueue[] = [];
  private readonly evWatchBroke: EventType;
  /** What all reflectors share. */
  readonly reflectorReplies: ReflectorReplies;
  /** Requests by fate, statistic: issued = answered + broken + in flight. */
  private issued = 0;
  private answered = 0;
  private broken = 0;
  private inFlight = 0;
  /** Flow numbers of the wait ledger by class of request, and servers of the places that all clients share. */
  private readonly flows: (number | undefined)[];
  private readonly podStartup: number;
  private readonly podCreation: number;
  private readonly placeServers: number[];

  constructor(options: {
    simulation: Simulation;
    tables: ObjectTables;
    requests: Requests;
    parameters: ValuesOf<typeof clientGoParameters>;
    network: ValuesOf<typeof networkParameters>;
    recorder: MetricRecorder;
    waits: WaitLedger;
  }) {
    const { simulation, waits } = options;
    this.simulation = simulation;
    this.tables = options.tables;
    this.requests = options.requests;
    this.parameters = options.parameters;
    this.network = options.network;
    this.recorder = options.recorder;
    this.waits = waits;
    this.flows = new Array<number | undefined>(requestClasses(options.tables.kindCount)).fill(undefined);
    this.links = new LinkTable(simulation, 'client');
    this.delays = simulation.streams.keyed('network.clients');
    this.evAdmitted = simulation.on('client-go: admitted by the limiter', (request) =>
      this.onAdmitted(request as RequestId),
    );
    this.evRetry = simulation.on('client-go: sent again after Retry-After', (request) =>
      this.admit(this.clients[this.requests.client[request] as number] as ApiClient, request as RequestId),
    );
    this.evReply = simulation.on('client-go: reply arrived', (request) => this.onReply(request as RequestId));
    this.evReflectorTimer = simulation.on('client-go: reflector timer', (reflector, generation) =>
      (this.reflectors[reflector] as Reflector).onTimer(generation),
    );
    this.evQueueItemDue = simulation.on('client-go: delayed item of a work queue due', (queue, key) =>
      (this.queues[queue] as WorkQueue).add(key),
    );
    this.evWatchBroke = simulation.on('client-go: watch broke', (reflector, generation) =>
      (this.reflectors[reflector] as Reflector).onBroken(generation),
    );
    this.onReplyDo((request, process) => {
      simulation.processes.resume(process as ProcessId, request);
    });
    this.reflectorReplies = {
      onList: this.onReplyDo((request, reflector) => (this.reflectors[reflector] as Reflector).listed(request)),
      onWatch: this.onReplyDo((request, reflector) => (this.reflectors[reflector] as Reflector).watchOpened(request)),
      jitter: simulation.streams.keyed('client-go.reflectors'),
    };
    this.podStartup = waits.flow(FLOW_POD_STARTUP);
    this.podCreation = waits.flow(FLOW_POD_CREATION);
    this.placeServers = [
      -1,
      waits.server('kube-apiserver in-flight limit', 'limiter'),
      waits.server('kube-apiserver CPU', 'server'),
      waits.server('etcd CPU', 'server'),
      waits.server('etcd disk (WAL)', 'server'),
      waits.server('etcd apply', 'server'),
      waits.server('etcd leader', 'server'),
      waits.server('kube-apiserver admission', 'server'),
      -1,
    ];
    simulation.addInvariantCheck('client-go', () => this.checkInvariants());
  }

  // ---- wiring ------------------------------------------------------------------------------------------------------------------

  /** Names the API servers; once, after they were made. */
  connectTo(servers: readonly ApiServer[]): void {
    this.servers = servers;
  }

  /** The API server of a number. */
  server(index: number): ApiServer {
    return this.servers[index] as ApiServer;
  }

  /** A new client. Clients are spread over the API servers in turn, as a load balancer would. */
  newClient(options: ApiClientOptions): ApiClient {
    const up = this.links.add(this.network.minimumDelay);
    this.links.add(this.network.minimumDelay);
    this.messages.push(0, 0);
    const delay = options.onNode ? this.network.nodeDelay : this.network.controlPlaneDelay;
    const client = new ApiClient(this, this.clients.length, up, delay, options);
    this.clients.push(client);
    return client;
  }

  /** Who a client is. */
  identityOf(client: number): { readonly user: string; readonly groups: readonly string[] } {
    return (this.clients[client] as ApiClient).options;
  }

  /** Statistics of the clients with a name, made on first use. */
  statisticsOf(name: string, qps: number): ClientStatistics {
    let statistics = this.statistics.get(name);
    if (statistics === undefined) {
      statistics = new ClientStatistics(this.simulation, this.recorder, this.waits, name, qps);
      this.statistics.set(name, statistics);
    }
    return statistics;
  }

  /** Registers a reflector; its number goes into its events. */
  register(reflector: Reflector): number {
    this.reflectors.push(reflector);
    return this.reflectors.length - 1;
  }

  /** Registers a work queue; its number goes into its events. */
  registerQueue(queue: WorkQueue): number {
    return this.queues.push(queue) - 1;
  }

  /** Registers a reply handler; its number goes into requests. */
  onReplyDo(handler: ReplyHandler): number {
    this.handlers.push(handler);
    return this.handlers.length - 1;
  }

  /** Has all requests reported to an observer, in the order of their events. */
  observe(observer: RequestObserver): void {
    this.observers.push(observer);
  }

  // ---- a request's way ---------------------------------------------------------------------------------------------------------

  /** Issues a request on a client: first its limiter, then the link. */
  issue(client: ApiClient, request: RequestId, reply: number, context: number): void {
    const { requests, simulation } = this;
    requests.client[request] = client.index;
    requests.reply[request] = reply;
    requests.context[request] = context;
    requests.issuedAt[request] = simulation.now;
    this.issued++;
    this.inFlight++;
    this.admit(client, request);
  }

  private admit(client: ApiClient, request: RequestId): void {
    const wait = client.reserve(this.simulation.now);
    if (wait > 0) {
      this.requests.addWait(request, WaitPlace.ClientLimiter, wait);
      client.statistics.waiting++;
      this.simulation.after(wait, this.evAdmitted, request);
    } else {
      this.transmit(request);
    }
  }

  private onAdmitted(request: RequestId): void {
    const client = this.clients[this.requests.client[request] as number] as ApiClient;
    client.statistics.waiting--;
    this.transmit(request);
  }

  private transmit(request: RequestId): void {
    const client = this.clients[this.requests.client[request] as number] as ApiClient;
    client.countPassage();
    if (client.isCut) {
      this.breakLocally(request);
      return;
    }
    const server = this.serverFor(client);
    if (server === undefined) {
      this.breakLocally(request);
      return;
    }
    for (const observer of this.observers) observer.onSent?.(request, client);
    this.links.transmit(client.link, this.delayOf(client, client.link), server.requestArrived, request);
  }

  /** Delay of the next message on one of a client's links. */
  private delayOf(client: ApiClient, link: number): Nanoseconds {
    const count = this.messages[link] as number;
    this.messages[link] = count + 1;
    return client.delay.keyedSample(this.delays, link, count);
  }

  /** The API server that a client is connected to; another one if that is down; undefined if all are. */
  serverFor(client: ApiClient): ApiServer | undefined {
    const { servers } = this;
    for (let i = 0; i < servers.length; i++) {
      const server = servers[(client.serverIndex + i) % servers.length] as ApiServer;
      if (server.isUp) {
        client.serverIndex = server.index;
        return server;
      }
    }
    return undefined;
  }

  /** No connection: the caller learns it after the time that dialling takes. */
  private breakLocally(request: RequestId): void {
    this.requests.code[request] = StatusCode.ConnectionBroken;
    this.simulation.after(this.parameters.connectRetry, this.evReply, request);
  }

  /** Called by API servers: sends an answer back over the client's link. */
  carryReply(request: RequestId): void {
    const client = this.clients[this.requests.client[request] as number] as ApiClient;
    this.links.transmit(client.link + 1, this.delayOf(client, client.link + 1), this.evReply, request);
  }

  private onReply(request: RequestId): void {
    const { requests, parameters } = this;
    const client = this.clients[requests.client[request] as number] as ApiClient;
    const code = requests.code[request] as number;
    const comesAgain =
      code === StatusCode.TooManyRequests ||
      (code >= StatusCode.InternalServerError && (requests.retryAfter[request] as number) > 0);
    if (comesAgain && (requests.attempts[request] as number) < parameters.maxRetries) {
      requests.attempts[request] = (requests.attempts[request] as number) + 1;
      const pause = nanoseconds(requests.retryAfter[request] as number);
      requests.retryAfter[request] = 0;
      requests.addWait(request, WaitPlace.RetryAfter, pause);
      // Only then is a token asked for: reserved ahead, it would let others pass that ask meanwhile.
      this.simulation.after(pause, this.evRetry, request);
      return;
    }
    if (code === StatusCode.ConnectionBroken) this.broken++;
    else this.answered++;
    this.inFlight--;
    this.account(client, request);
    for (const observer of this.observers) observer.onAnswered?.(request, client);
    (this.handlers[requests.reply[request] as number] as ReplyHandler)(request, requests.context[request] as number);
    this.free(request);
  }

  private free(request: RequestId): void {
    const { requests, tables } = this;
    const result = requests.resultOf(request);
    if (result !== NO_VERSION) tables.of(requests.kind[request] as Kind).release(result);
    const verb = requests.verb[request];
    const listed = requests.object[request];
    if ((verb === Verb.List || verb === Verb.Watch) && Array.isArray(listed)) {
      const table = tables.of(requests.kind[request] as Kind);
      for (const version of listed as readonly (typeof result)[]) table.release(version);
    }
    requests.release(request);
  }

  // ---- accounts ----------------------------------------------------------------------------------------------------------------

  private account(client: ApiClient, request: RequestId): void {
    const { requests, waits } = this;
    const flow = this.flowOf(request);
    const verb = requests.verb[request] as number;
    const pods = this.podFlowOf(client, request, verb);
    for (let place = 0; place < WAIT_PLACES; place++) {
      const wait = requests.waited(request, place);
      if (wait <= 0) continue;
      const server = this.placeServer(client, request, place);
      // What a request waits for before the API server has it is no part of the durations that the server measures.
      if (place > WaitPlace.RetryAfter) waits.add(flow, server, wait);
      if (pods >= 0) waits.add(pods, server, wait);
    }
    const code = requests.code[request] as number;
    client.statistics.answered(verb, code);
  }

  /** Number in the wait ledger of the place where a request waited. The Retry-After of a level counts as waiting for that level. */
  private placeServer(client: ApiClient, request: RequestId, place: number): number {
    if (place === WaitPlace.ClientLimiter) return client.statistics.limiterServer;
    const level = this.requests.flowControlServer[request] as number;
    const isOfLevel = place === WaitPlace.FlowControl || (place === WaitPlace.RetryAfter && level >= 0);
    return isOfLevel ? level : (this.placeServers[place] as number);
  }

  /** Flow of pods that a request is part of, -1 = none. */
  private podFlowOf(client: ApiClient, request: RequestId, verb: number): number {
    if (this.requests.kind[request] !== kinds.pods) return -1;
    if (verb === Verb.Create && this.requests.write[request] === writes.podCreate) return this.podCreation;
    const isOnTheWay = client.options.startsPods === true && verb !== Verb.Delete && verb !== Verb.List;
    return isOnTheWay && verb !== Verb.Watch ? this.podStartup : -1;
  }

  private flowOf(request: RequestId): number {
    const number = requestClass(request, this.requests);
    let flow = this.flows[number];
    if (flow === undefined) {
      const subresource = subresourceOf(request, this.requests);
      const resource = this.tables.resourceName(this.requests.kind[request] as Kind);
      const name = `${verbNames[this.requests.verb[request] as number]} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
      flow = this.waits.flow(name);
      this.flows[number] = flow;
    }
    return flow;
  }

  /** Called by an API server whose process ended: every reflector that watched there learns it over its connection. */
  watchesBroke(server: number): void {
    for (const reflector of this.reflectors) {
      if (!reflector.watchesAt(server)) continue;
      reflector.rememberBookmark();
      this.links.transmit(
        reflector.client.link + 1,
        this.delayOf(reflector.client, reflector.client.link + 1),
        this.evWatchBroke,
        reflector.index,
        reflector.generation,
      );
    }
  }

  /** Runs a request from inside a process: yields until the answer is there and returns it. */
  *call(client: ApiClient, request: RequestId): Generator<number, RequestId, number> {
    this.issue(client, request, RESUME_PROCESS, this.simulation.processes.current);
    return (yield SUSPEND) as RequestId;
  }

  /** Called by an API server: a request to itself, as a member of system:masters, whom no limit holds up. */
  loopback(server: number, request: RequestId): Generator<number, RequestId, number> {
    let client = this.loopbacks[server];
    if (client === undefined) {
      client = this.newClient({
        name: 'kube-apiserver loopback',
        user: 'system:apiserver',
        groups: ['system:masters', 'system:authenticated'],
        qps: 0,
        burst: 1,
        onNode: false,
      });
      client.serverIndex = server;
      this.loopbacks[server] = client;
    }
    return this.call(client, request);
  }

  /** Nothing is lost: issued = answered + broken off + in flight; and no watcher sleeps over a change that it has not seen. */
  checkInvariants(): void {
    const simulation: Simulation = this.simulation;
    simulation.invariant(
      this.issued === this.answered + this.broken + this.inFlight &&
        this.requests.inUse - this.requests.ownInUse === this.inFlight,
      'client-go',
      `${this.issued} requests issued, ${this.answered} answered, ${this.broken} broken off, ${this.inFlight} in flight, ${this.requests.inUse} slots in use`,
    );
    for (const reflector of this.reflectors) {
      simulation.invariant(
        reflector.willSeeEverything,
        'client-go',
        `reflector ${reflector.index} sleeps over a change`,
      );
    }
  }
}
