/**
 * Connections that are open, or whose entries of conntrack have not expired: how many entries each node has, and how many ports each node uses
 * towards each endpoint.
 */
import type { EventType, Simulation } from '../../engine/index.ts';
import type { Nanoseconds } from '../../units/index.ts';

/** Nobody's node: an address outside of the cluster has no table of ours. */
const NOWHERE = -1;
/** Endpoints that a key of a pair has room for. */
const ENDPOINTS = 2 ** 26;

/** All of them. */
export class Connections {
  private readonly simulation: Simulation;
  private readonly evExpired: EventType;
  /** Entries of conntrack by node, state. */
  private readonly entries: number[] = [];
  /** By slot: node of the client, node of the endpoint, and key of the pair whose port is used (-1 = none), state. */
  private readonly clients: number[] = [];
  private readonly servers: number[] = [];
  private readonly pairs: number[] = [];
  private readonly free: number[] = [];
  /** Ports by pair of node and endpoint, state. */
  private readonly ports = new Map<number, number>();

  constructor(simulation: Simulation) {
    this.simulation = simulation;
    this.evExpired = simulation.on('service-traffic: entries of a connection expire', (slot) => this.onExpired(slot));
    simulation.addInvariantCheck('service-traffic', () => this.checkInvariants());
  }

  /** Entries that a node has. */
  entriesOf(node: number): number {
    return this.entries[node] ?? 0;
  }

  /** The most entries of any node. */
  get mostEntries(): number {
    return this.entries.reduce((most, entries) => Math.max(most, entries ?? 0), 0);
  }

  /** Ports that a node uses towards an endpoint. */
  portsOf(node: number, endpoint: number): number {
    return this.ports.get(node * ENDPOINTS + endpoint) ?? 0;
  }

  /** A connection whose entries expire after a span; with `endpoint` it uses a port of the client's node towards it. */
  open(client: number, server: number, span: Nanoseconds, endpoint = NOWHERE): void {
    const slot = this.free.pop() ?? this.clients.length;
    const pair = endpoint === NOWHERE ? NOWHERE : client * ENDPOINTS + endpoint;
    this.clients[slot] = client;
    this.servers[slot] = server === client ? NOWHERE : server;
    this.pairs[slot] = pair;
    this.count(slot, 1);
    this.simulation.after(span, this.evExpired, slot);
  }

  private onExpired(slot: number): void {
    this.count(slot, -1);
    this.free.push(slot);
  }

  private count(slot: number, change: number): void {
    for (const node of [this.clients[slot] as number, this.servers[slot] as number]) {
      if (node !== NOWHERE) this.entries[node] = (this.entries[node] ?? 0) + change;
    }
    const pair = this.pairs[slot] as number;
    if (pair === NOWHERE) return;
    const ports = (this.ports.get(pair) ?? 0) + change;
    if (ports === 0) this.ports.delete(pair);
    else this.ports.set(pair, ports);
  }

  /** Entries are those of connections, one at each end. */
  private checkInvariants(): void {
    const open = this.clients.length - this.free.length;
    const entries = this.entries.reduce((sum, count) => sum + (count ?? 0), 0);
    const simulation: Simulation = this.simulation;
    const isKept = entries >= open && entries <= 2 * open;
    simulation.invariant(isKept, 'service-traffic', `${entries} entries of conntrack for ${open} connections`);
  }
}
