/**
 * Keep-alives of leases: they cost CPU and change the leader's memory, and no entry of the log. What comes while a member works on some is taken
 * together next. A follower sends them on to the leader. E:server/etcdserver/v3_server.go:LeaseRenew, server/lease/leasehttp.
 */
import type { EventType, Simulation, ValuesOf } from '../../../engine/index.ts';
import { nanoseconds } from '../../../units/index.ts';
import type { RequestId } from '../../api-machinery/index.ts';
import type { Host } from '../../host/host.ts';
import type { leaseParameters } from './lease.parameters.ts';

/** Batch numbers before they repeat; fit for a tag of work on a host. */
const BATCH_NUMBERS = 1 << 20;

/** What keep-alives need. */
export interface KeepAlivesOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof leaseParameters>;
  /** One way between two members [ns]. */
  readonly hop: () => number;
  /** The member that leads: its process and host; undefined = nobody does. */
  readonly leader: () => { readonly name: string; readonly host: Host } | undefined;
  /** The leader has worked on a keep-alive, or there is none: it is to be renewed and answered. */
  readonly done: (request: RequestId, isServed: boolean) => void;
}

/** The keep-alives that the leader works on. */
export class KeepAlives {
  private readonly options: KeepAlivesOptions;
  private readonly evForwarded: EventType;
  /** Requests that wait, and those that take their CPU, by batch, state. */
  private waiting: RequestId[] = [];
  private readonly batches = new Map<number, readonly RequestId[]>();
  private lastBatch = 0;
  /** Number as an owner of work, by process. */
  private readonly ports = new Map<string, number>();

  constructor(options: KeepAlivesOptions) {
    this.options = options;
    this.evForwarded = options.simulation.on('etcd.keepAliveForwarded', (request) => this.join(request as RequestId));
  }

  /** A member takes a keep-alive in. */
  take(request: RequestId, isLeader: boolean): void {
    if (isLeader) this.join(request);
    else this.options.simulation.after(nanoseconds(this.options.hop()), this.evForwarded, request);
  }

  /** Whoever led does no more: what it worked on fails. */
  leaderChanged(): void {
    const lost = [...this.batches.values()].flat();
    this.batches.clear();
    for (const request of lost) this.options.done(request, false);
    this.start();
  }

  private join(request: RequestId): void {
    this.waiting.push(request);
    if (this.batches.size === 0) this.start();
  }

  private start(): void {
    const { parameters, leader: leaderNow, done } = this.options;
    if (this.waiting.length === 0) return;
    const requests = this.waiting;
    this.waiting = [];
    const leader = leaderNow();
    if (leader === undefined) {
      for (const request of requests) done(request, false);
      return;
    }
    this.lastBatch = (this.lastBatch + 1) % BATCH_NUMBERS;
    this.batches.set(this.lastBatch, requests);
    const cpu = parameters.keepAliveBatchCpu + parameters.keepAliveCpu * requests.length;
    leader.host.run(this.portOf(leader.name, leader.host), nanoseconds(cpu), this.lastBatch);
  }

  private portOf(process: string, host: Host): number {
    let port = this.ports.get(process);
    if (port === undefined) {
      port = host.register((batch) => this.onWorked(batch), process);
      this.ports.set(process, port);
    }
    return port;
  }

  private onWorked(batch: number): void {
    const requests = this.batches.get(batch);
    if (requests === undefined) return;
    this.batches.delete(batch);
    for (const request of requests) this.options.done(request, true);
    this.start();
  }
}
