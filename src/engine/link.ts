/**
 * Links: messages from one party to another, in order, each delayed by at least a minimum. The minimum is what lets the two
 * ends run on different threads.
 */
import type { Nanoseconds, SimTime } from '../units/index.ts';
import { grown } from './column.ts';
import type { EventType, LinkId } from './event-types.ts';
import type { Simulation } from './simulation.ts';

/** Many links in typed columns. Their order on the wire is the order of sending: a late message holds up those behind it. */
export class LinkTable {
  /** Links [link], state. */
  count = 0;
  private readonly simulation: Simulation;
  private readonly name: string;
  /** By link: id in the simulation, smallest delay [ns], fixed. */
  private ids = new Int32Array(1);
  private minimumDelays = new Float64Array(1);

  /** Links are named "<name>[<index>]". */
  constructor(simulation: Simulation, name: string) {
    this.simulation = simulation;
    this.name = name;
  }

  /** Opens a link whose messages take `minimumDelay` or longer, at least 1 ns; returns its index. */
  add(minimumDelay: Nanoseconds): number {
    if (!(minimumDelay >= 1)) throw new RangeError(`link ${this.name}: the minimum delay must be 1 ns or more`);
    const index = this.count++;
    if (index === this.ids.length) this.grow();
    this.ids[index] = this.simulation.openLink(`${this.name}[${index}]`);
    this.minimumDelays[index] = minimumDelay;
    return index;
  }

  /** Sends a message that takes `delay`, or longer if the minimum or a message before it says so; returns its arrival. */
  transmit(index: number, delay: Nanoseconds, type: EventType, a = 0, b = 0): SimTime {
    const link = this.ids[index] as LinkId;
    const minimum = this.minimumDelays[index] as number;
    const unhindered = this.simulation.now + (delay > minimum ? delay : minimum);
    const arrival = Math.max(unhindered, this.simulation.latestArrival(link)) as SimTime;
    this.simulation.send(link, arrival, type, a, b);
    return arrival;
  }

  private grow(): void {
    const capacity = this.ids.length * 2;
    this.ids = grown(this.ids, capacity);
    this.minimumDelays = grown(this.minimumDelays, capacity);
  }
}

/** One link. */
export class Link {
  /** Its id in the simulation, fixed. */
  readonly id: LinkId;
  /** Smallest delay [ns], fixed, 1 or more. */
  readonly minimumDelay: Nanoseconds;
  private readonly simulation: Simulation;
  /** Arrival of the latest message [ns], state. */
  private lastArrival = 0;

  constructor(simulation: Simulation, name: string, minimumDelay: Nanoseconds) {
    if (!(minimumDelay >= 1)) throw new RangeError(`link ${name}: the minimum delay must be 1 ns or more`);
    this.simulation = simulation;
    this.minimumDelay = minimumDelay;
    this.id = simulation.openLink(name);
  }

  /** Sends a message that takes `delay`, or longer if the minimum or a message before it says so; returns its arrival. */
  transmit(delay: Nanoseconds, type: EventType, a = 0, b = 0): SimTime {
    const unhindered = this.simulation.now + (delay > this.minimumDelay ? delay : this.minimumDelay);
    const arrival = Math.max(unhindered, this.lastArrival) as SimTime;
    this.lastArrival = arrival;
    this.simulation.send(this.id, arrival, type, a, b);
    return arrival;
  }
}
