/**
 * A link whose capacity is shared: equally among the groups that have a transfer under way, each of which takes no more than a limit of its own, and
 * equally among the transfers of a group. So a transfer slows down when others begin and speeds up when they end, with one pending event for the link.
 *
 * All active groups have the same rate, so that one clock counts the work that each of them has had: a group's next end stands at a reading of that clock,
 * whatever begins and ends elsewhere meanwhile.
 */
import { type Nanoseconds, NS_PER_SECOND } from '../units/index.ts';
import type { EventType } from './event-types.ts';
import { SideHeap } from './side-heap.ts';
import type { Simulation } from './simulation.ts';

/** Work that may be left when a transfer counts as done: less than any unit. */
const DONE = 0.5;

/** A transfer under way. */
interface Transfer {
  readonly tag: number;
  /** Work that was left at the group's last reading, state. */
  left: number;
}

/** Transfers of one group. */
interface Group {
  readonly number: number;
  readonly transfers: Transfer[];
  /** Reading of the clock up to which their work is counted, and at which the next of them ends, state. */
  reading: number;
  end: number;
}

/** A link shared by transfers of groups. */
export class SharedLink {
  private readonly simulation: Simulation;
  /** Capacity of the whole and of one group [work/s]; infinite = no limit. */
  private readonly total: number;
  private readonly perGroup: number;
  private readonly onDone: (tag: number) => void;
  private readonly evDue: EventType;
  private readonly groups = new Map<number, Group>();
  /** Groups by the reading at which their next transfer ends; entries of groups that have changed since are void. */
  private readonly ends = new SideHeap();
  /** Work that each active group has had so far, and when that was counted [ns], state. */
  private clock = 0;
  private countedAt = 0;
  /** Number of the pending event that counts, state. */
  private turn = 0;
  /** Integral of the share of the capacity in use [ns], statistic. */
  private busy = 0;
  /** Transfers under way [transfer], state. */
  active = 0;

  constructor(
    simulation: Simulation,
    name: string,
    capacity: { readonly total: number; readonly perGroup: number },
    onDone: (tag: number) => void,
  ) {
    if (!(capacity.total > 0 && capacity.perGroup > 0 && Number.isFinite(capacity.perGroup)))
      throw new RangeError(`${name}: capacities must be above 0, and that of a group finite`);
    this.simulation = simulation;
    this.total = capacity.total;
    this.perGroup = capacity.perGroup;
    this.onDone = onDone;
    this.evDue = simulation.on(`${name}: transfer ends`, (turn) => {
      if (turn === this.turn) this.onDue();
    });
  }

  /** A transfer begins; `tag` comes back when it has ended. */
  start(group: number, work: number, tag: number): void {
    this.count();
    let own = this.groups.get(group);
    if (own === undefined) {
      own = { number: group, transfers: [], reading: this.clock, end: 0 };
      this.groups.set(group, own);
    }
    this.settle(own);
    own.transfers.push({ tag, left: Math.max(work, 1) });
    this.active++;
    this.place(own);
    this.schedule();
  }

  /** The transfers of a group are broken off: none of them ends. Returns their tags. */
  abort(group: number): readonly number[] {
    const own = this.groups.get(group);
    if (own === undefined) return [];
    this.count();
    this.active -= own.transfers.length;
    this.groups.delete(group);
    this.schedule();
    return own.transfers.map(({ tag }) => tag);
  }

  /** Integral of the share of the whole capacity in use up to now [ns]; 0 without a limit. */
  busyNanoseconds(): number {
    this.count();
    return this.busy;
  }

  /** Work that a group has per nanosecond now. */
  private get rate(): number {
    return Math.min(this.perGroup, this.total / this.groups.size) / NS_PER_SECOND;
  }

  /** Counts the work since the last time. */
  private count(): void {
    const { now } = this.simulation;
    const span = now - this.countedAt;
    this.countedAt = now;
    if (span === 0 || this.groups.size === 0) return;
    this.clock += this.rate * span;
    if (Number.isFinite(this.total)) this.busy += (span * this.rate * NS_PER_SECOND * this.groups.size) / this.total;
  }

  /** Takes the work that a group has had since its last reading off its transfers. */
  private settle(group: Group): void {
    const share = (this.clock - group.reading) / Math.max(1, group.transfers.length);
    for (const transfer of group.transfers) transfer.left -= share;
    group.reading = this.clock;
  }

  /** Notes when the next transfer of a group, just settled, ends. */
  private place(group: Group): void {
    let least = Number.POSITIVE_INFINITY;
    for (const { left } of group.transfers) least = Math.min(least, left);
    group.end = this.clock + least * group.transfers.length;
    this.ends.push(group.end, group.number);
  }

  private schedule(): void {
    this.turn = (this.turn + 1) | 0;
    this.dropVoid();
    if (this.ends.size === 0) return;
    const span = Math.max(0, Math.ceil((this.ends.topKey() - this.clock) / this.rate));
    this.simulation.after(span as Nanoseconds, this.evDue, this.turn);
  }

  private dropVoid(): void {
    while (this.ends.size > 0 && this.groups.get(this.ends.topHandle())?.end !== this.ends.topKey()) this.ends.pop();
  }

  private onDue(): void {
    this.count();
    const done: number[] = [];
    this.dropVoid();
    while (this.ends.size > 0 && this.ends.topKey() <= this.clock + DONE) {
      const group = this.groups.get(this.ends.pop()) as Group;
      this.settle(group);
      for (let i = 0; i < group.transfers.length; ) {
        if ((group.transfers[i] as Transfer).left > DONE) i++;
        else done.push((group.transfers.splice(i, 1)[0] as Transfer).tag);
      }
      if (group.transfers.length > 0) this.place(group);
      else this.groups.delete(group.number);
      this.dropVoid();
    }
    this.active -= done.length;
    this.schedule();
    for (const tag of done) this.onDone(tag);
  }
}
