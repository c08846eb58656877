/**
 * The queues of one level at one API server: fair queuing of requests that take seats for a time that is not known before.
 * K:apiserver/pkg/util/flowcontrol/fairqueuing/queueset (queueset.go, doc.go).
 *
 * Virtual time tells how much work each queue with requests could have had done; a queue's next dispatch stands in virtual time, moved on by
 * the estimated work of what is dispatched and corrected when its true duration is known. The head with the least virtual finish goes first. If
 * it finds too few seats nobody goes: seats are gathered for it. Requests that find seats while nobody waits pass without a scan and without an event.
 * A level without queues refuses what finds no seat; an exempt one lets everything pass and only counts.
 */
import { type EventId, type EventType, NO_EVENT, type Simulation } from '../../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../../units/index.ts';
import type { RequestId } from '../../api-machinery/index.ts';
import type { PriorityLevel } from './configuration.ts';
import { type FlowRequests, NONE } from './flow-requests.ts';
import type { Hands } from './hands.ts';
import { LingeringSeats } from './lingering-seats.ts';
import { SeatDemand } from './seat-demand.ts';
import { WaitingQueues } from './waiting-queues.ts';

/** What becomes of an arrival. */
export const Verdict = { Executing: 0, Waiting: 1, Refused: 2 } as const;

/** What a level needs of its surroundings. */
export interface QueueSetOptions {
  readonly simulation: Simulation;
  /** Name in messages and events. */
  readonly name: string;
  readonly level: PriorityLevel;
  /** Seats at the start. */
  readonly limit: number;
  readonly columns: FlowRequests;
  /** What a request is thought to take before its duration is known [ns]. */
  readonly estimatedServiceDuration: Nanoseconds;
  /** How long a request may wait. */
  readonly waitLimit: (request: RequestId) => Nanoseconds;
  /** Event "a request has waited too long" (request). */
  readonly evDeadline: EventType;
  /** A request that waited executes from now on. */
  readonly dispatched: (request: RequestId) => void;
}

/** One level at one server. */
export class QueueSet {
  readonly level: PriorityLevel;
  /** Its demand for seats, for lending and borrowing. */
  demand: SeatDemand;
  private readonly options: QueueSetOptions;
  private readonly columns: FlowRequests;
  private readonly lengthLimit: number;
  private readonly evLingered: EventType;
  private readonly lingering = new LingeringSeats();
  /** Seats that may be taken, state. */
  limit: number;
  /** Requests that execute, and seats taken; state. */
  executing = 0;
  seatsInUse = 0;
  /** Integral of the share of the seats that is taken [ns], statistic. */
  private busy = 0;
  /** Virtual time [seat x ns], state. */
  virtualTime = 0;
  /** Instant of the last change [ns], state. */
  private since = 0;
  /** Queues with requests that wait or execute, state. */
  private active = 0;
  /** Arrivals so far: hands are looked through from another card each time; state. */
  private deals = 0;
  /** Queue that was dispatched from last, state. */
  private robin = 0;
  /** Instant of the next event "seats have lingered enough", state. */
  private wakeAt = Number.POSITIVE_INFINITY;
  /** Requests that wait, state. */
  private readonly queues: WaitingQueues;
  /** By queue: requests that execute, seats taken, virtual time of the next dispatch; state. */
  private readonly running: Int32Array;
  private readonly taken: Int32Array;
  private readonly nextDispatch: Float64Array;
  /** Requests by fate, statistic: arrived = refused + timed out + ended with the process + finished + waiting + executing. */
  private arrived = 0;
  private refused = 0;
  private timedOut = 0;
  private dropped = 0;
  private finished = 0;

  constructor(options: QueueSetOptions) {
    const { simulation, level } = options;
    this.options = options;
    this.columns = options.columns;
    this.level = level;
    this.limit = options.limit;
    this.lengthLimit = level.queuing?.queueLengthLimit ?? 0;
    this.since = simulation.now;
    this.demand = new SeatDemand(simulation.now);
    this.evLingered = simulation.on(`${options.name}: seats have lingered`, () => this.onLingered());
    const count = level.queuing?.queues ?? 0;
    this.queues = new WaitingQueues(count, options.columns);
    this.running = new Int32Array(count);
    this.taken = new Int32Array(count);
    this.nextDispatch = new Float64Array(count);
    simulation.addInvariantCheck(options.name, () => this.checkInvariants());
  }

  // ---- a request in the order of its life -----------------------------------------------------------------------------------------

  /** A request arrives; its columns seats, extraLatency and schema are filled. `hands`: the queues dealt to each flow. */
  arrive(request: RequestId, hands: Hands, flow: number): number {
    const { columns, options } = this;
    const now = options.simulation.now;
    this.settle(now);
    this.arrived++;
    columns.arrivedAt[request] = now;
    if (hands.sizeOf(flow) === 0) return this.arriveWithoutQueue(request, now);
    const queue = this.choose(hands, flow);
    if (this.seatsInUse >= this.limit && (this.queues.lengths[queue] as number) >= this.lengthLimit) {
      this.refused++;
      return Verdict.Refused;
    }
    columns.queue[request] = queue;
    columns.arrivalVirtual[request] = this.virtualTime;
    columns.work[request] =
      (columns.initialSeats[request] as number) * options.estimatedServiceDuration +
      (columns.finalSeats[request] as number) * (columns.extraLatency[request] as number);
    if (this.isIdle(queue)) {
      this.nextDispatch[queue] = this.virtualTime;
      this.active++;
    }
    if (this.waiting === 0 && this.seatsInUse < this.limit && this.hasSeats(columns.seats(request))) {
      // Nobody waits: it is the head of its queue and the only candidate.
      this.bound(queue, this.virtualTime);
      this.robin = queue;
      this.narrow(request);
      this.start(request, queue, now);
      return Verdict.Executing;
    }
    this.queues.append(request, queue);
    this.bound(queue, columns.arrivalVirtual[this.queues.heads[queue] as number] as number);
    if (this.dispatchAll(now, request)) return Verdict.Executing;
    columns.deadline[request] = options.simulation.after(options.waitLimit(request), options.evDeadline, request);
    this.demand.set(now, this.wanted);
    this.wakeForLingering();
    return Verdict.Waiting;
  }

  /** A request has waited as long as it may. */
  expire(request: RequestId): void {
    const now = this.options.simulation.now;
    this.settle(now);
    const queue = this.columns.queue[request] as number;
    this.queues.remove(request, queue);
    this.boundByHead(queue);
    if (this.isIdle(queue)) this.active--;
    this.timedOut++;
    // What stood behind it may find seats that were too few for it.
    this.dispatchAll(now, NONE as RequestId);
    this.demand.set(now, this.wanted);
  }

  /** A request that executed has been answered; its final seats may linger. */
  finish(request: RequestId): void {
    const { columns, options } = this;
    const now = options.simulation.now;
    this.settle(now);
    this.executing--;
    this.finished++;
    const queue = columns.queue[request] as number;
    const seats = columns.seats(request);
    if (queue !== NONE) {
      this.running[queue] = (this.running[queue] as number) - 1;
      const took = now - (columns.startedAt[request] as number);
      const correction = (columns.initialSeats[request] as number) * (took - options.estimatedServiceDuration);
      this.nextDispatch[queue] = (this.nextDispatch[queue] as number) + correction;
      this.boundByHead(queue);
      if (this.isIdle(queue)) this.active--;
    }
    const extra = columns.extraLatency[request] as number;
    if (extra > 0) this.lingering.add({ at: now + extra, queue, seats });
    else this.free(queue, seats);
    this.dispatchAll(now, NONE as RequestId);
    this.demand.set(now, this.wanted);
    this.wakeForLingering();
  }

  /** A period of lending and borrowing ends; `smoothing` is the part of the old demand that stays. */
  endDemandPeriod(smoothing: number): void {
    const now = this.options.simulation.now;
    this.settle(now);
    this.demand.endPeriod(now, smoothing);
  }

  /** The level has another number of seats from now on. */
  setLimit(limit: number): void {
    if (limit === this.limit) return;
    const now = this.options.simulation.now;
    this.settle(now);
    this.limit = limit;
    this.dispatchAll(now, NONE as RequestId);
    this.demand.set(now, this.wanted);
  }

  /** The process has ended: `drop` is told of every request that waited. */
  clear(drop: (request: RequestId) => void): void {
    const { simulation } = this.options;
    this.settle(simulation.now);
    for (let queue = 0; queue < this.queues.heads.length; queue++) {
      for (let head = this.queues.heads[queue] as number; head !== NONE; head = this.queues.heads[queue] as number) {
        this.queues.remove(head as RequestId, queue);
        simulation.cancel(this.columns.deadline[head] as EventId);
        drop(head as RequestId);
        this.dropped++;
      }
    }
    this.dropped += this.executing;
    this.executing = 0;
    this.seatsInUse = 0;
    this.active = 0;
    this.running.fill(0);
    this.taken.fill(0);
    this.lingering.clear();
    this.demand = new SeatDemand(simulation.now);
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.queues.waiting;
  }

  /** Integral of the share of the seats that was taken, up to now [ns]. To look changes nothing. */
  busyNanoseconds(): number {
    const { now } = this.options.simulation;
    const seatTime = this.seatsInUse * (now - this.since) - this.lingering.freeTime(now);
    return this.busy + (this.limit > 0 ? seatTime / this.limit : 0);
  }

  // ---- inside ---------------------------------------------------------------------------------------------------------------------

  private arriveWithoutQueue(request: RequestId, now: SimTime): number {
    if (!this.level.exempt && !this.hasSeats(this.columns.seats(request))) {
      this.refused++;
      return Verdict.Refused;
    }
    this.columns.queue[request] = NONE;
    this.start(request, NONE, now);
    return Verdict.Executing;
  }

  /** The queue of a hand with the least work waiting in it; of equal ones, the first from a card that is another one each time. */
  private choose(hands: Hands, flow: number): number {
    const size = hands.sizeOf(flow);
    const offset = this.deals++ % size;
    let best = hands.card(flow, offset);
    if (this.waiting === 0) return best;
    for (let i = 1; i < size; i++) {
      const queue = hands.card(flow, (offset + i) % size);
      if ((this.queues.works[queue] as number) < (this.queues.works[best] as number)) best = queue;
    }
    return best;
  }

  /** Seats that are taken or waited for. */
  private get wanted(): number {
    return this.seatsInUse + this.queues.seats;
  }

  private isIdle(queue: number): boolean {
    return this.queues.lengths[queue] === 0 && this.running[queue] === 0;
  }

  /** Whether so many seats are free. A request wider than all of them has to wait until nothing executes. */
  private hasSeats(seats: number): boolean {
    return seats > this.limit ? this.executing === 0 : this.seatsInUse + seats <= this.limit;
  }

  /** A dispatch does not come before the arrival of what is dispatched: queues gather no claim while they use less than their share. */
  private bound(queue: number, virtual: number): void {
    if ((this.nextDispatch[queue] as number) < virtual) this.nextDispatch[queue] = virtual;
  }

  private boundByHead(queue: number): void {
    const head = this.queues.heads[queue] as number;
    if (head !== NONE) this.bound(queue, this.columns.arrivalVirtual[head] as number);
  }

  /** Dispatches while the head with the least virtual finish finds seats. Whether `newcomer` was among them; the others are reported. */
  private dispatchAll(now: SimTime, newcomer: RequestId): boolean {
    const { columns, options } = this;
    let included = false;
    while (this.waiting > 0 && this.seatsInUse < this.limit) {
      const queue = this.nextQueue();
      const request = this.queues.heads[queue] as RequestId;
      if (!this.hasSeats(columns.seats(request))) break;
      this.robin = queue;
      this.queues.remove(request, queue);
      this.narrow(request);
      this.start(request, queue, now);
      this.boundByHead(queue);
      if (request === newcomer) {
        included = true;
      } else {
        options.simulation.cancel(columns.deadline[request] as EventId);
        columns.deadline[request] = NO_EVENT;
        options.dispatched(request);
      }
    }
    return included;
  }

  /** The queue whose head has the least virtual finish; of equal ones, the first behind the one that was dispatched from last. */
  private nextQueue(): number {
    const { nextDispatch } = this;
    const { heads } = this.queues;
    const { work } = this.columns;
    const count = heads.length;
    let best = NONE;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 1; i <= count; i++) {
      const queue = (this.robin + i) % count;
      const head = heads[queue] as number;
      if (head === NONE) continue;
      const finish = (nextDispatch[queue] as number) + (work[head] as number);
      if (finish < least) {
        least = finish;
        best = queue;
      }
    }
    return best;
  }

  /** Final seats beyond all that there are become longer instead of wider. */
  private narrow(request: RequestId): void {
    const { finalSeats, extraLatency } = this.columns;
    const seats = finalSeats[request] as number;
    if (seats <= this.limit) return;
    extraLatency[request] = Math.ceil((seats * (extraLatency[request] as number)) / this.limit);
    finalSeats[request] = this.limit;
  }

  private start(request: RequestId, queue: number, now: SimTime): void {
    const { columns } = this;
    const seats = columns.seats(request);
    columns.startedAt[request] = now;
    this.executing++;
    this.seatsInUse += seats;
    const fits = this.seatsInUse <= this.limit || this.executing === 1 || this.level.exempt;
    if (!fits) this.failOverLimit();
    if (queue !== NONE) {
      this.running[queue] = (this.running[queue] as number) + 1;
      this.taken[queue] = (this.taken[queue] as number) + seats;
      this.nextDispatch[queue] = (this.nextDispatch[queue] as number) + (columns.work[request] as number);
    }
    this.demand.set(now, this.wanted);
  }

  private failOverLimit(): never {
    const simulation: Simulation = this.options.simulation;
    simulation.invariant(false, this.options.name, `${this.seatsInUse} of ${this.limit} seats in use`);
  }

  private free(queue: number, seats: number): void {
    this.seatsInUse -= seats;
    if (queue !== NONE) this.taken[queue] = (this.taken[queue] as number) - seats;
  }

  /** Brings everything up to `now`: seats that have lingered enough become free at their instants, and virtual time moves on. */
  private settle(now: SimTime): void {
    for (let next = this.lingering.next; next <= now; next = this.lingering.next) {
      this.advance(next);
      const { queue, seats } = this.lingering.take();
      this.free(queue, seats);
      this.demand.set(next, this.wanted);
    }
    if (now !== this.since) this.advance(now);
  }

  /** Virtual time moves on at the rate at which each of the active queues could be served. */
  private advance(now: number): void {
    const span = now - this.since;
    this.since = now;
    this.busy += this.limit > 0 ? (span * this.seatsInUse) / this.limit : 0;
    if (this.active === 0) return;
    this.virtualTime += (span * Math.min(this.wanted, this.limit)) / this.active;
  }

  /** While somebody waits, lingering seats are waited for. */
  private wakeForLingering(): void {
    const { next } = this.lingering;
    if (this.waiting === 0 || next >= this.wakeAt) return;
    this.wakeAt = next;
    this.options.simulation.at(next as SimTime, this.evLingered);
  }

  private onLingered(): void {
    const now = this.options.simulation.now;
    if (now >= this.wakeAt) this.wakeAt = Number.POSITIVE_INFINITY;
    this.settle(now);
    this.dispatchAll(now, NONE as RequestId);
    this.demand.set(now, this.wanted);
    this.wakeForLingering();
  }

  /** Nothing is lost, sums are those of the parts, and nobody waits who could go. */
  checkInvariants(): void {
    const simulation: Simulation = this.options.simulation;
    const { name } = this.options;
    const sum = (column: Int32Array) => column.reduce((total, value) => total + value, 0);
    simulation.invariant(
      this.arrived === this.refused + this.timedOut + this.dropped + this.finished + this.waiting + this.executing,
      name,
      `${this.arrived} requests arrived, ${this.waiting} wait, ${this.executing} execute, ${this.finished} finished`,
    );
    const hasQueues = this.queues.heads.length > 0;
    const queues = this.queues.lengths.length;
    let active = 0;
    for (let queue = 0; queue < queues; queue++) if (!this.isIdle(queue)) active++;
    simulation.invariant(
      !hasQueues ||
        (sum(this.taken) === this.seatsInUse &&
          sum(this.running) === this.executing &&
          sum(this.queues.lengths) === this.waiting &&
          active === this.active),
      name,
      `${this.seatsInUse} seats in use, ${this.executing} requests execute, ${this.waiting} wait: not what the queues say`,
    );
    if (this.waiting === 0 || this.seatsInUse >= this.limit) return;
    const head = this.queues.heads[this.nextQueue()] as RequestId;
    simulation.invariant(!this.hasSeats(this.columns.seats(head)), name, 'a request waits though its seats are free');
  }
}
