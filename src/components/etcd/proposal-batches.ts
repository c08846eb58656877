/**
 * The way of proposals into a member: whatever has come takes its CPU as one batch, on the member's host, before it is proposed; what comes meanwhile is
 * the next. A batch costs CPU by itself (the raft loop, system calls, wake-ups), and for each request (gRPC, proposal, apply).
 */
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import type { Host } from '../host/host.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Proposal } from './proposal.ts';
import type { Message } from './raft/index.ts';

/** Batch numbers before they repeat; far more than can be on their way, and fit for a tag of work on a host. */
const BATCH_NUMBERS = 1 << 20;

/** Nothing waits; never filled. */
const NOTHING: never[] = [];

/** Requests that take their CPU together. */
interface Batch {
  readonly number: number;
  readonly proposals: readonly Proposal[];
  /** Messages with proposals of others. */
  readonly forwarded: readonly Message<Proposal>[];
  readonly startedAt: SimTime;
  readonly cpu: Nanoseconds;
}

/** Told that a batch has had its CPU. */
export type BatchPrepared = (proposals: readonly Proposal[], forwarded: readonly Message<Proposal>[]) => void;

/** The batches of one member. */
export class ProposalBatches {
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof etcdParameters>;
  private readonly host: Host;
  private readonly prepared: BatchPrepared;
  private readonly port: number;
  /** Proposals of its own clients, and those forwarded to it, that wait for the next batch, state. */
  private proposals: Proposal[] = NOTHING;
  private forwarded: Message<Proposal>[] = NOTHING;
  /** The batch that takes its CPU; the host may still work on one of an earlier life of the process, whose number is another, state. */
  private current: Batch | undefined;
  private lastBatch = 0;

  constructor(
    simulation: Simulation,
    parameters: ValuesOf<typeof etcdParameters>,
    host: Host,
    prepared: BatchPrepared,
  ) {
    this.simulation = simulation;
    this.parameters = parameters;
    this.host = host;
    this.prepared = prepared;
    this.port = host.register((number) => this.onPrepared(number));
  }

  /** A proposal of a client of this member. */
  add(proposal: Proposal): void {
    if (this.proposals.length === 0) this.proposals = [proposal];
    else this.proposals.push(proposal);
  }

  /** Proposals that another member sends on. Their hop ends here. */
  addForwarded(message: Message<Proposal>): void {
    const { now } = this.simulation;
    for (const { payload } of message.entries) if (payload !== undefined) payload.service += now;
    if (this.forwarded.length === 0) this.forwarded = [message];
    else this.forwarded.push(message);
  }

  /** Proposals of this member's clients that wait. */
  get queued(): readonly Proposal[] {
    return this.proposals;
  }

  /** Proposals and messages with proposals that wait. */
  get waiting(): number {
    return this.proposals.length + this.forwarded.length;
  }

  /** The process has ended: returns the proposals of its clients that were never proposed. */
  clear(): Proposal[] {
    const dropped = [...(this.current?.proposals ?? NOTHING), ...this.proposals];
    this.proposals = NOTHING;
    this.forwarded = NOTHING;
    this.current = undefined;
    return dropped;
  }

  /** Everything that waits takes its CPU, unless a batch does already; a leader pays for the log and for each of its followers. */
  start(followers: number | undefined): void {
    if (this.current !== undefined) return;
    const { parameters, simulation } = this;
    let cpu = parameters.requestCpu * this.proposals.length + parameters.followerEntryCpu * this.forwarded.length;
    for (const { bytes } of this.proposals) cpu += parameters.tlsPerByte * bytes;
    if (followers !== undefined) cpu += parameters.batchCpu + parameters.sendCpu * followers;
    this.lastBatch = (this.lastBatch + 1) % BATCH_NUMBERS;
    this.current = {
      number: this.lastBatch,
      proposals: this.proposals,
      forwarded: this.forwarded,
      startedAt: simulation.now,
      cpu: nanoseconds(cpu),
    };
    this.proposals = NOTHING;
    this.forwarded = NOTHING;
    this.host.run(this.port, nanoseconds(cpu), this.lastBatch);
  }

  private onPrepared(number: number): void {
    const batch = this.current;
    if (batch?.number !== number) return;
    this.current = undefined;
    const took = this.simulation.now - batch.startedAt;
    const waited = Math.max(0, took - batch.cpu);
    for (const proposal of batch.proposals) {
      proposal.waitedForCpu += waited;
      proposal.service += took;
    }
    for (const { entries } of batch.forwarded) {
      for (const { payload } of entries) if (payload !== undefined) payload.service += took;
    }
    this.prepared(batch.proposals, batch.forwarded);
  }
}
