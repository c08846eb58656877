/**
 * client-go: how every component talks to the API servers. https://github.com/kubernetes/client-go.
 *
 * A component creates an {@link ApiClient} (a clientset with its token bucket), issues requests on it and is told of the answer by a reply
 * handler that it registered once. A request waits for its client's limiter, crosses the link, is served and comes back; an answer with
 * Retry-After (429, 5xx) is tried again, through the limiter again, and so is a read whose connection broke. Connections: see connections.ts.
 * Left out here: see docs/not-modelled.md (streams of watches, request compression).
 */
import { type Kind, NO_VERSION, type ObjectTables } from '../../cluster/index.ts';
import {
  type EventType,
  type ProcessId,
  type Simulation,
  SUSPEND,
  TokenBuckets,
  type ValuesOf,
} from '../../engine/index.ts';
import type { MetricRecorder, WaitLedger } from '../../metrics/index.ts';
import { nanoseconds } from '../../units/index.ts';
import { type RequestId, type Requests, StatusCode, Verb, WaitPlace } from '../api-machinery/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { ApiServer } from '../kube-apiserver/index.ts';
import { ApiClient, type ApiClientOptions } from './api-client.ts';
import type { clientGoParameters } from './client-go.parameters.ts';
import { ClientLinks } from './client-links.ts';
import { ClientPaths } from './client-paths.ts';
import { ClientStatistics } from './client-statistics.ts';
import { type Connection, Connections } from './connections.ts';
import type { Reflector, ReflectorReplies } from './reflector.ts';
import { ReplyWire } from './reply-wire.ts';
import { RequestAccounts } from './request-accounts.ts';
import { isWorthRetrying } from './retries.ts';
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
  readonly connections: Connections;
  /** The token buckets of all clients. */
  readonly limiters = new TokenBuckets();
  private readonly network: ValuesOf<typeof networkParameters>;
  private readonly wire: ReplyWire;
  /** Time of one byte of an answer on the link of a node and of a process of the control plane [ns]. */
  private readonly nodePerByte: number;
  private readonly controlPlanePerByte: number;
  /** Connection that each request is on, by its number, state. */
  private readonly carriers: (Connection | undefined)[] = [];
  private servers: readonly ApiServer[] = [];
  private readonly clients: ApiClient[] = [];
  private readonly statistics = new Map<string, ClientStatistics>();
  private readonly reflectors: Reflector[] = [];
  private readonly handlers: ReplyHandler[] = [];
  /** Connections of API servers to themselves, made on first use. */
  private readonly loopbacks: (ApiClient | undefined)[] = [];
  private readonly observers: RequestObserver[] = [];
  private readonly links: ClientLinks;
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
  /** Requests that API servers work on although their clients were answered already, state. */
  private abandoned = 0;
  private readonly accounts: RequestAccounts;
  /** What is wrong with the network of clients. */
  readonly paths: ClientPaths;

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
    this.connections = new Connections(simulation, options.network);
    this.wire = new ReplyWire(options.network.controlPlaneBandwidth);
    this.nodePerByte = ReplyWire.perByte(options.network.nodeBandwidth);
    this.controlPlanePerByte = ReplyWire.perByte(options.network.controlPlaneBandwidth);
    this.recorder = options.recorder;
    this.waits = waits;
    this.paths = new ClientPaths(
      this,
      (request) => this.onMissed(request),
      (request) => this.onSentAgain(request),
    );
    this.links = new ClientLinks(simulation, options.network, this.paths);
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
    this.accounts = new RequestAccounts(options);
    simulation.addInvariantCheck('client-go', () => this.checkInvariants());
  }

  // ---- wiring ------------------------------------------------------------------------------------------------------------------

  /** Names the API servers; once, after they were made. */
  connectTo(servers: readonly ApiServer[]): void {
    this.servers = servers;
    this.connections.connectTo(servers, this.recorder);
  }

  /** The API server of a number. */
  server(index: number): ApiServer {
    return this.servers[index] as ApiServer;
  }

  /** A new client. */
  newClient(options: ApiClientOptions): ApiClient {
    const delay = options.onNode ? this.network.nodeDelay : this.network.controlPlaneDelay;
    const client = new ApiClient(this, this.clients.length, this.links.open(), delay, options);
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
    requests.flags[request] = (requests.flags[request] as number) | client.requestFlags;
    requests.timeout[request] = client.timeout;
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
      client.prepare(request);
    }
  }

  private onAdmitted(request: RequestId): void {
    const client = this.clients[this.requests.client[request] as number] as ApiClient;
    client.statistics.waiting--;
    client.prepare(request);
  }

  /** Called by clients: a request is ready to leave. */
  transmit(request: RequestId): void {
    const client = this.clients[this.requests.client[request] as number] as ApiClient;
    client.countPassage();
    const connection = client.isCut ? undefined : this.connections.take(client.transport);
    if (connection === undefined) {
      this.breakLocally(request);
      return;
    }
    this.carriers[request] = connection;
    for (const observer of this.observers) observer.onSent?.(request, client);
    if (client.path !== undefined && this.paths.swallowsRequest(request, client, connection)) return;
    this.depart(request, client, connection);
  }

  private depart(request: RequestId, client: ApiClient, connection: Connection): void {
    this.links.sendUp(client, connection, request);
  }

  /** The API server that a client is connected to, from long ago if need be; undefined if it can have no connection. */
  serverFor(client: ApiClient): ApiServer | undefined {
    const connection = this.connections.take(client.transport);
    if (connection === undefined) return undefined;
    connection.readyAt = Math.max(connection.readyAt, 0);
    this.connections.giveBack(connection);
    return connection.server;
  }

  /** No connection: the caller learns it after the time that dialling takes. */
  private breakLocally(request: RequestId): void {
    this.requests.code[request] = StatusCode.ConnectionBroken;
    this.simulation.after(this.parameters.connectRetry, this.evReply, request);
  }

  /** Called by API servers: sends an answer back over the client's link. */
  carryReply(request: RequestId): void {
    const { requests, parameters } = this;
    const client = this.clients[requests.client[request] as number] as ApiClient;
    if (client.path !== undefined && this.paths.swallowsReply(request, client)) return;
    // A connection that broke is worth another try only for reads: nobody knows whether a write was carried out. Reflectors see to their watches.
    const verb = requests.verb[request];
    if (requests.code[request] === StatusCode.ConnectionBroken && (verb === Verb.Get || verb === Verb.List))
      requests.retryAfter[request] = parameters.connectionResetPause;
    const perByte = client.isOnNode ? this.nodePerByte : this.controlPlanePerByte;
    const server = requests.server[request] as number;
    const bytes = requests.replyBytes[request] as number;
    const transfer = this.wire.send(server, this.simulation.now, bytes, perByte);
    this.links.sendDown(client, transfer, this.evReply, request);
  }

  /** A client has waited for an answer for long enough: it closes the connection. */
  private onMissed(request: RequestId): void {
    this.requests.code[request] = StatusCode.ConnectionBroken;
    this.requests.retryAfter[request] = 0;
    const connection = this.carriers[request];
    if (connection !== undefined) connection.isClosing = true;
    this.onReply(request);
  }

  /** TCP has brought a request through at last. Its server may have ended meanwhile. */
  private onSentAgain(request: RequestId): void {
    const client = this.clients[this.requests.client[request] as number] as ApiClient;
    const connection = this.carriers[request] as Connection;
    if (connection.server.incarnation === connection.incarnation && !client.isCut) {
      if (client.path === undefined || !this.paths.swallowsRequest(request, client, connection))
        this.depart(request, client, connection);
    } else this.onMissed(request);
  }

  /** All reflectors that there have been. */
  get allReflectors(): readonly Reflector[] {
    return this.reflectors;
  }

  /** Called by API servers: the request's client is to send no further ones over this connection (GOAWAY). */
  closeConnection(request: RequestId): void {
    const connection = this.carriers[request];
    if (connection !== undefined) connection.isClosing = true;
  }

  /** Called by API servers: a request whose deadline has passed is answered under another number, which is returned; work on it goes on. */
  standIn(request: RequestId): RequestId {
    const { requests } = this;
    const answer = requests.standIn(request);
    this.carriers[answer] = this.carriers[request];
    this.carriers[request] = undefined;
    this.abandoned++;
    return answer;
  }

  /** Called by API servers: the work on a request that nobody waits for has ended. */
  drop(request: RequestId): void {
    this.abandoned--;
    this.free(request);
  }

  private onReply(request: RequestId): void {
    const { requests } = this;
    const client = this.clients[requests.client[request] as number] as ApiClient;
    const connection = this.carriers[request];
    if (connection !== undefined) this.connections.giveBack(connection);
    this.carriers[request] = undefined;
    if (isWorthRetrying(requests, request, this.parameters.maxRetries)) {
      this.retry(request);
      return;
    }
    if (requests.code[request] === StatusCode.ConnectionBroken) this.broken++;
    else this.answered++;
    this.inFlight--;
    this.accounts.add(client, request);
    for (const observer of this.observers) observer.onAnswered?.(request, client);
    (this.handlers[requests.reply[request] as number] as ReplyHandler)(request, requests.context[request] as number);
    this.free(request);
  }

  private retry(request: RequestId): void {
    const { requests } = this;
    requests.attempts[request] = (requests.attempts[request] as number) + 1;
    const pause = nanoseconds(requests.retryAfter[request] as number);
    requests.addWait(request, WaitPlace.RetryAfter, pause);
    this.releaseAnswer(request);
    requests.renew(request);
    // Only then is a token asked for: reserved ahead, it would let others pass that ask meanwhile.
    this.simulation.after(pause, this.evRetry, request);
  }

  private free(request: RequestId): void {
    this.releaseAnswer(request);
    this.requests.release(request);
  }

  /** Gives up the versions in an answer. */
  private releaseAnswer(request: RequestId): void {
    const { requests, tables } = this;
    const table = tables.of(requests.kind[request] as Kind);
    const result = requests.resultOf(request);
    if (result !== NO_VERSION) table.release(result);
    requests.result[request] = NO_VERSION;
    // Lists and watches that begin with what there is hold versions; the object of other watches is their subscriber.
    const verb = requests.verb[request];
    const listed = requests.object[request];
    if ((verb !== Verb.List && verb !== Verb.Watch) || !Array.isArray(listed)) return;
    for (const version of listed as readonly (typeof result)[]) table.release(version);
    requests.object[request] = null;
  }

  // ---- ends and checks ---------------------------------------------------------------------------------------------------------

  /** Called by an API server whose process ends: its connections are gone, and the watches on them. */
  connectionsBroke(server: number): void {
    this.connections.brokeAt(server);
    this.watchesBroke(server);
  }

  /** Called by an API server whose process ended: every reflector that watched there learns it over its connection. */
  watchesBroke(server: number): void {
    for (const reflector of this.reflectors) {
      if (!reflector.watchesAt(server)) continue;
      reflector.rememberBookmark();
      this.links.sendDown(reflector.client, 0, this.evWatchBroke, reflector.index, reflector.generation);
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
        host: server,
        isLoopback: true,
      });
      this.loopbacks[server] = client;
    }
    return this.call(client, request);
  }

  /** Nothing is lost: issued = answered + broken off + in flight; and no watcher sleeps over a change that it has not seen. */
  checkInvariants(): void {
    const simulation: Simulation = this.simulation;
    simulation.invariant(
      this.issued === this.answered + this.broken + this.inFlight &&
        this.requests.inUse - this.requests.ownInUse === this.inFlight + this.abandoned,
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
