/**
 * The threads on which a member works on its requests: as many as its host has cores. What waits is shared out among those that are free, and each takes its
 * share as one piece of work, so that many requests at once cost few events; a request that is alone is a piece of work by itself.
 * E: one goroutine a request, on GOMAXPROCS threads of the Go runtime.
 */
import type { Simulation } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import type { Host } from '../host/host.ts';

/** What the workers are made of. */
export interface RequestWorkersOptions<Item> {
  readonly simulation: Simulation;
  readonly host: Host;
  /** Process that they belong to. */
  readonly process: string;
  /** CPU of one request [ns]. */
  readonly cpuOf: (item: Item) => number;
  /** A request has had its CPU `took` after it was added, of which it waited `waited`. */
  readonly done: (item: Item, took: number, waited: number) => void;
  /** All requests of a piece of work are done. */
  readonly allDone?: () => void;
}

/** Requests that one thread works on; used again for others when they are done. */
interface Share<Item> {
  /** Tag of the work on the host, fixed. */
  readonly number: number;
  readonly items: Item[];
  /** When each of them was added [ns]. */
  readonly addedAt: SimTime[];
  /** CPU of all of them [ns]. */
  cpu: Nanoseconds;
  /** Whether the host works on it, and whether its process has ended since then. */
  isWorking: boolean;
  isAbandoned: boolean;
}

/** The threads of one member for one sort of requests. */
export class RequestWorkers<Item> {
  private readonly options: RequestWorkersOptions<Item>;
  private readonly port: number;
  private readonly threads: number;
  /** Requests that wait for a thread, and since when [ns], state. */
  private readonly items: Item[] = [];
  private readonly addedAt: SimTime[] = [];
  /** All shares by number, those that are free, and threads that work, state. */
  private readonly shares: Share<Item>[] = [];
  private readonly free: Share<Item>[] = [];
  private working = 0;
  /** Whether the process is waking up with a piece of work: then no other thread overtakes it, state. */
  private isWaking = false;

  constructor(options: RequestWorkersOptions<Item>) {
    this.options = options;
    this.threads = Math.max(1, Math.floor(options.host.cores));
    this.port = options.host.register((number) => this.onWorked(number), options.process);
  }

  /** A request is to have its CPU. */
  add(item: Item): void {
    const { now } = this.options.simulation;
    if (this.items.length === 0 && this.working < this.threads && !this.isWaking) {
      // Mostly a thread is free, and it need not be queued.
      const share = this.freeShare();
      share.items.push(item);
      share.addedAt.push(now);
      this.begin(share);
      return;
    }
    this.items.push(item);
    this.addedAt.push(now);
  }

  /** Several, of which each that is free takes its share. */
  addAll(items: readonly Item[]): void {
    for (const item of items) {
      this.items.push(item);
      this.addedAt.push(this.options.simulation.now);
    }
    this.start();
  }

  /** The process has ended: returns the requests that wait for their CPU or take it. */
  clear(): Item[] {
    const open: Item[] = [];
    for (const share of this.shares) {
      if (!share.isWorking) continue;
      open.push(...share.items);
      empty(share);
      share.isAbandoned = true;
    }
    open.push(...this.items);
    this.items.length = 0;
    this.addedAt.length = 0;
    this.working = 0;
    this.isWaking = false;
    return open;
  }

  /** Leaves a request out. */
  forget(item: Item): void {
    forget(item, this.items, this.addedAt);
    for (const { isWorking, items, addedAt } of this.shares) if (isWorking) forget(item, items, addedAt);
  }

  private start(): void {
    while (this.working < this.threads && this.items.length > 0 && !this.isWaking) {
      this.take(Math.ceil(this.items.length / (this.threads - this.working)));
    }
  }

  /** A thread takes the first `count` of those that wait. */
  private take(count: number): void {
    const share = this.freeShare();
    for (let i = 0; i < count; i++) {
      share.items.push(this.items[i] as Item);
      share.addedAt.push(this.addedAt[i] as SimTime);
    }
    removeFirst(this.items, count);
    removeFirst(this.addedAt, count);
    this.begin(share);
  }

  private freeShare(): Share<Item> {
    const share = this.free.pop();
    if (share !== undefined) return share;
    const number = this.shares.length;
    const added = { number, items: [], addedAt: [], cpu: nanoseconds(0), isWorking: false, isAbandoned: false };
    this.shares.push(added);
    return added;
  }

  private begin(share: Share<Item>): void {
    const { host, cpuOf } = this.options;
    let work = 0;
    for (const item of share.items) work += cpuOf(item);
    share.cpu = host.run(this.port, nanoseconds(work), share.number);
    this.isWaking = share.cpu > nanoseconds(work);
    this.working++;
    share.isWorking = true;
  }

  private onWorked(number: number): void {
    const share = this.shares[number] as Share<Item>;
    share.isWorking = false;
    if (share.isAbandoned) {
      share.isAbandoned = false;
      this.free.push(share);
      return;
    }
    this.working--;
    this.isWaking = false;
    const { simulation, done, allDone } = this.options;
    const { items, addedAt, cpu } = share;
    for (let i = 0; i < items.length; i++) {
      const took = simulation.now - (addedAt[i] as number);
      done(items[i] as Item, took, Math.max(0, took - cpu));
    }
    empty(share);
    this.free.push(share);
    allDone?.();
    this.start();
  }
}

function empty({ items, addedAt }: Share<unknown>): void {
  items.length = 0;
  addedAt.length = 0;
}

function forget<Item>(item: Item, items: Item[], addedAt: SimTime[]): void {
  const at = items.indexOf(item);
  if (at < 0) return;
  items.splice(at, 1);
  addedAt.splice(at, 1);
}

/** Takes the first ones out, mostly all of them. */
function removeFirst(values: unknown[], count: number): void {
  if (count === values.length) values.length = 0;
  else values.splice(0, count);
}
