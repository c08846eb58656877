/**
 * Connections of clients to API servers. Clients of one process share their connections (client-go caches a transport by its TLS settings); a
 * connection carries so many requests at once (HTTP/2 streams), and a further one is opened when all are full, as Go's HTTP client does. A connection
 * stays where it is until its server ends or asks for it to be closed (GOAWAY): after a restart the load stays with the other servers.
 * Processes of the control plane talk to the server on their own host, as in the kubeconfigs that kubeadm writes for scheduler and controller manager (while
 * it is down they lose their leadership to another host); everybody else goes through the balancer.
 * Left out: streams of watches are not counted, idle connections are never closed. K:client-go/transport/cache.go; golang.org/x/net/http2/transport.go.
 */
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import type { MetricRecorder } from '../../metrics/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { ApiServer } from '../kube-apiserver/index.ts';
import type { ApiClientOptions } from './api-client.ts';
import { Balancer } from './balancer.ts';

/** A process that has no API server of its own host. */
const THROUGH_BALANCER = -1;

/** The first request on a connection begins to set it up. */
export const NOT_CONNECTED = -1;

/** One connection. */
export interface Connection {
  /** Its server, and the incarnation of the process at the other end. */
  readonly server: ApiServer;
  readonly incarnation: number;
  /** Requests on it now, state. */
  streams: number;
  /** Whether the server wants it closed: no further request goes over it, state. */
  isClosing: boolean;
  /** When TCP and TLS are set up [ns]; {@link NOT_CONNECTED} = nobody has begun, state. */
  readyAt: number;
}

/** The connections of one process. */
export class Transport {
  /** Open ones, the oldest first, state. */
  readonly connections: Connection[] = [];
  /** The oldest of them as far as known: nearly always the one that is taken, found without a look at the list, state. */
  oldest: Connection | undefined = undefined;
  /** Control-plane host of the process, whose API server it talks to, or {@link THROUGH_BALANCER}, state. */
  local: number;

  constructor(local: number) {
    this.local = local;
  }
}

/** All connections of a cluster. */
export class Connections {
  private readonly parameters: ValuesOf<typeof networkParameters>;
  private readonly balancer: Balancer;
  private readonly transports = new Map<string, Transport>();
  private servers: readonly ApiServer[] = [];
  /** Open connections by server, state. */
  private readonly open: number[] = [];

  constructor(simulation: Simulation, parameters: Connections['parameters']) {
    this.parameters = parameters;
    this.balancer = new Balancer(simulation, parameters);
  }

  /** Names the API servers; once, after they were made. */
  connectTo(servers: readonly ApiServer[], recorder: MetricRecorder): void {
    this.servers = servers;
    for (const server of servers) this.open[server.index] = 0;
    const gauges = servers.map(({ name }) => recorder.gauge('plimsoll_apiserver_connections', { instance: name }));
    recorder.onSample(() => {
      gauges.forEach((gauge, index) => {
        gauge.set(servers[index]?.isUp === true ? (this.open[index] as number) : 0);
      });
    });
  }

  /** The transport of a client: that of its process, or one of its own. */
  transportOf({ process, onNode, host = 0, isLoopback = false }: ApiClientOptions): Transport {
    const own = isLoopback ? host : this.localServer(host);
    const local = onNode ? THROUGH_BALANCER : own;
    if (process === undefined) return new Transport(local);
    let transport = this.transports.get(process);
    if (transport === undefined) {
      transport = new Transport(local);
      this.transports.set(process, transport);
    }
    return transport;
  }

  /** A process was started anew, on another control-plane host perhaps: it has no connections yet. */
  processStarted(process: string, host: number): void {
    const transport = this.transports.get(process);
    if (transport === undefined) return;
    for (const connection of transport.connections.splice(0)) this.closed(connection);
    transport.oldest = undefined;
    transport.local = this.localServer(host);
  }

  /** A process has ended for good: its connections are closed. */
  processEnded(process: string): void {
    const transport = this.transports.get(process);
    if (transport === undefined) return;
    for (const connection of transport.connections.splice(0)) this.closed(connection);
    transport.oldest = undefined;
    this.transports.delete(process);
  }

  private localServer(host: number): number {
    return this.parameters.controlPlaneEndpoint === 'local' ? host : THROUGH_BALANCER;
  }

  /** A connection for another request: one that has room, or a new one; undefined = none can be had now. */
  take(transport: Transport): Connection | undefined {
    const { oldest } = transport;
    if (oldest !== undefined && isUsable(oldest) && hasRoom(oldest)) {
      oldest.streams++;
      return oldest;
    }
    const connection = this.find(transport) ?? this.dial(transport);
    transport.oldest = transport.connections[0];
    return connection;
  }

  /** The oldest usable connection that has room; those that are no longer usable are closed. */
  private find({ connections }: Transport): Connection | undefined {
    for (let i = 0; i < connections.length; i++) {
      const connection = connections[i] as Connection;
      if (!isUsable(connection)) {
        connections.splice(i--, 1);
        this.closed(connection);
      } else if (hasRoom(connection)) {
        connection.streams++;
        return connection;
      }
    }
    return undefined;
  }

  /** A request has left its connection. */
  giveBack(connection: Connection): void {
    connection.streams--;
  }

  private dial(transport: Transport): Connection | undefined {
    const server = this.serverFor(transport);
    if (server === undefined) return undefined;
    const { incarnation } = server;
    const connection = { server, incarnation, streams: 1, isClosing: false, readyAt: NOT_CONNECTED };
    transport.connections.push(connection);
    this.open[server.index] = (this.open[server.index] as number) + 1;
    return connection;
  }

  private serverFor(transport: Transport): ApiServer | undefined {
    const { servers } = this;
    if (transport.local === THROUGH_BALANCER)
      return this.balancer.place(servers, (server) => this.open[server] as number);
    const local = servers[transport.local % servers.length] as ApiServer;
    return local.isUp ? local : undefined;
  }

  private closed({ server, incarnation }: Connection): void {
    // Those of a process that ends have been counted out already.
    if (incarnation === server.incarnation && server.isUp)
      this.open[server.index] = (this.open[server.index] as number) - 1;
  }

  /** The process of a server has ended, and its connections with it. */
  brokeAt(server: number): void {
    this.open[server] = 0;
  }
}

/** Whether requests may go over a connection. A server that is about to end has sent GOAWAY on all its connections. */
function isUsable({ server, incarnation, isClosing }: Connection): boolean {
  return !isClosing && incarnation === server.incarnation && server.isUp;
}

function hasRoom({ server, streams }: Connection): boolean {
  return streams < server.maxStreams;
}
