/**
 * The streams between members: one for each ordered pair, first in first out, and another for snapshots (E:server/etcdserver/api/rafthttp). A message
 * takes one draw of the peers' delay. Faults: more delay, loss of packets, a cut.
 *
 * The streams are TCP: a packet that is lost is sent again after the retransmission timeout, twice as late each time, and holds up what is behind
 * it; nothing is lost but by a cut, or with the process at either end. Left out: bandwidth (a snapshot takes its own time, see the member),
 * buffers that overflow (4,096 messages), what TCP still has in hand when a cut ends (raft sends it again).
 */
import { type EventType, LinkTable, type RandomStream, type Simulation, type ValuesOf } from '../../engine/index.ts';
import type { HistogramSeries, MetricRecorder } from '../../metrics/index.ts';
import { type Nanoseconds, NS_PER_MILLISECOND, nanoseconds } from '../../units/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { Proposal } from './proposal.ts';
import { type MemberId, type Message, MessageType } from './raft/index.ts';

/** Smallest retransmission timeout of Linux' TCP [ns], and how often it is doubled at most before the next try gets through. */
const RETRANSMISSION_TIMEOUT = 200 * NS_PER_MILLISECOND;
const MOST_DOUBLINGS = 6;
/** The delay of each doubling grows by this factor. */
const DOUBLING = 2;

/** Who takes messages in. */
export interface Peer {
  /** Raised at each end of the process: what was sent to an earlier life is lost. */
  readonly incarnation: number;
  receive(message: Message<Proposal>): void;
  /** Whether a message that was to leave at `leavesAt` in the life `life` of the process did; if not it is lost, or leaves later. */
  didSend(message: Message<Proposal>, life: number, leavesAt: number): boolean;
  /** A message of this peer to `to` met no process. */
  unreachable(to: MemberId): void;
}

/** One direction between two members. */
interface Stream {
  readonly link: number;
  /** Snapshots have a connection of their own, so that they hold up no heartbeats. */
  readonly snapshotLink: number;
  /** Faults that cut it and are not over. */
  cuts: number;
  /** Delay beside the usual one [ns], and share of packets that are lost; faults. */
  addedDelay: number;
  loss: number;
  /** Delay of the latest message [ns], for the round-trip time. */
  lastDelay: number;
  readonly draws: RandomStream;
  /** Round-trip times as the sender sees them. */
  readonly roundTrips: HistogramSeries;
}

/** A message on its way; used again for another one once it has arrived. */
interface Parcel {
  /** Undefined once it has arrived. */
  message: Message<Proposal> | undefined;
  /** Lives of the receiver and of the sender in which it was sent. */
  incarnation: number;
  senderLife: number;
  /** When it leaves the sender [ns]. */
  leavesAt: number;
}

/** All streams of one cluster. */
export class PeerNetwork {
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof networkParameters>;
  private readonly recorder: MetricRecorder;
  private readonly links: LinkTable;
  private readonly draws: RandomStream;
  private readonly losses: RandomStream;
  private readonly peers: Peer[] = [];
  /** By sender and receiver. */
  private readonly streams: Stream[][] = [];
  /** Messages on their way by slot, and free slots, state. */
  private readonly parcels: Parcel[] = [];
  private readonly free: number[] = [];
  private readonly evArrived: EventType;

  constructor(simulation: Simulation, parameters: ValuesOf<typeof networkParameters>, recorder: MetricRecorder) {
    this.simulation = simulation;
    this.parameters = parameters;
    this.recorder = recorder;
    this.links = new LinkTable(simulation, 'etcd peers');
    this.draws = simulation.streams.stream('etcd.peers');
    this.losses = simulation.streams.stream('etcd.peerLoss');
    this.evArrived = simulation.on('etcd.peerMessage', (slot) => this.onArrived(slot));
  }

  /** Connects the next member with all before it. */
  add(peer: Peer): void {
    const added = this.peers.push(peer) - 1;
    this.streams.push([]);
    for (let other = 0; other <= added; other++) {
      (this.streams[added] as Stream[])[other] = this.open(added, other);
      if (other !== added) (this.streams[other] as Stream[])[added] = this.open(other, added);
    }
  }

  /** Sends a message that leaves after a span and takes `extra` longer than a small one. */
  send(message: Message<Proposal>, after = 0, extra = 0): void {
    const stream = this.stream(message.from, message.to);
    if (stream.cuts > 0) return;
    let delay = this.parameters.peerDelay.sample(stream.draws) + stream.addedDelay + extra;
    if (stream.loss > 0) delay += this.retransmissions(stream.loss);
    if (message.type !== MessageType.Snapshot) stream.lastDelay = delay;
    const leavesAt = this.simulation.now + after;
    const slot = this.pack(message, leavesAt);
    const link = message.type === MessageType.Snapshot ? stream.snapshotLink : stream.link;
    this.links.transmit(link, nanoseconds(after + delay), this.evArrived, slot);
  }

  private pack(message: Message<Proposal>, leavesAt: number): number {
    const slot = this.free.pop() ?? this.addParcel();
    const parcel = this.parcels[slot] as Parcel;
    parcel.message = message;
    parcel.incarnation = (this.peers[message.to] as Peer).incarnation;
    parcel.senderLife = (this.peers[message.from] as Peer).incarnation;
    parcel.leavesAt = leavesAt;
    return slot;
  }

  /** Fault: nothing gets from one member to another any more, or this fault is over; what is on its way arrives. */
  setCut(from: MemberId, to: MemberId, isCut: boolean): void {
    this.stream(from, to).cuts += isCut ? 1 : -1;
  }

  /** Fault: messages from one member to another take `added` longer, and a share of packets is lost. */
  setQuality(from: MemberId, to: MemberId, added: Nanoseconds, loss: number): void {
    const stream = this.stream(from, to);
    stream.addedDelay = added;
    stream.loss = loss;
  }

  /** Whether messages get from one member to another. */
  isOpen(from: MemberId, to: MemberId): boolean {
    return this.stream(from, to).cuts === 0;
  }

  /** Delay of a message that is only reckoned with, undefined if it might be lost or late: the stream is cut, slow or lossy. */
  reckonedDelay(from: MemberId, to: MemberId): number | undefined {
    if (!isHealthy(this.stream(from, to))) return undefined;
    return Math.max(this.parameters.minimumDelay, this.parameters.peerDelay.sample(this.draws));
  }

  /** Messages on their way, for whoever looks for what they carry. */
  *underWay(): Generator<Message<Proposal>> {
    for (const { message } of this.parcels) if (message !== undefined) yield message;
  }

  private addParcel(): number {
    return this.parcels.push({ message: undefined, incarnation: 0, senderLife: 0, leavesAt: 0 }) - 1;
  }

  private open(from: MemberId, to: MemberId): Stream {
    return {
      link: this.links.add(this.parameters.minimumDelay),
      snapshotLink: this.links.add(this.parameters.minimumDelay),
      cuts: 0,
      addedDelay: 0,
      loss: 0,
      lastDelay: 0,
      draws: this.simulation.streams.stream(`etcd.peers.${from}.${to}`),
      roundTrips: this.recorder.histogram('etcd_network_peer_round_trip_time_seconds', { To: `member ${to}` }),
    };
  }

  private stream(from: MemberId, to: MemberId): Stream {
    return (this.streams[from] as Stream[])[to] as Stream;
  }

  /** Time until a packet gets through, each try being lost with the same probability. */
  private retransmissions(loss: number): number {
    let delay = 0;
    let timeout = RETRANSMISSION_TIMEOUT;
    for (let tries = 0; tries < MOST_DOUBLINGS && this.losses.next() < loss; tries++) {
      delay += timeout;
      timeout *= DOUBLING;
    }
    return delay;
  }

  private onArrived(slot: number): void {
    const parcel = this.parcels[slot] as Parcel;
    const { incarnation, senderLife, leavesAt } = parcel;
    const message = parcel.message as Message<Proposal>;
    parcel.message = undefined;
    this.free.push(slot);
    if (!(this.peers[message.from] as Peer).didSend(message, senderLife, leavesAt)) return;
    const receiver = this.peers[message.to] as Peer;
    if (receiver.incarnation !== incarnation) {
      (this.peers[message.from] as Peer).unreachable(message.to);
      return;
    }
    if (message.type === MessageType.HeartbeatResponse) {
      const back = this.stream(message.from, message.to);
      const there = this.stream(message.to, message.from);
      there.roundTrips.recordSpan(nanoseconds(there.lastDelay + back.lastDelay));
    }
    receiver.receive(message);
  }
}

/** Whether messages get through without loss and further delay. */
function isHealthy({ cuts, loss, addedDelay }: Stream): boolean {
  return cuts === 0 && loss === 0 && addedDelay === 0;
}
