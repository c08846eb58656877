/**
 * The threads on which a member works on its requests: as many as its host has cores. What waits is shared out among those that are free, and each takes its
 * share as one piece of work, so that many requests at once cost few events; a request that is alone is a piece of work by itself.
 * E: one goroutine a request, on GOMAXPROCS threads of the Go runtime.
 */
import type { Simulation } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import type { Host } from '../host/host.ts';

/** Numbers of pieces of work before they repeat; fit for a tag of work on a host. */
const WORK_NUMBERS = 1 << 20;

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

/** Requests that one thread works on. */
interface Share<Item> {
  readonly items: readonly Item[];
  readonly addedAt: readonly SimTime[];
  /** CPU of all of them [ns]. */
  readonly cpu: Nanoseconds;
}

/** The threads of one member for one sort of requests. */
export class RequestWorkers<Item> {
  private readonly options: RequestWorkersOptions<Item>;
  private readonly port: number;
  private readonly threads: number;
  /** Requests that wait for a thread, and since when [ns], state. */
  private items: Item[] = [];
  private addedAt: SimTime[] = [];
  /** Pieces of work on the host by number, state. */
  private readonly shares = new Map<number, Share<Item>>();
  private lastNumber = 0;
  /** Whether the process is waking up with a piece of work: then no other thread overtakes it, state. */
  private isWaking = false;

  constructor(options: RequestWorkersOptions<Item>) {
    this.options = options;
    this.threads = Math.max(1, Math.floor(options.host.cores));
    this.port = options.host.register((number) => this.onWorked(number), options.process);
  }

  /** A request is to have its CPU. */
  add(item: Item): void {
    this.items.push(item);
    this.addedAt.push(this.options.simulation.now);
    this.start();
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
    const open = [...this.shares.values()].flatMap(({ items }) => items).concat(this.items);
    this.items = [];
    this.addedAt = [];
    this.shares.clear();
    this.isWaking = false;
    return open;
  }

  /** Leaves a request out. */
  forget(item: Item): void {
    const at = this.items.indexOf(item);
    if (at >= 0) {
      this.items.splice(at, 1);
      this.addedAt.splice(at, 1);
    }
    for (const [number, { items, addedAt, cpu }] of this.shares) {
      const place = items.indexOf(item);
      if (place < 0) continue;
      this.shares.set(number, { items: without(items, place), addedAt: without(addedAt, place), cpu });
    }
  }

  private start(): void {
    while (this.shares.size < this.threads && this.items.length > 0 && !this.isWaking) {
      this.take(Math.ceil(this.items.length / (this.threads - this.shares.size)));
    }
  }

  private take(count: number): void {
    const { host, cpuOf } = this.options;
    const items = this.items.splice(0, count);
    const addedAt = this.addedAt.splice(0, count);
    let work = 0;
    for (const item of items) work += cpuOf(item);
    this.lastNumber = (this.lastNumber + 1) % WORK_NUMBERS;
    const cpu = host.run(this.port, nanoseconds(work), this.lastNumber);
    this.isWaking = cpu > nanoseconds(work);
    this.shares.set(this.lastNumber, { items, addedAt, cpu });
  }

  private onWorked(number: number): void {
    const share = this.shares.get(number);
    if (share === undefined) return;
    this.shares.delete(number);
    this.isWaking = false;
    const { simulation, done, allDone } = this.options;
    const { items, addedAt, cpu } = share;
    for (let i = 0; i < items.length; i++) {
      const took = simulation.now - (addedAt[i] as number);
      done(items[i] as Item, took, Math.max(0, took - cpu));
    }
    allDone?.();
    this.start();
  }
}

function without<Value>(values: readonly Value[], place: number): Value[] {
  return values.filter((_, at) => at !== place);
}
