/**
 * The programs behind one webhook: replicas that each work on some calls at once, with one queue before them, for all API servers together.
 * A call whose API server has given up is dropped when its turn comes; one that is being worked on is worked on to its end.
 * Left out: the Service's choice among the replicas (calls go to whoever is free), and the programs' own requests to the API.
 */
import { type EventId, type EventType, Occupancy, type RandomStream, type Simulation } from '../../../engine/index.ts';
import { type MetricRecorder, publishServer } from '../../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../../units/index.ts';
import type { WebhookConfiguration, WebhookOutageMode } from './webhook-configuration.ts';

/** Told what becomes of a call at the webhook. */
export interface WebhookCaller {
  /** The webhook answers; the call had waited so long for its turn. */
  onServed(call: number, waited: Nanoseconds): void;
  /** Nobody listens: the connection is refused, or breaks. */
  onRefused(call: number): void;
}

/** A call at the webhook. */
export interface WebhookJob {
  readonly number: number;
  readonly caller: WebhookCaller;
  readonly call: number;
  readonly arrivedAt: SimTime;
  /** How long it waited for its turn [ns], once it is worked on. */
  waited: Nanoseconds;
  /** Whether its API server has given up, state. */
  isWithdrawn: boolean;
  /** The event that ends the work on it. */
  end: EventId | undefined;
}

/** One webhook's programs. */
export class WebhookServer {
  readonly configuration: WebhookConfiguration;
  private readonly simulation: Simulation;
  private readonly latencies: RandomStream;
  private readonly evServed: EventType;
  private readonly evOutageOver: EventType;
  private readonly occupied: Occupancy;
  /** Calls that wait, from {@link head} on, in order, state. */
  private waiting: WebhookJob[] = [];
  private head = 0;
  /** Calls that are worked on, by number, state. */
  private readonly working = new Map<number, WebhookJob>();
  private nextNumber = 0;
  /** What is wrong with it, state. */
  private outage: WebhookOutageMode | undefined;
  /** How many times slower it works while it is slow, state. */
  private factor = 1;
  /** Raised by every outage, so that the end of an older one is ignored, state. */
  private outages = 0;

  constructor(simulation: Simulation, recorder: MetricRecorder, configuration: WebhookConfiguration) {
    this.simulation = simulation;
    this.configuration = configuration;
    const { name } = configuration;
    this.latencies = simulation.streams.stream(`webhook.latency.${name}`);
    this.evServed = simulation.on(`webhook ${name}: call served`, (number) => this.onServed(number));
    this.evOutageOver = simulation.on(`webhook ${name}: outage over`, (outage) => this.onOutageOver(outage));
    this.occupied = new Occupancy(simulation);
    publishServer(recorder, simulation, `webhook ${name}`, () => ({
      busyNanoseconds: this.occupied.busyNanoseconds(),
      capacity: this.capacity,
      queueLength: this.waiting.length - this.head,
    }));
    simulation.addInvariantCheck(`webhook ${name}`, () => {
      simulation.invariant(this.working.size <= this.capacity, `webhook ${name}`, `${this.working.size} calls at once`);
    });
  }

  /** Calls that are worked on at once. */
  private get capacity(): number {
    return this.configuration.replicas * this.configuration.concurrency;
  }

  /** A call arrives. Returns it, or undefined if nobody listens. */
  arrive(caller: WebhookCaller, call: number): WebhookJob | undefined {
    if (this.outage === 'down') return undefined;
    const job: WebhookJob = {
      number: this.nextNumber++,
      caller,
      call,
      arrivedAt: this.simulation.now,
      waited: nanoseconds(0),
      isWithdrawn: false,
      end: undefined,
    };
    // A program that hangs accepts the connection and never answers.
    if (this.outage === 'hang') return job;
    this.waiting.push(job);
    this.dispatch();
    return job;
  }

  /** The API server has given a call up. */
  withdraw(job: WebhookJob): void {
    job.isWithdrawn = true;
  }

  /** Fault: the webhook fails in this way for so long. */
  fail(mode: WebhookOutageMode, duration: Nanoseconds, factor: number): void {
    this.outage = mode;
    this.factor = mode === 'slow' ? factor : 1;
    if (mode !== 'slow') this.loseCalls(mode === 'down');
    this.simulation.after(duration, this.evOutageOver, ++this.outages);
  }

  private onOutageOver(outage: number): void {
    if (outage !== this.outages) return;
    this.outage = undefined;
    this.factor = 1;
  }

  /** Everything that waits or is worked on is lost: its connection breaks, or it is never answered. */
  private loseCalls(breaks: boolean): void {
    const lost = [...this.working.values(), ...this.waiting.slice(this.head)];
    for (const job of this.working.values()) this.simulation.cancel(job.end as EventId);
    this.occupied.change(-this.working.size);
    this.working.clear();
    this.waiting = [];
    this.head = 0;
    if (!breaks) return;
    for (const job of lost) if (!job.isWithdrawn) job.caller.onRefused(job.call);
  }

  private dispatch(): void {
    while (this.working.size < this.capacity && this.head < this.waiting.length) {
      const job = this.waiting[this.head++] as WebhookJob;
      if (!job.isWithdrawn) this.begin(job);
    }
    if (this.head * 2 <= this.waiting.length) return;
    this.waiting = this.waiting.slice(this.head);
    this.head = 0;
  }

  private begin(job: WebhookJob): void {
    const { simulation } = this;
    job.waited = nanoseconds(simulation.now - job.arrivedAt);
    const service = nanoseconds(this.configuration.latency.sample(this.latencies) * this.factor);
    job.end = simulation.after(service, this.evServed, job.number);
    this.working.set(job.number, job);
    this.occupied.change(1);
  }

  private onServed(number: number): void {
    const job = this.working.get(number) as WebhookJob;
    this.working.delete(number);
    this.occupied.change(-1);
    if (!job.isWithdrawn) job.caller.onServed(job.call, job.waited);
    this.dispatch();
  }
}
