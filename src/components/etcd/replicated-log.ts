/**
 * The leader's loop: proposals that arrive while it is busy with one batch are all in the next (group commit); it sends a batch to its followers
 * while it writes it to its own log; a batch commits with the quorum-th acknowledgement. E:server/etcdserver/raft.go.
 */
import { type Kind, NO_VERSION, type ObjectTables, type VersionHandle } from '../../cluster/index.ts';
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import type { HistogramSeries, MetricRecorder } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, plus, type SimTime } from '../../units/index.ts';
import type { RequestId, Requests } from '../api-machinery/index.ts';
import type { Host } from '../host/host.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import { type Leadership, NO_LEADER } from './leadership.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

/** A batch on its way through the log. */
export interface Batch {
  readonly requests: RequestId[];
  readonly startedAt: SimTime;
  /** CPU that it takes [ns]. */
  readonly cpu: Nanoseconds;
  /** Waiting for the shared CPU [ns]. */
  waitedForCpu: number;
  /** Time on the CPU and in the leader's sync [ns]; the rest of the time from proposal to commit is waiting for the log and the quorum. */
  service: number;
}

/** Batch numbers before they repeat; far more than can be on their way, and fit for a tag of work on a host. */
const BATCH_NUMBERS = 1 << 20;
/** Bytes of a log entry beside the value: the key, the transaction around it and the record's header. */
const ENTRY_OVERHEAD = 100;

/** What the log works on. */
export interface ReplicatedLogOptions {
  readonly simulation: Simulation;
  readonly tables: ObjectTables;
  readonly requests: Requests;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly hosts: readonly Host[];
  readonly logs: readonly WriteAheadLog[];
  readonly leadership: Leadership;
  readonly recorder: MetricRecorder;
  /** One way between two members. */
  readonly hop: () => number;
  /** A batch is committed: its entries are to be applied in order. */
  readonly onCommitted: (batch: Batch) => void;
}

/** The log that the members agree on. */
export class ReplicatedLog {
  private readonly options: ReplicatedLogOptions;
  private readonly ports: readonly number[];
  private readonly evFree: EventType;
  private readonly evCommitted: EventType;
  private readonly syncSeconds: HistogramSeries;
  /** When each member has the batch at hand, earliest first; kept between batches so that none allocates. */
  private readonly times: Float64Array;
  /** Proposals that wait for the log, state. */
  private proposals: RequestId[] = [];
  /** Busy time of former leaders' disks while they led, less that of the present one's before it did [ns], statistic. */
  private formerBusy = 0;
  /** Whether the leader's log is busy with a batch, state. */
  private isBusy = false;
  /** Batches between their start and their commit, by number, in the order of their starts, state. */
  private readonly batches = new Map<number, Batch>();
  private lastNumber = 0;
  /** When the latest batch commits [ns]: batches commit in order, state. */
  private lastCommit = 0;

  constructor(options: ReplicatedLogOptions) {
    const { simulation, hosts, recorder } = options;
    this.options = options;
    this.times = new Float64Array(hosts.length);
    this.ports = hosts.map((host) => host.register((number) => this.onPrepared(number)));
    this.evFree = simulation.on('etcd.logFree', (term) => this.onFree(term));
    this.evCommitted = simulation.on('etcd.committed', (number, term) => this.onCommitted(number, term));
    this.syncSeconds = recorder.histogram('etcd_disk_wal_fsync_duration_seconds');
  }

  /** Proposals that are not committed yet. */
  get pending(): number {
    let count = this.proposals.length;
    for (const { requests } of this.batches.values()) count += requests.length;
    return count;
  }

  /** Those of them that wait: for the log to be free, or durable at the leader and for the quorum. */
  get waiting(): number {
    const { now } = this.options.simulation;
    let count = this.proposals.length;
    for (const { requests, startedAt, service } of this.batches.values()) {
      if (service > 0 && startedAt + service <= now) count += requests.length;
    }
    return count;
  }

  /** Time in which the disk of whoever led was busy with the log [ns]. */
  get diskBusyNanoseconds(): number {
    return this.formerBusy + this.leaderBusy;
  }

  /** The leader is about to be lost (1) or has just been elected (-1): what its disk does and did as a follower does not count. */
  countLeader(sign: 1 | -1): void {
    this.formerBusy += sign * this.leaderBusy;
  }

  private get leaderBusy(): number {
    const { logs, leadership, simulation } = this.options;
    return logs[leadership.leader]?.busyNanoseconds(simulation.now) ?? 0;
  }

  /** Proposes the transaction of a request. */
  propose(request: RequestId): void {
    this.proposals.push(request);
    if (!this.isBusy) this.startBatch();
  }

  /** The leader is lost: everything it was working on; returns those requests. */
  breakOff(): RequestId[] {
    const lost = [...this.batches.values()].flatMap((batch) => batch.requests).concat(this.proposals);
    this.batches.clear();
    this.proposals = [];
    this.isBusy = false;
    this.lastCommit = 0;
    return lost;
  }

  /** Takes every proposal that waits as one batch: first the CPU of its requests and of the batch itself, then the log. */
  private startBatch(): void {
    const { parameters, simulation, leadership, hosts } = this.options;
    const { leader } = leadership;
    const cpu = nanoseconds(parameters.batchCpu + parameters.requestCpu * this.proposals.length);
    this.lastNumber = (this.lastNumber + 1) % BATCH_NUMBERS;
    this.batches.set(this.lastNumber, {
      requests: this.proposals,
      startedAt: simulation.now,
      cpu,
      waitedForCpu: 0,
      service: 0,
    });
    this.proposals = [];
    this.isBusy = true;
    (hosts[leader] as Host).run(this.ports[leader] as number, cpu, this.lastNumber);
  }

  /** The leader sends the batch to its followers and writes it to its own log at the same time. */
  private onPrepared(number: number): void {
    const { simulation, leadership, logs } = this.options;
    const batch = this.batches.get(number);
    if (batch === undefined || leadership.leader === NO_LEADER) return;
    const { now } = simulation;
    let size = 0;
    for (const request of batch.requests) size += this.entryBytes(request);
    const durable = (logs[leadership.leader] as WriteAheadLog).append(now, size);
    this.syncSeconds.recordSpan((durable - now) as Nanoseconds);
    batch.waitedForCpu = Math.max(0, now - batch.startedAt - batch.cpu);
    batch.service = durable - batch.startedAt;
    this.lastCommit = Math.max(this.quorumTime(durable, size), this.lastCommit);
    simulation.at(durable, this.evFree, leadership.term);
    simulation.at(this.lastCommit as SimTime, this.evCommitted, number, leadership.term);
  }

  /** When a quorum has the batch: the leader at `durable`, each follower after a hop, its own sync and a hop back. */
  private quorumTime(durable: SimTime, size: number): number {
    const { simulation, leadership, logs, hop } = this.options;
    if (leadership.quorum === 1) return durable;
    const { times } = this;
    times[0] = durable;
    let count = 1;
    for (let member = 0; member < logs.length; member++) {
      if (member === leadership.leader || !leadership.isUp(member)) continue;
      const arrival = plus(simulation.now, nanoseconds(hop()));
      count = insertSorted(times, count, (logs[member] as WriteAheadLog).append(arrival, size) + hop());
    }
    return times[leadership.quorum - 1] as number;
  }

  private onFree(term: number): void {
    if (term !== this.options.leadership.term) return;
    this.isBusy = false;
    if (this.proposals.length > 0) this.startBatch();
  }

  private onCommitted(number: number, term: number): void {
    const batch = this.batches.get(number);
    if (term !== this.options.leadership.term || batch === undefined) return;
    this.batches.delete(number);
    this.options.onCommitted(batch);
  }

  private entryBytes(request: RequestId): number {
    const { requests, tables } = this.options;
    const draft = requests.draft[request] as VersionHandle;
    const kind = requests.kind[request] as Kind;
    return ENTRY_OVERHEAD + (draft === NO_VERSION ? 0 : tables.of(kind).bytes.get(draft));
  }
}

/** Inserts a value into the first `count` sorted ones; returns how many there are now. */
function insertSorted(values: Float64Array, count: number, value: number): number {
  let at = count;
  while (at > 0 && (values[at - 1] as number) > value) {
    values[at] = values[at - 1] as number;
    at--;
  }
  values[at] = value;
  return count + 1;
}
