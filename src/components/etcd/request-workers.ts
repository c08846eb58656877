/**
 * What a member computes for its requests: each is a piece of work of the member's process, which waits in the run queue of the process for a thread.
 * E: one goroutine a request.
 */
import type { Simulation } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
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
}

/** The work of one member for one sort of requests. */
export class RequestWorkers<Item> {
  private readonly options: RequestWorkersOptions<Item>;
  private readonly port: number;
  /** By number of the piece of work: its request (undefined = it was left out), since when [ns] and with how much CPU [ns], state. */
  private readonly items: (Item | undefined)[] = [];
  private readonly addedAt: number[] = [];
  private readonly cpus: number[] = [];
  /** Numbers whose work has ended, state. */
  private readonly free: number[] = [];

  constructor(options: RequestWorkersOptions<Item>) {
    this.options = options;
    this.port = options.host.register((number) => this.onWorked(number), options.process);
  }

  /** A request is to have its CPU. */
  add(item: Item): void {
    const { host, cpuOf, simulation } = this.options;
    const number = this.free.pop() ?? this.items.length;
    this.items[number] = item;
    this.addedAt[number] = simulation.now;
    const cpu: Nanoseconds = host.run(this.port, nanoseconds(cpuOf(item)), number);
    this.cpus[number] = cpu;
  }

  /** The process has ended: returns the requests that wait for their CPU or take it. */
  clear(): Item[] {
    const open = this.items.filter((item) => item !== undefined);
    this.items.fill(undefined);
    return open;
  }

  /** Leaves a request out. */
  forget(item: Item): void {
    const number = this.items.indexOf(item);
    if (number >= 0) this.items[number] = undefined;
  }

  private onWorked(number: number): void {
    const item = this.items[number];
    this.items[number] = undefined;
    this.free.push(number);
    if (item === undefined) return;
    const took = this.options.simulation.now - (this.addedAt[number] as number);
    this.options.done(item, took, Math.max(0, took - (this.cpus[number] as number)));
  }
}
