/**
 * Deadlines of the requests that an API server has in service: 60 s, or what the client gives with ?timeout=. They are enforced when they pass.
 * Requests with the same span are in the order of their deadlines by themselves, so a list for each span and one timer for its first request do.
 * K:apiserver/pkg/server/filters/timeout.go, pkg/endpoints/filters/request_deadline.go.
 */
import type { EventType, Simulation } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import type { RequestId, Requests } from '../api-machinery/index.ts';

/** No request. */
const NOBODY = -1;
/** Slots at the start; doubled. */
const INITIAL_SLOTS = 1024;

/** The requests of one span, in the order of their arrival. */
interface Queue {
  readonly span: Nanoseconds;
  /** First and last request, state. */
  first: number;
  last: number;
  /** Whether a timer is pending, state. It may find that its request has left; then it waits for the one that is first now. */
  isArmed: boolean;
}

/** The deadlines of one server. */
export class Deadlines {
  /** Requests in service, state. */
  count = 0;
  private readonly simulation: Simulation;
  private readonly requests: Requests;
  private readonly longest: Nanoseconds;
  private readonly expired: (request: RequestId) => void;
  private readonly queues: Queue[] = [];
  /** By request: neighbours in its queue, and the queue's number, NOBODY if it is in none, state. */
  private next = new Int32Array(INITIAL_SLOTS);
  private previous = new Int32Array(INITIAL_SLOTS);
  private queueOf = new Int32Array(INITIAL_SLOTS).fill(NOBODY);
  private readonly evDue: EventType;

  /** `longest`: span of requests that ask for none or a longer one. `expired`: told of a request whose deadline passes; it has left by then. */
  constructor(
    simulation: Simulation,
    name: string,
    options: { readonly requests: Requests; readonly longest: Nanoseconds; expired(request: RequestId): void },
  ) {
    this.simulation = simulation;
    this.requests = options.requests;
    this.longest = options.longest;
    this.expired = options.expired;
    this.evDue = simulation.on(`${name}: deadline`, (queue) => this.onDue(this.queues[queue] as Queue, queue));
  }

  /** A request has arrived now. */
  add(request: RequestId): void {
    while (request >= this.next.length) this.grow();
    const number = this.numberFor(this.requests.timeout[request] as number);
    const queue = this.queues[number] as Queue;
    this.queueOf[request] = number;
    this.next[request] = NOBODY;
    this.previous[request] = queue.last;
    if (queue.last === NOBODY) queue.first = request;
    else this.next[queue.last] = request;
    queue.last = request;
    this.count++;
    if (!queue.isArmed) this.arm(queue, number, request);
  }

  /** A request leaves in time, if it has not left before. */
  remove(request: RequestId): void {
    if (request >= this.next.length) return;
    const queue = this.queues[this.queueOf[request] as number];
    if (queue === undefined) return;
    const before = this.previous[request] as number;
    const after = this.next[request] as number;
    if (before === NOBODY) queue.first = after;
    else this.next[before] = after;
    if (after === NOBODY) queue.last = before;
    else this.previous[after] = before;
    this.queueOf[request] = NOBODY;
    this.count--;
  }

  /** The process has ended: nobody is in service any more. */
  clear(): void {
    for (const queue of this.queues) {
      while (queue.first !== NOBODY) this.remove(queue.first as RequestId);
    }
  }

  private onDue(queue: Queue, number: number): void {
    queue.isArmed = false;
    while (queue.first !== NOBODY && this.dueAt(queue, queue.first) <= this.simulation.now) {
      const request = queue.first as RequestId;
      this.remove(request);
      this.expired(request);
    }
    if (queue.first !== NOBODY && !queue.isArmed) this.arm(queue, number, queue.first);
  }

  private arm(queue: Queue, number: number, request: number): void {
    queue.isArmed = true;
    this.simulation.at(this.dueAt(queue, request) as SimTime, this.evDue, number);
  }

  private dueAt(queue: Queue, request: number): number {
    return (this.requests.receivedAt[request] as number) + queue.span;
  }

  /** Number of the queue of a span; there are as many as clients have timeouts. */
  private numberFor(asked: number): number {
    const span = asked > 0 && asked < this.longest ? asked : this.longest;
    for (let number = 0; number < this.queues.length; number++) {
      if ((this.queues[number] as Queue).span === span) return number;
    }
    return this.queues.push({ span: span as Nanoseconds, first: NOBODY, last: NOBODY, isArmed: false }) - 1;
  }

  private grow(): void {
    const used = this.next.length;
    const larger = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(used * 2);
      to.set(from);
      return to;
    };
    this.next = larger(this.next);
    this.previous = larger(this.previous);
    this.queueOf = larger(this.queueOf).fill(NOBODY, used);
  }
}
