/**
 * Requests in etcd: each visit has a number, so that an answer that comes after the request was given up is recognised; and each has a deadline, 5 s
 * and two election timeouts after it arrived at a member (E:server/config/config.go:ReqTimeout). The deadline is the same span for all, so one
 * timer at the first that is still open serves them.
 */
import { type EventId, type EventType, NO_EVENT, type Simulation } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import type { RequestId } from '../api-machinery/index.ts';
import { type MemberId, NO_MEMBER } from './raft/index.ts';

/** Slots at the start; doubled when a request needs more. */
const INITIAL_SLOTS = 1024;
/** Serial numbers before they repeat; fit for the argument of an event. */
const SERIAL_NUMBERS = 2 ** 31 - 1;
/** Deadlines that have passed are dropped in lumps of this many, so that the array is not shifted for each. */
const DROP_LUMP = 1024;

/** The visits of all requests. */
export class Operations {
  private readonly simulation: Simulation;
  private readonly timeout: Nanoseconds;
  private readonly onTimeout: (request: RequestId) => void;
  private readonly evDeadline: EventType;
  /** By request: number of the visit, 0 = none, and the member that was asked, state. */
  private serials = new Int32Array(INITIAL_SLOTS);
  private members = new Int32Array(INITIAL_SLOTS).fill(NO_MEMBER);
  private lastSerial = 0;
  /** Requests, serials and arrivals in the order of their arrival, and the first that counts, state. */
  private requests: RequestId[] = [];
  private visits: number[] = [];
  private arrivals: number[] = [];
  private head = 0;
  private pending: EventId = NO_EVENT;
  /** Visits begun and ended, statistics: what is neither answered nor open is lost. */
  begun = 0;
  ended = 0;

  constructor(simulation: Simulation, timeout: Nanoseconds, onTimeout: (request: RequestId) => void) {
    this.simulation = simulation;
    this.timeout = timeout;
    this.onTimeout = onTimeout;
    this.evDeadline = simulation.on('etcd.deadline', () => this.onDeadline());
  }

  /** A request is sent to a member; returns the number of its visit. */
  begin(request: RequestId, member: MemberId): number {
    if (request >= this.serials.length) this.grow(request);
    this.lastSerial = (this.lastSerial % SERIAL_NUMBERS) + 1;
    this.serials[request] = this.lastSerial;
    this.members[request] = member;
    this.begun++;
    return this.lastSerial;
  }

  /** It is sent to another member instead; returns the number of its new visit. */
  move(request: RequestId, member: MemberId): number {
    this.end(request);
    return this.begin(request, member);
  }

  /** It has arrived: its deadline counts from now. */
  arrived(request: RequestId): void {
    const { now } = this.simulation;
    this.requests.push(request);
    this.visits.push(this.serials[request] as number);
    this.arrivals.push(now);
    if (this.pending === NO_EVENT) this.pending = this.simulation.after(this.timeout, this.evDeadline);
  }

  /** Whether a visit has not been answered. */
  isOpen(request: RequestId, serial: number): boolean {
    return this.serials[request] === serial;
  }

  /** Number of the visit that is open. */
  serialOf(request: RequestId): number {
    return this.serials[request] as number;
  }

  /** Member that was asked. */
  memberOf(request: RequestId): MemberId {
    return this.members[request] as MemberId;
  }

  /** The request is answered. */
  end(request: RequestId): void {
    this.serials[request] = 0;
    this.ended++;
  }

  /** Requests that are open at a member. */
  openAt(member: MemberId): RequestId[] {
    const found: RequestId[] = [];
    for (let request = 0; request < this.serials.length; request++) {
      if (this.serials[request] !== 0 && this.members[request] === member) found.push(request as RequestId);
    }
    return found;
  }

  /** Requests that are open. */
  countOpen(): number {
    let count = 0;
    for (const serial of this.serials) if (serial !== 0) count++;
    return count;
  }

  private onDeadline(): void {
    const { now } = this.simulation;
    this.pending = NO_EVENT;
    for (; this.head < this.requests.length; this.head++) {
      const request = this.requests[this.head] as RequestId;
      if (!this.isOpen(request, this.visits[this.head] as number)) continue;
      const due = (this.arrivals[this.head] as number) + this.timeout;
      if (due > now) {
        this.pending = this.simulation.at(due as SimTime, this.evDeadline);
        break;
      }
      this.onTimeout(request);
    }
    if (this.head < DROP_LUMP && this.head < this.requests.length) return;
    this.requests = this.requests.slice(this.head);
    this.visits = this.visits.slice(this.head);
    this.arrivals = this.arrivals.slice(this.head);
    this.head = 0;
  }

  private grow(request: number): void {
    const size = Math.max(request + 1, this.serials.length * 2);
    const serials = new Int32Array(size);
    const members = new Int32Array(size).fill(NO_MEMBER);
    serials.set(this.serials);
    members.set(this.members);
    this.serials = serials;
    this.members = members;
  }
}
