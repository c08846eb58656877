/**
 * What a member writes into its log: one write at a time, of all that its node had ready, and what that takes. A follower's CPU for an append comes before
 * the write; a leader's is part of its batch.
 */
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import { nanoseconds, plus, type SimTime } from '../../units/index.ts';
import type { Host } from '../host/host.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Proposal } from './proposal.ts';
import type { Entry, MemberId, Ready } from './raft/index.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';
import { chargeAppend, chargeBlockedWrite, waitBack } from './write-costs.ts';

/** Bytes of a hard state and the headers of its records. */
const HARD_STATE_BYTES = 50;

/** What writing needs. */
export interface LogWriteOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly id: MemberId;
  readonly host: Host;
  readonly log: WriteAheadLog;
  /** Event "a write is durable" (member, life of its process). */
  readonly evWritten: EventType;
}

/** The write in progress at one member. */
export class LogWrite {
  private readonly options: LogWriteOptions;
  /** What is being written, undefined = nothing, and when that is durable [ns], state. */
  ready: Ready<Proposal> | undefined;
  private end = 0;
  /** Whether an event is planned for the end, state. */
  private isEndPlanned = false;
  /** Last entry that is durable, as far as anybody has looked, state. */
  private lastDurable = 0;

  constructor(options: LogWriteOptions) {
    this.options = options;
  }

  /** What a write that begins at `from` takes [ns]. */
  span(from: SimTime, isLeader: boolean, entries: number, bytes: number): number {
    const { host, log, parameters } = this.options;
    let span = isLeader || entries === 0 ? 0 : chargeAppend(host, parameters, entries);
    span += log.write(plus(from, nanoseconds(span)), bytes + HARD_STATE_BYTES, waitBack(host, parameters));
    if (log.hasBlocked) chargeBlockedWrite(host, parameters, isLeader);
    return span;
  }

  /** Work of the node is being written, and durable at `end`. */
  begin(ready: Ready<Proposal>, end: number): void {
    this.ready = ready;
    this.end = end;
    this.isEndPlanned = false;
  }

  /** Whether it is over, though nobody has looked. */
  get isOver(): boolean {
    return this.ready !== undefined && this.options.simulation.now >= this.end;
  }

  /** It is over and has been seen. */
  finish(): void {
    this.lastDurable = this.durable;
    this.ready = undefined;
  }

  /** The process has ended. */
  drop(): void {
    this.ready = undefined;
  }

  /** An event at its end, because something waits for it. */
  planEnd(incarnation: number): void {
    if (this.isEndPlanned) return;
    this.isEndPlanned = true;
    const { simulation, evWritten, id } = this.options;
    simulation.at(this.end as SimTime, evWritten, id, incarnation);
  }

  /** An event that was planned found nobody there. */
  forgetEvent(): void {
    this.isEndPlanned = false;
  }

  /** When the log is free [ns]: now, or at the end of the write in progress. */
  get freeAt(): number {
    const { now } = this.options.simulation;
    return this.ready === undefined ? now : Math.max(this.end, now);
  }

  /** Last entry that is durable now. */
  get durable(): number {
    if (this.ready === undefined || !this.isOver) return this.lastDurable;
    const { entries } = this.ready;
    return entries.length === 0 ? this.lastDurable : (entries[entries.length - 1] as Entry<Proposal>).index;
  }

  set durable(index: number) {
    this.lastDurable = index;
  }
}
