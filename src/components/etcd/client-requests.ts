/**
 * Requests of API servers on their way through a member: they arrive, are refused, proposed or read, and answered by the member that was asked after it
 * has applied them. E:server/etcdserver/v3_server.go.
 */
import { type Kind, NO_VERSION, type ObjectKey, type ObjectTables, type VersionHandle } from '../../cluster/index.ts';
import type { EventType, LinkTable, RandomStream, Simulation, ValuesOf } from '../../engine/index.ts';
import type { CounterSeries, MetricRecorder, WaitLedger } from '../../metrics/index.ts';
import { nanoseconds, type SimTime } from '../../units/index.ts';
import { RequestFlag, type RequestId, type Requests, Verb, WaitPlace } from '../api-machinery/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { Answer } from './answer.ts';
import type { ClientConnections } from './client-connections.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Member } from './member.ts';
import { hasRoom, KeepAlives, type Keyspace, type Lessor, quotaCost, type SpaceAlarm } from './mvcc/index.ts';
import type { Operations } from './operations.ts';
import { ENTRY_OVERHEAD, type Proposal } from './proposal.ts';
import { type MemberId, NO_MEMBER } from './raft/index.ts';
import { RangeReads } from './range-reads.ts';
import { RangeWork } from './range-work.ts';
import type { ReplicatedState } from './replicated-state.ts';
import type { Seat } from './seat.ts';
import { KEEP_ALIVE, READ_REVISION, type StoreClient } from './store-client.ts';
import { StoreOutcome } from './store-outcome.ts';

/** What requests work on. */
export interface ClientRequestsOptions {
  readonly simulation: Simulation;
  readonly tables: ObjectTables;
  readonly requests: Requests;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly network: ValuesOf<typeof networkParameters>;
  readonly recorder: MetricRecorder;
  readonly waits: WaitLedger;
  readonly operations: Operations;
  readonly keyspace: Keyspace;
  readonly state: ReplicatedState;
  readonly alarm: SpaceAlarm;
  readonly lessor: Lessor;
  readonly connections: ClientConnections;
  readonly clients: readonly StoreClient[];
  /** Links from and to the API servers, two for each. */
  readonly links: LinkTable;
  readonly delays: RandomStream;
  readonly seat: (member: MemberId) => Seat;
  /** The member that leads. */
  readonly leader: () => Member | undefined;
  /** A member has no room for a put. */
  readonly outOfSpace: (member: Member) => void;
  /** A request waits for a process that stands still; it has arrived there, or not yet. */
  readonly holdBack: (request: RequestId, serial: number, hasArrived: boolean) => void;
}

/** The requests of all API servers. */
export class ClientRequests {
  private readonly options: ClientRequestsOptions;
  private readonly ranges: RangeReads;
  private readonly rangeWork: RangeWork;
  readonly keepAlives: KeepAlives;
  private readonly evArrived: EventType;
  private readonly succeeded: CounterSeries;
  private readonly failed: CounterSeries;
  private readonly failedProposals: CounterSeries;
  private readonly transactions: CounterSeries;
  private readonly rangesServed: CounterSeries;
  private readonly waitCpu: number;
  private readonly waitDisk: number;
  private readonly waitApply: number;

  constructor(options: ClientRequestsOptions) {
    const { simulation, recorder, waits, operations, requests, tables, keyspace, parameters } = options;
    this.options = options;
    this.ranges = new RangeReads({ requests, tables, keyspace, parameters });
    this.keepAlives = new KeepAlives({
      simulation,
      parameters,
      hop: () => options.network.peerDelay.sample(options.delays),
      leader: () => options.leader(),
      done: (request, isServed) => this.onKeptAlive(request, isServed),
    });
    this.evArrived = simulation.on('etcd.requestArrived', (request, serial) =>
      this.onArrived(request as RequestId, serial),
    );
    this.rangeWork = new RangeWork(simulation, (request, serial) => {
      if (operations.isOpen(request, serial)) this.answer(request, simulation.now, StoreOutcome.Succeeded);
    });
    this.succeeded = recorder.counter('plimsoll_etcd_transactions_total', { result: 'succeeded' });
    this.failed = recorder.counter('plimsoll_etcd_transactions_total', { result: 'condition_failed' });
    this.transactions = recorder.counter('etcd_mvcc_txn_total');
    this.rangesServed = recorder.counter('etcd_mvcc_range_total');
    this.failedProposals = recorder.counter('etcd_server_proposals_failed_total');
    this.waitCpu = waits.server('etcd CPU', 'server');
    this.waitDisk = waits.server('etcd disk (WAL)', 'server');
    this.waitApply = waits.server('etcd apply', 'server');
  }

  /** An API server sends a transaction or a read. */
  send(server: number, request: RequestId): void {
    const { requests, simulation, network } = this.options;
    requests.server[request] = server;
    requests.storeAt[request] = simulation.now;
    requests.stageAt[request] = simulation.now;
    const member = this.options.connections.choose(server);
    const serial = this.options.operations.begin(request, member);
    if (member === NO_MEMBER) {
      this.answer(request, simulation.now, StoreOutcome.Unavailable);
      return;
    }
    const delay = network.controlPlaneDelay.sample(this.options.delays);
    this.options.links.transmit(2 * server, delay, this.evArrived, request, serial);
  }

  private onArrived(request: RequestId, serial: number): void {
    if (!this.options.operations.isOpen(request, serial)) return;
    const seat = this.options.seat(this.options.operations.memberOf(request));
    if (!seat.member.isUp) this.breakOff(request);
    else if (seat.member.isPaused) this.options.holdBack(request, serial, false);
    else this.take(seat, request);
  }

  /** A member takes a request in. */
  take(seat: Seat, request: RequestId): void {
    const { requests, simulation } = this.options;
    this.options.operations.arrived(request);
    requests.stageAt[request] = simulation.now;
    if (requests.transactionRevision[request] === KEEP_ALIVE) {
      this.keepAlives.take(request, seat.member.isLeader);
      return;
    }
    const refusal = this.isRead(request) ? 0 : this.refusal(seat, request);
    if (refusal !== 0) this.answer(request, simulation.now, refusal);
    else if (this.isSerializable(request)) seat.reads.takeCpu(request);
    else if (this.isRead(request)) seat.reads.join(request);
    else seat.member.propose(this.proposal(seat.member, request));
  }

  /** The leader has seen a keep-alive; a follower that was asked hears of it a hop later. */
  private onKeptAlive(request: RequestId, isServed: boolean): void {
    const { requests, operations, lessor, leader, network, delays, simulation } = this.options;
    if (operations.serialOf(request) === 0) return;
    const isForwarded = leader()?.id !== operations.memberOf(request);
    const back = isForwarded ? network.peerDelay.sample(delays) : 0;
    let outcome: number = StoreOutcome.Unavailable;
    if (isServed) {
      const isKnown = lessor.keepAlive(requests.lease[request] as number);
      outcome = isKnown ? StoreOutcome.Succeeded : StoreOutcome.ConditionFailed;
    }
    this.answer(request, (simulation.now + back) as SimTime, outcome);
  }

  /** A read of what the member has applied, whatever the others have; API servers never ask for one, other clients may. */
  private isSerializable(request: RequestId): boolean {
    const { requests } = this.options;
    return this.isRead(request) && ((requests.flags[request] as number) & RequestFlag.FromCache) !== 0;
  }

  private isRead(request: RequestId): boolean {
    const { requests } = this.options;
    const verb = requests.verb[request] as number;
    return verb === Verb.Get || verb === Verb.List || (requests.transactionRevision[request] as number) < 0;
  }

  /** Why a member refuses a transaction, 0 if it does not. */
  private refusal({ member, store }: Seat, request: RequestId): number {
    const { parameters, requests } = this.options;
    const bytes = this.valueBytes(request);
    if (bytes + ENTRY_OVERHEAD > parameters.maximumRequestBytes) return StoreOutcome.TooLarge;
    if (member.node.commit - member.apply.applied > parameters.maximumApplyGap) return StoreOutcome.TooManyRequests;
    if (requests.draft[request] === NO_VERSION) return 0;
    const cost = quotaCost.put(parameters.keyLength, bytes);
    const isFull = !hasRoom(store.backend.size, cost, parameters.quotaBackendBytes);
    if (isFull) this.options.outOfSpace(member);
    return isFull || this.options.alarm.isRaised ? StoreOutcome.NoSpace : 0;
  }

  private valueBytes(request: RequestId): number {
    const { requests, tables } = this.options;
    const draft = requests.draft[request] as VersionHandle;
    return draft === NO_VERSION ? 0 : tables.of(requests.kind[request] as Kind).bytes.get(draft);
  }

  private proposal(member: Member, request: RequestId): Proposal {
    const { requests, simulation } = this.options;
    const draft = requests.draft[request] as VersionHandle;
    const bytes = ENTRY_OVERHEAD + this.valueBytes(request);
    // The entry may be applied when the request is long forgotten, so it takes the draft over.
    requests.draft[request] = NO_VERSION;
    const transaction = {
      request,
      serial: this.options.operations.serialOf(request),
      kind: requests.kind[request] as Kind,
      key: requests.key[request] as ObjectKey,
      draft,
      isDeletion: draft === NO_VERSION,
      expected: requests.transactionRevision[request] as number,
      lease: requests.lease[request] as number,
      outcome: undefined,
    };
    return {
      member: member.id,
      bytes,
      transaction,
      command: undefined,
      done: undefined,
      effects: undefined,
      commandOutcome: undefined,
      since: simulation.now,
      service: 0,
      waitedForCpu: 0,
    };
  }

  /** A proposal was refused by the raft node. */
  onProposalDropped({ transaction }: Proposal): void {
    if (transaction === undefined) return;
    this.options.state.giveUp(transaction);
    if (this.options.operations.isOpen(transaction.request, transaction.serial)) this.fail(transaction.request);
  }

  /** A proposal is committed, as the first member knows. */
  onFirstCommit({ transaction, since, service, waitedForCpu }: Proposal): void {
    if (transaction === undefined || !this.options.operations.isOpen(transaction.request, transaction.serial)) return;
    const { requests, waits, simulation } = this.options;
    const waited = Math.max(0, simulation.now - since - service);
    requests.addWait(transaction.request, WaitPlace.StoreCpu, waitedForCpu);
    waits.passed(this.waitCpu, waitedForCpu);
    requests.addWait(transaction.request, WaitPlace.StoreDisk, waited);
    waits.passed(this.waitDisk, waited);
  }

  /** A member has applied a proposal by `end`. */
  onEntry(member: Member, proposal: Proposal, end: SimTime, waited: number): void {
    const { transaction } = proposal;
    if (proposal.member !== member.id) return;
    proposal.done?.(proposal.commandOutcome ?? StoreOutcome.Succeeded);
    if (transaction === undefined) return;
    const { request, serial, outcome } = transaction;
    if (!this.options.operations.isOpen(request, serial)) return;
    this.options.requests.addWait(request, WaitPlace.StoreApply, waited);
    this.options.waits.passed(this.waitApply, waited);
    this.transactions.add();
    if (outcome === StoreOutcome.Succeeded) this.succeeded.add();
    else if (outcome === StoreOutcome.ConditionFailed) this.failed.add();
    this.options.seat(member.id).answers.add({ request, serial, outcome: outcome as number, appliedAt: end });
  }

  /** An answer has had its CPU, for which it waited. */
  onAnswered({ request, serial, outcome, appliedAt }: Answer, waitedForCpu: number): void {
    const { operations, requests, waits, simulation } = this.options;
    if (!operations.isOpen(request, serial)) return;
    // While the entry was being applied it would have waited anyway.
    const waited = Math.min(waitedForCpu, Math.max(0, simulation.now - appliedAt));
    requests.addWait(request, WaitPlace.StoreCpu, waited);
    waits.passed(this.waitCpu, waited);
    this.answer(request, Math.max(simulation.now, appliedAt) as SimTime, outcome);
  }

  private answer(request: RequestId, at: SimTime, outcome: number): void {
    const { requests, simulation, network } = this.options;
    const server = requests.server[request] as number;
    this.options.operations.end(request);
    const delay = nanoseconds(at - simulation.now + network.controlPlaneDelay.sample(this.options.delays));
    this.options.links.transmit(
      2 * server + 1,
      delay,
      (this.options.clients[server] as StoreClient).storeAnswered,
      request,
      outcome,
    );
  }

  /** It is answered as unavailable. */
  fail(request: RequestId): void {
    if (this.isRead(request)) this.options.seat(this.options.operations.memberOf(request)).reads.forget(request);
    else this.failedProposals.add();
    this.answer(request, this.options.simulation.now, StoreOutcome.Unavailable);
  }

  /** The connection to the member broke: a read is tried elsewhere, the outcome of a write is not known. */
  breakOff(request: RequestId): void {
    const server = this.options.requests.server[request] as number;
    const other = this.isRead(request) ? this.options.connections.choose(server) : NO_MEMBER;
    if (other === NO_MEMBER) {
      this.fail(request);
      return;
    }
    const serial = this.options.operations.move(request, other);
    const delay = this.options.network.controlPlaneDelay.sample(this.options.delays);
    this.options.links.transmit(2 * server, delay, this.evArrived, request, serial);
  }

  /** A read of a member is confirmed; it waited this long for the CPU. */
  onReadReady(member: Member, request: RequestId, waitedForCpu: number): void {
    const { requests, waits, simulation, operations, state } = this.options;
    const serial = operations.serialOf(request);
    if (serial === 0 || operations.memberOf(request) !== member.id) return;
    requests.addWait(request, WaitPlace.StoreCpu, waitedForCpu);
    waits.passed(this.waitCpu, waitedForCpu);
    const revision = state.revisionAfter(member.apply.applied);
    requests.resultRevision[request] = revision;
    this.rangesServed.add();
    // A defragmentation holds readers up, serializable ones too.
    const start = Math.max(simulation.now, this.options.seat(member.id).store.blockedUntil);
    const isRevision = requests.transactionRevision[request] === READ_REVISION;
    if (!isRevision && requests.verb[request] === Verb.List) {
      const span = this.ranges.list(request, revision);
      // A long answer does not hold up the others on its connection (HTTP/2 streams): it is sent when it is complete.
      if (span === undefined) this.answer(request, simulation.now, StoreOutcome.Compacted);
      else this.rangeWork.start(start as SimTime, member, span, request, serial);
      return;
    }
    const span = isRevision ? this.ranges.revisionTime : this.ranges.get(request, revision);
    this.answer(request, (start + span) as SimTime, StoreOutcome.Succeeded);
  }
}
