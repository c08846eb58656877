/**
 * What is wrong with the network between clients and API servers: cut in one direction or both, messages lost, messages late.
 *
 * A message that is lost is sent again by TCP after its retransmission timeout, which doubles: it comes late. Where everything is lost nothing comes, and
 * the client learns of it by a timeout: that of the request (heartbeats: 10 s), that of dialling if it has no connection, or by the health checks of
 * HTTP/2, which close the connection. A connection takes messages in both directions to be set up; one that is there carries requests whose answers are lost.
 * Watches stand still at once, in whatever direction the network is cut: what is not acknowledged is not sent on for long. If the network is whole again before
 * the client has noticed, they go on from where they were.
 * A request that has not been given up when the network is whole again arrives with the next retransmission of TCP, or of the first packet of its connection.
 * Simplifications: an answer that was lost is not sent again; the server's side of a watch that stands still is closed at once. K:apimachinery/pkg/util/net/http.go (ReadIdleTimeout, PingTimeout); RFC 6298.
 */
import type { Kind } from '../../cluster/index.ts';
import type { Distribution, EventId, EventType, KeyedStream } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime, seconds } from '../../units/index.ts';
import { ReadNumber, type RequestId, StatusCode, Verb } from '../api-machinery/index.ts';
import type { ApiClient } from './api-client.ts';
import type { ClientGo } from './client-go.ts';
import { type Connection, NOT_CONNECTED } from './connections.ts';

/** The way between one node and the API servers, if something is wrong with it. */
export interface ClientPath {
  /** Whether nothing comes through from the client to the servers, and back. */
  readonly isCutUp: boolean;
  readonly isCutDown: boolean;
  /** Share of messages that are lost, and sent again. */
  readonly loss: number;
  /** Added to the delay of each message; undefined = nothing. */
  readonly delay: Distribution | undefined;
}

/** A request on its way up that does not get through. */
interface HeldRequest {
  readonly client: ApiClient;
  /** Whether its connection is to be set up first. */
  readonly isNew: boolean;
  /** When it was first sent [ns]. */
  readonly since: number;
  /** The event with which the client gives it up. */
  readonly missed: EventId;
}

/** A message is lost at most so many times in a row (tcp_retries2). */
const MOST_RETRANSMISSIONS = 15;
/** First retransmission of the packet that sets a connection up (TCP_TIMEOUT_INIT) [ns]. */
const FIRST_DIAL_RETRY = seconds(1);
/** Numbers of a message's draws. */
const DRAWS_PER_MESSAGE = 2;

/** The ways of all clients. */
export class ClientPaths {
  private readonly clientGo: ClientGo;
  private readonly draws: KeyedStream;
  private readonly evMissed: EventType;
  private readonly evSentAgain: EventType;
  /** Requests that TCP tries to bring to a server, state. */
  private readonly held = new Map<RequestId, HeldRequest>();

  /** `missed`: the client gives a request up; `depart`: a request leaves the client's machine. */
  constructor(clientGo: ClientGo, missed: (request: RequestId) => void, depart: (request: RequestId) => void) {
    const { simulation } = clientGo;
    this.clientGo = clientGo;
    this.draws = simulation.streams.keyed('network.paths');
    this.evMissed = simulation.on('client-go: request without answer given up', (request) => {
      this.held.delete(request as RequestId);
      missed(request as RequestId);
    });
    this.evSentAgain = simulation.on('client-go: request sent again by TCP', (request) => depart(request as RequestId));
  }

  /** From now on clients have this way; undefined = nothing is wrong with it any more. */
  set(clients: readonly ApiClient[], path: ClientPath | undefined): void {
    const changed = new Set(clients);
    for (const client of clients) client.path = path;
    if (path === undefined) this.sendHeld(changed);
    const isCut = path !== undefined && (path.isCutUp || path.isCutDown);
    const span = this.clientGo.parameters.http2ReadIdleTimeout + this.clientGo.parameters.http2PingTimeout;
    for (const reflector of this.clientGo.allReflectors) {
      if (!changed.has(reflector.client)) continue;
      if (isCut) reflector.hang(nanoseconds(span));
      else reflector.recover();
    }
  }

  /** Whether a request is lost on its way up, or cannot leave because no connection can be set up. If so, the client gives it up later. */
  swallowsRequest(request: RequestId, client: ApiClient, connection: Connection): boolean {
    const { isCutUp, isCutDown } = client.path as ClientPath;
    const isNew = connection.readyAt === NOT_CONNECTED;
    if (!isCutUp && !(isNew && isCutDown)) return false;
    const since = this.clientGo.simulation.now;
    const missed = this.giveUpLater(request, client, isNew, since);
    this.held.set(request, { client, isNew, since, missed });
    return true;
  }

  /** The network of clients is whole again: what has not been given up goes with the next retransmission, unless that would be later. */
  private sendHeld(clients: ReadonlySet<ApiClient>): void {
    const { simulation, parameters } = this.clientGo;
    for (const [request, { client, isNew, since, missed }] of this.held) {
      if (!clients.has(client)) continue;
      this.held.delete(request);
      let pause: number = isNew ? FIRST_DIAL_RETRY : parameters.retransmissionTimeout;
      let at = since + pause;
      while (at < simulation.now) {
        pause *= 2;
        at += pause;
      }
      if (at >= since + this.patienceOf(client, isNew)) continue;
      simulation.cancel(missed);
      simulation.at(at as SimTime, this.evSentAgain, request);
    }
  }

  /** Whether an answer is lost on its way down. If so, the client gives the request up later; a watch that was opened for it is closed. */
  swallowsReply(request: RequestId, client: ApiClient): boolean {
    if (client.path?.isCutDown !== true) return false;
    const { requests } = this.clientGo;
    if (requests.verb[request] === Verb.Watch && requests.code[request] === StatusCode.Ok)
      this.closeOpenedWatch(request);
    this.giveUpLater(request, client, false, requests.issuedAt[request] as number);
    return true;
  }

  private closeOpenedWatch(request: RequestId): void {
    const { requests } = this.clientGo;
    const watcher = requests.resultRevision[request] as number;
    const { log } = this.clientGo.server(requests.server[request] as number).cache(requests.kind[request] as Kind);
    if (log.isOpen(watcher, requests.number(request, ReadNumber.Identity))) log.closeWatch(watcher);
  }

  private giveUpLater(request: RequestId, client: ApiClient, isNew: boolean, since: number): EventId {
    const { simulation } = this.clientGo;
    const left = since + this.patienceOf(client, isNew) - simulation.now;
    return simulation.after(nanoseconds(Math.max(1, left)), this.evMissed, request);
  }

  /** How long a client waits for an answer [ns]. */
  private patienceOf({ timeout }: ApiClient, isNew: boolean): number {
    const { http2ReadIdleTimeout, http2PingTimeout, dialTimeout } = this.clientGo.parameters;
    const patience = isNew ? dialTimeout : http2ReadIdleTimeout + http2PingTimeout;
    return timeout > 0 ? Math.min(timeout, patience) : patience;
  }

  /** By how much a message is late: what is added, and the retransmissions that it needs. `entity` and `number` name the message. */
  lateness(path: ClientPath, entity: number, number: number): Nanoseconds {
    const { loss, delay } = path;
    let span = delay === undefined ? 0 : delay.keyedSample(this.draws, entity, DRAWS_PER_MESSAGE * number);
    if (loss === 0) return nanoseconds(span);
    const draw = this.draws.uniform(entity, DRAWS_PER_MESSAGE * number + 1);
    let timeout: number = this.clientGo.parameters.retransmissionTimeout;
    let likelihood = loss;
    for (let lost = 0; draw < likelihood && lost < MOST_RETRANSMISSIONS; lost++) {
      span += timeout;
      timeout *= 2;
      likelihood *= loss;
    }
    return nanoseconds(span);
  }
}
