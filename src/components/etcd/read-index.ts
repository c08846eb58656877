/**
 * Linearizable reads: they join the next read-index round; one round at a time confirms the leader with a quorum of heartbeats, for all that
 * joined. A single member needs no round. E:server/etcdserver/read/read.go.
 */
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import type { RequestId } from '../api-machinery/index.ts';
import type { Host } from '../host/host.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import { type Leadership, NO_LEADER } from './leadership.ts';

/** Reads of one round that take their CPU. */
interface Round {
  readonly requests: RequestId[];
  readonly startedAt: SimTime;
  readonly cpu: Nanoseconds;
}

/** Round numbers before they repeat; fit for a tag of work on a host. */
const ROUND_NUMBERS = 1 << 20;
/** A single member confirms itself at once; an event cannot be earlier than this. */
const AT_ONCE = nanoseconds(1);

/** What reads need. */
export interface ReadIndexOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly hosts: readonly Host[];
  readonly leadership: Leadership;
  /** One way between two members. */
  readonly hop: () => number;
  /** A read is confirmed; it waited this long for the shared CPU. */
  readonly onConfirmed: (request: RequestId, waitedForCpu: number) => void;
}

/** The rounds of one cluster. */
export class ReadIndex {
  private readonly options: ReadIndexOptions;
  private readonly ports: readonly number[];
  private readonly evConfirmed: EventType;
  /** Reads that wait for the next round, and those of the round in progress, state. */
  private next: RequestId[] = [];
  private current: RequestId[] = [];
  private isInProgress = false;
  /** Rounds whose reads take their CPU, by number, state. */
  private readonly rounds = new Map<number, Round>();
  private lastNumber = 0;

  constructor(options: ReadIndexOptions) {
    this.options = options;
    this.ports = options.hosts.map((host) => host.register((number) => this.onPrepared(number)));
    this.evConfirmed = options.simulation.on('etcd.readIndexConfirmed', (term) => this.onConfirmed(term));
  }

  /** A read joins the next round. */
  join(request: RequestId): void {
    this.next.push(request);
    if (!this.isInProgress) this.start();
  }

  /** The leader is lost: returns the reads that are lost with it. */
  breakOff(): RequestId[] {
    const lost = [...this.rounds.values()].flatMap((round) => round.requests).concat(this.current, this.next);
    this.rounds.clear();
    this.current = [];
    this.next = [];
    this.isInProgress = false;
    return lost;
  }

  private start(): void {
    const { simulation, leadership, hosts, hop } = this.options;
    this.current = this.next;
    this.next = [];
    this.isInProgress = true;
    const answers: number[] = [];
    for (let member = 1; member < hosts.length; member++) answers.push(hop() + hop());
    answers.sort((a, b) => a - b);
    // The leader itself is one of the quorum.
    const last = answers[leadership.quorum - 2];
    simulation.after(last === undefined ? AT_ONCE : nanoseconds(last), this.evConfirmed, leadership.term);
  }

  /** A quorum has confirmed the leader: the round's reads take their CPU, and the next round may start. */
  private onConfirmed(term: number): void {
    const { simulation, leadership, hosts, parameters } = this.options;
    if (term !== leadership.term || leadership.leader === NO_LEADER) return;
    const requests = this.current;
    this.current = [];
    this.isInProgress = false;
    const cpu = nanoseconds(parameters.requestCpu * requests.length);
    this.lastNumber = (this.lastNumber + 1) % ROUND_NUMBERS;
    this.rounds.set(this.lastNumber, { requests, startedAt: simulation.now, cpu });
    (hosts[leadership.leader] as Host).run(this.ports[leadership.leader] as number, cpu, this.lastNumber);
    if (this.next.length > 0) this.start();
  }

  private onPrepared(number: number): void {
    const round = this.rounds.get(number);
    if (round === undefined) return;
    this.rounds.delete(number);
    const waited = Math.max(0, this.options.simulation.now - round.startedAt - round.cpu);
    for (const request of round.requests) this.options.onConfirmed(request, waited);
  }
}
