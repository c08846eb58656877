/** The links between clients and API servers: two for each client, up and down, with the delay of each message and the set-up of connections. */
import { type EventType, type KeyedStream, LinkTable, type Simulation, type ValuesOf } from '../../engine/index.ts';
import { nanoseconds } from '../../units/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { ApiClient } from './api-client.ts';
import type { ClientPaths } from './client-paths.ts';
import { type Connection, NOT_CONNECTED } from './connections.ts';

/** Messages that cross the link before the first request: the round trips of TCP and of TLS 1.3. */
const HANDSHAKE_MESSAGES = 4;

/** All links of clients. */
export class ClientLinks {
  private readonly simulation: Simulation;
  private readonly minimumDelay: ValuesOf<typeof networkParameters>['minimumDelay'];
  private readonly paths: ClientPaths;
  private readonly links: LinkTable;
  /** Link delays, keyed by link and message: who else talks does not matter. */
  private readonly delays: KeyedStream;
  /** Messages sent so far by link. */
  private readonly messages: number[] = [];

  constructor(simulation: Simulation, network: ValuesOf<typeof networkParameters>, paths: ClientPaths) {
    this.simulation = simulation;
    this.minimumDelay = network.minimumDelay;
    this.paths = paths;
    this.links = new LinkTable(simulation, 'client');
    this.delays = simulation.streams.keyed('network.clients');
  }

  /** Opens the links of a new client; returns the number of the one up, and the one down is the next. */
  open(): number {
    const up = this.links.add(this.minimumDelay);
    this.links.add(this.minimumDelay);
    this.messages.push(0, 0);
    return up;
  }

  /** Sends a request up, once its connection is set up. */
  sendUp(client: ApiClient, connection: Connection, request: number): void {
    const delay = this.delayOf(client, client.link);
    const before = this.untilReady(client, connection);
    this.links.transmit(client.link, nanoseconds(before + delay), connection.server.requestArrived, request);
  }

  /** Sends something down to a client; `transfer` is the time that its bytes take [ns]. */
  sendDown(client: ApiClient, transfer: number, type: EventType, a: number, b = 0): void {
    const link = client.link + 1;
    this.links.transmit(link, nanoseconds(transfer + this.delayOf(client, link)), type, a, b);
  }

  /** How long a request waits until TCP and TLS are set up; the first one begins with it. */
  private untilReady(client: ApiClient, connection: Connection): number {
    const { now } = this.simulation;
    if (connection.readyAt === NOT_CONNECTED) {
      let span: number = connection.server.acceptConnection();
      for (let message = 0; message < HANDSHAKE_MESSAGES; message++) span += this.delayOf(client, client.link);
      connection.readyAt = now + span;
    }
    return Math.max(0, connection.readyAt - now);
  }

  /** Delay of the next message on one of a client's links [ns]. */
  private delayOf(client: ApiClient, link: number): number {
    const count = this.messages[link] as number;
    this.messages[link] = count + 1;
    const delay = client.delay.keyedSample(this.delays, link, count);
    return client.path === undefined ? delay : delay + this.paths.lateness(client.path, link, count);
  }
}
