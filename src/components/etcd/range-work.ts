/**
 * Ranges at work: each takes the CPU of its member's machine, beside others and whatever else runs there, until it is read, encoded and encrypted. What a
 * process was working on when it ended comes to nothing.
 */
import type { EventType, Simulation } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import type { RequestId } from '../api-machinery/index.ts';
import type { Member } from './member.ts';

/** Numbers of ranges before they repeat; far more than can be in progress, and fit for a tag of work on a host. */
const RANGE_NUMBERS = 1 << 20;

/** A range in progress, or one that is held up. */
interface Range {
  readonly request: RequestId;
  /** Number of the request's visit. */
  readonly serial: number;
  readonly member: Member;
  readonly work: Nanoseconds;
}

/** The ranges of all members. */
export class RangeWork {
  private readonly simulation: Simulation;
  /** Told that a range has been read. */
  private readonly onRead: (request: RequestId, serial: number) => void;
  private readonly evBegin: EventType;
  private readonly ranges = new Map<number, Range>();
  private lastNumber = 0;
  /** Number as an owner of work, by member. */
  private readonly ports = new Map<Member, number>();

  constructor(simulation: Simulation, onRead: (request: RequestId, serial: number) => void) {
    this.simulation = simulation;
    this.onRead = onRead;
    this.evBegin = simulation.on('etcd.rangeBegins', (number) => this.begin(number));
  }

  /** A range begins at `at`, when nothing holds readers up. */
  start(at: SimTime, member: Member, work: Nanoseconds, request: RequestId, serial: number): void {
    this.lastNumber = (this.lastNumber + 1) % RANGE_NUMBERS;
    this.ranges.set(this.lastNumber, { request, serial, member, work });
    if (at > this.simulation.now) this.simulation.at(at, this.evBegin, this.lastNumber);
    else this.begin(this.lastNumber);
  }

  private begin(number: number): void {
    const { member, work } = this.ranges.get(number) as Range;
    member.host.run(this.portAt(member), work, number);
  }

  private portAt(member: Member): number {
    let port = this.ports.get(member);
    if (port === undefined) {
      port = member.host.register((number) => this.end(number), member.name);
      this.ports.set(member, port);
    }
    return port;
  }

  private end(number: number): void {
    const { request, serial } = this.ranges.get(number) as Range;
    this.ranges.delete(number);
    this.onRead(request, serial);
  }
}
