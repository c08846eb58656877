/**
 * The way of proposals into a member: each takes its CPU on one of the member's threads (gRPC, answer), beside whatever the log does; then it waits for
 * the raft loop, which takes all that is ready as one batch when the log is free. What becomes ready meanwhile is the next batch. The loop is one thread:
 * it costs CPU by the batch and by the entry, and the log stands still meanwhile.
 */
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import type { Host } from '../host/host.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Proposal } from './proposal.ts';
import type { Message } from './raft/index.ts';
import { RequestWorkers } from './request-workers.ts';

/** Batch numbers before they repeat; far more than can be on their way, and fit for a tag of work on a host. */
const BATCH_NUMBERS = 1 << 20;

/** Nothing waits; never filled. */
const NOTHING: never[] = [];

/** Requests that the raft loop takes together. */
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
  /** Proposals of its own clients that take the CPU of a request. */
  private readonly workers: RequestWorkers<Proposal>;
  /** Proposals of its own clients, and those forwarded to it, that are ready for the next batch, state. */
  private proposals: Proposal[] = NOTHING;
  private forwarded: Message<Proposal>[] = NOTHING;
  /** The batch that takes its CPU; the host may still work on one of an earlier life of the process, whose number is another, state. */
  private current: Batch | undefined;
  private lastBatch = 0;

  constructor(
    simulation: Simulation,
    parameters: ValuesOf<typeof etcdParameters>,
    host: Host,
    process: string,
    prepared: BatchPrepared,
    ready: () => void,
  ) {
    this.simulation = simulation;
    this.parameters = parameters;
    this.host = host;
    this.prepared = prepared;
    this.port = host.register((number) => this.onPrepared(number), process);
    this.workers = new RequestWorkers({
      simulation,
      host,
      process,
      cpuOf: ({ bytes }) => parameters.requestCpu + (parameters.requestCpuPerByte + parameters.tlsPerByte) * bytes,
      done: (proposal, took, waited) => {
        proposal.service += took;
        proposal.waitedForCpu += waited;
        this.add(proposal);
        ready();
      },
    });
  }

  /** A proposal of a client of this member arrives. */
  take(proposal: Proposal): void {
    this.workers.add(proposal);
  }

  /** A proposal that has had its CPU waits for a batch. */
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

  /** Proposals of this member's clients that are ready. */
  get queued(): readonly Proposal[] {
    return this.proposals;
  }

  /** Proposals and messages with proposals that wait. */
  get waiting(): number {
    return this.proposals.length + this.forwarded.length;
  }

  /** The process has ended: returns the proposals of its clients that were never proposed. */
  clear(): Proposal[] {
    const dropped = [...(this.current?.proposals ?? NOTHING), ...this.proposals, ...this.workers.clear()];
    this.proposals = NOTHING;
    this.forwarded = NOTHING;
    this.current = undefined;
    return dropped;
  }

  /** Everything that is ready goes through the raft loop, unless a batch does already; a leader pays for the log and for each of its followers. */
  start(followers: number | undefined): void {
    if (this.current !== undefined) return;
    const { parameters, simulation } = this;
    let cpu = parameters.entryCpu * this.proposals.length + parameters.followerEntryCpu * this.forwarded.length;
    for (const { bytes } of this.proposals) cpu += parameters.entryCpuPerByte * bytes;
    if (followers !== undefined) cpu += parameters.batchCpu + parameters.sendCpu * followers;
    this.lastBatch = (this.lastBatch + 1) % BATCH_NUMBERS;
    this.current = {
      number: this.lastBatch,
      proposals: this.proposals,
      forwarded: this.forwarded,
      startedAt: simulation.now,
      cpu: this.host.runNext(this.port, nanoseconds(cpu), this.lastBatch),
    };
    this.proposals = NOTHING;
    this.forwarded = NOTHING;
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
