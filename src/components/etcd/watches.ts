/**
 * The watches of API servers: which member serves them, what has happened there, and the messages on their links. How a member works through its
 * watches is in mvcc/watch-streams.ts.
 */
import type { EventType, LinkTable, RandomStream, Simulation, ValuesOf } from '../../engine/index.ts';
import type { MetricRecorder, Timeline } from '../../metrics/index.ts';
import { nanoseconds, plus, type SimTime } from '../../units/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { ChangeLog } from './change-log.ts';
import type { ClientConnections } from './client-connections.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Member } from './member.ts';
import type { Members } from './members.ts';
import { type Keyspace, WatchStreams } from './mvcc/index.ts';
import type { ReplicatedState } from './replicated-state.ts';
import type { Seat } from './seat.ts';
import type { StoreClient } from './store-client.ts';

/** What watches work on. */
export interface WatchesOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly network: ValuesOf<typeof networkParameters>;
  readonly recorder: MetricRecorder;
  readonly timeline: Timeline;
  readonly members: Members;
  readonly connections: ClientConnections;
  readonly state: ReplicatedState;
  readonly keyspace: Keyspace;
  readonly changeLog: ChangeLog;
  readonly clients: readonly StoreClient[];
  /** Links from and to the API servers, two for each. */
  readonly links: LinkTable;
  readonly delays: RandomStream;
}

/** The watches of all API servers. */
export class Watches {
  private readonly options: WatchesOptions;
  private readonly streams: WatchStreams;

  constructor(options: WatchesOptions) {
    this.options = options;
    const { simulation, parameters, recorder, changeLog, state } = options;
    this.streams = new WatchStreams({
      simulation,
      parameters,
      recorder,
      applyService: parameters.applyService,
      perRevision: parameters.rangeServicePerKey,
      appliedBy: (server) => {
        const seat = this.seatOf(server);
        return seat === undefined ? 0 : state.changesAfter(seat.member.apply.applied);
      },
      slowdown: (server) => this.seatOf(server)?.member.host.threadsPerCore() ?? 1,
      kindAt: (position) => changeLog.at(position).kind,
      isCompacted: (position) => this.isCompacted(position),
      send: (server, upTo, at) => this.send(server, upTo, at),
      sendProgress: (server, at) => this.sendProgress(server, at),
      cancel: (server) => this.cancelCompacted(server),
      charge: (server, cpu) => this.seatOf(server)?.member.host.charge(cpu),
    });
  }

  /** Another API server. */
  add(): void {
    this.streams.add();
  }

  /** A member has applied everything up to an entry by `end`. */
  onBatch(member: Member, lastIndex: number, end: SimTime): void {
    const { clients, connections, state } = this.options;
    const upTo = state.changesAfter(lastIndex);
    for (let server = 0; server < clients.length; server++) {
      if (connections.watchedMember(server) !== member.id) continue;
      if ((clients[server] as StoreClient).isWatching) this.streams.notify(server, upTo, end);
    }
  }

  /** An API server has taken over the changes before `position`. What it has read in another way, as after a restart, it watches on from there. */
  consumedUpTo(server: number, position: number): void {
    const { changeLog, clients } = this.options;
    changeLog.consumed(server, position, (reader) => (clients[reader] as StoreClient).isWatching);
    if (position > this.streams.positionOf(server)) this.streams.open(server, position);
  }

  /** Asks for a progress notification on the watch of an API server; without a watch there is none. */
  requestProgress(server: number): void {
    const { network, delays, simulation } = this.options;
    const there = nanoseconds(network.controlPlaneDelay.sample(delays));
    this.streams.requestProgress(server, plus(simulation.now, there));
  }

  /** The member serves no watches any more: those that it has are opened again where they left off, at another member or later. */
  cancel(member: Member, why: string): void {
    const { connections, timeline, clients, simulation } = this.options;
    const dropped = connections.dropWatches(member.id);
    if (dropped.length === 0) return;
    timeline.record(
      member.name,
      `watches of ${dropped.length} API server${dropped.length === 1 ? '' : 's'} are cancelled: ${why}`,
    );
    for (const server of dropped) {
      this.streams.close(server);
      const client = clients[server] as StoreClient;
      if (!client.isWatching || client.watchesCancelled === undefined) continue;
      this.transmit(server, simulation.now, client.watchesCancelled, 0);
    }
    this.open();
  }

  /** API servers without a watch open one where they can. */
  open(): void {
    for (const server of this.options.connections.openWatches()) {
      this.streams.open(server, this.streams.positionOf(server));
    }
  }

  /** What is stored is not what it was: every server has to read everything anew. */
  restartAll(): void {
    for (let server = 0; server < this.options.clients.length; server++) this.cancelCompacted(server);
  }

  /** The member that serves a server's watches. */
  private seatOf(server: number): Seat | undefined {
    const { members, connections } = this.options;
    return members.seat(connections.watchedMember(server));
  }

  private isCompacted(position: number): boolean {
    const { changeLog, keyspace } = this.options;
    return changeLog.at(position).revision <= keyspace.compactedRevision;
  }

  private send(server: number, upTo: number, at: SimTime): void {
    const client = this.options.clients[server] as StoreClient;
    if (client.isWatching) this.transmit(server, at, client.changesArrived, upTo);
  }

  private sendProgress(server: number, at: SimTime): void {
    const { clients, state } = this.options;
    const client = clients[server] as StoreClient;
    const seat = this.seatOf(server);
    if (seat === undefined || !seat.member.isRunning || !client.isWatching || client.progressArrived === undefined)
      return;
    this.transmit(server, at, client.progressArrived, state.revisionAfter(seat.member.apply.applied));
  }

  /** The server has to read everything anew: what its watches lack is compacted. */
  private cancelCompacted(server: number): void {
    const { clients, simulation } = this.options;
    const client = clients[server] as StoreClient;
    if (!client.isWatching || client.watchesCancelled === undefined) return;
    this.transmit(server, simulation.now, client.watchesCancelled, 1);
  }

  private transmit(server: number, at: SimTime, event: EventType, argument: number): void {
    const { links, network, delays, simulation } = this.options;
    const delay = nanoseconds(at - simulation.now + network.controlPlaneDelay.sample(delays));
    links.transmit(2 * server + 1, delay, event, server, argument);
  }
}
