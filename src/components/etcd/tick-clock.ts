/**
 * The ticks of one member. Most of them only count up to a timeout: they are made up for when the member is next touched, and an event is planned
 * for the first that may do something. A node tells how many ticks only count ({@link TickingNode.quietTicks}).
 */
import { type EventId, type EventType, NO_EVENT, type Simulation } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';

/** What the clock drives. */
export interface TickingNode {
  /** Calls of tick() that will do nothing but count. */
  readonly quietTicks: number;
  tick(): void;
}

/** A member's clock. */
export class TickClock {
  private readonly simulation: Simulation;
  private readonly interval: Nanoseconds;
  private readonly evTick: EventType;
  private readonly member: number;
  private node: TickingNode | undefined;
  /** Raised at each beginning, the second argument of the event, state. */
  life = 0;
  /** When the next tick is due [ns], state. */
  private nextTick = 0;
  /** The event that is planned, and when it is due [ns], state. */
  private event: EventId = NO_EVENT;
  private eventAt = 0;

  constructor(simulation: Simulation, interval: Nanoseconds, evTick: EventType, member: number) {
    this.simulation = simulation;
    this.interval = interval;
    this.evTick = evTick;
    this.member = member;
  }

  /** The process starts, or goes on after a pause: its ticks begin anew. */
  begin(node: TickingNode): void {
    this.stop();
    this.node = node;
    this.life++;
    this.nextTick = this.simulation.now + this.interval;
    this.plan();
  }

  /** No more ticks. */
  stop(): void {
    if (this.event !== NO_EVENT) this.simulation.cancel(this.event);
    this.event = NO_EVENT;
    this.node = undefined;
  }

  /** Makes up for the ticks that were due before `until`, which is not later than now. */
  catchUp(until: SimTime): void {
    const { node } = this;
    if (node === undefined) return;
    for (; this.nextTick < until && node.quietTicks > 0; this.nextTick += this.interval) node.tick();
  }

  /** The event: ticks that were made up for, and the one that is due. */
  onTick(): void {
    this.event = NO_EVENT;
    const { node, simulation } = this;
    if (node === undefined) return;
    for (; this.nextTick <= simulation.now; this.nextTick += this.interval) node.tick();
    this.plan();
  }

  /** Plans the event of the first tick that may do something; one that is planned earlier is left alone: it plans anew. */
  plan(): void {
    const { node, simulation } = this;
    if (node === undefined) return;
    const due = this.nextTick + node.quietTicks * this.interval;
    if (this.event !== NO_EVENT) {
      if (this.eventAt <= due) return;
      simulation.cancel(this.event);
    }
    this.eventAt = Math.max(due, simulation.now);
    this.event = simulation.at(this.eventAt as SimTime, this.evTick, this.member, this.life);
  }
}
