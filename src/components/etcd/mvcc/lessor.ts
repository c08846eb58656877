/**
 * Leases: objects attached to one are deleted together when it expires. Only the leader lets leases expire, at a bounded rate, and each revocation is
 * an entry of its own; keep-alives only touch the leader's memory. A new leader gives every lease its full life again, and spreads them if there
 * are many, so that they do not all end together. E:server/lease/lessor.go, server/etcdserver/server.go:revokeExpiredLeases.
 *
 * Left out: checkpoints of what is left of a life (off by default), the heap of the leader (it is looked through in the order of expiry).
 */
import type { Kind, ObjectKey } from '../../../cluster/index.ts';
import type { EventType, Simulation, ValuesOf } from '../../../engine/index.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds, plus, type SimTime } from '../../../units/index.ts';
import type { leaseParameters } from './lease.parameters.ts';

/** No lease. */
export const NO_LEASE = 0;
/** Table of a kind at the start; doubled when a key needs more. */
const INITIAL_KEYS = 256;

/** A lease. */
export interface Lease {
  readonly id: number;
  /** Full life [ns]. */
  readonly life: Nanoseconds;
  /** When it expires, as the leader has it [ns], state. */
  expiresAt: SimTime;
  /** Objects that were attached: kind and key of each, in that order; some may be attached to another lease since, state. */
  readonly attached: { readonly kind: Kind; readonly key: ObjectKey }[];
  /** Whether its revocation is proposed and not applied, state. */
  isEnding: boolean;
}

/** What the lessor needs of the cluster. */
export interface LessorOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof leaseParameters>;
  /** The leader proposes the revocation of a lease; {@link Lessor.revoke} is called when it is applied. */
  readonly proposeRevocation: (lease: number) => void;
}

/** All leases. */
export class Lessor {
  private readonly options: LessorOptions;
  private readonly evLook: EventType;
  private readonly leases = new Map<number, Lease>();
  /** Lease of each key, by kind, state. */
  private readonly leaseOf: Int32Array[] = [];
  private lastId = NO_LEASE;
  /** Whether a leader lets leases expire, state. */
  private isPrimary = true;
  /** When the loop looks next [ns], state; infinite = nothing can expire. */
  private nextLook = Number.POSITIVE_INFINITY;
  /** Revocations that are proposed, and leases that are expired and wait for their turn, state. */
  private revoking = 0;
  private expired: Lease[] = [];
  /** Keep-alives answered, statistic. */
  renewals = 0;

  constructor(options: LessorOptions) {
    this.options = options;
    this.evLook = options.simulation.on('etcd.leaseExpiry', () => this.onLook());
  }

  /** Leases that exist. */
  get count(): number {
    return this.leases.size;
  }

  /** A lease that exists, or undefined. */
  find(id: number): Lease | undefined {
    return this.leases.get(id);
  }

  // ---- what entries do ---------------------------------------------------------------------------------------------------------------

  /** A grant is applied; returns the id of the lease. */
  grant(life: Nanoseconds): number {
    const { simulation, parameters } = this.options;
    const id = ++this.lastId;
    const whole = nanoseconds(Math.max(life, parameters.leaseMinimum));
    const expiresAt = plus(simulation.now, whole);
    this.leases.set(id, { id, life: whole, expiresAt, attached: [], isEnding: false });
    this.plan(expiresAt);
    return id;
  }

  /** A put is applied: its key belongs to this lease now, and to no other. False if the lease does not exist (the put is refused then). */
  attach(id: number, kind: Kind, key: ObjectKey): boolean {
    if (id === NO_LEASE) {
      this.detach(kind, key);
      return true;
    }
    const lease = this.leases.get(id);
    if (lease === undefined) return false;
    const table = this.tableFor(kind, key);
    if (table[key] === id) return true;
    table[key] = id;
    lease.attached.push({ kind, key });
    return true;
  }

  /** A key is deleted, or put without a lease. */
  detach(kind: Kind, key: ObjectKey): void {
    const table = this.leaseOf[kind];
    if (table !== undefined && key < table.length) table[key] = NO_LEASE;
  }

  /** Lease of a key. */
  leaseOfKey(kind: Kind, key: ObjectKey): number {
    const table = this.leaseOf[kind];
    return table !== undefined && key < table.length ? (table[key] as number) : NO_LEASE;
  }

  /** A revocation is applied: forgets the lease; calls `remove` for every key that is attached to it still. */
  revoke(id: number, remove: (kind: Kind, key: ObjectKey) => void): void {
    const lease = this.leases.get(id);
    if (lease === undefined) return;
    this.leases.delete(id);
    for (const { kind, key } of lease.attached) {
      if (this.leaseOfKey(kind, key) !== id) continue;
      this.detach(kind, key);
      remove(kind, key);
    }
    if (!lease.isEnding) return;
    this.revoking--;
    this.proposeNext();
  }

  // ---- the leader --------------------------------------------------------------------------------------------------------------------

  /** A keep-alive reaches the leader; false if there is no such lease. */
  keepAlive(id: number): boolean {
    const lease = this.leases.get(id);
    if (lease === undefined || !this.isPrimary) return false;
    lease.expiresAt = plus(this.options.simulation.now, lease.life);
    this.renewals++;
    return true;
  }

  /** No member leads: nothing expires, and what was proposed is void. */
  demote(): void {
    this.isPrimary = false;
    this.revoking = 0;
    this.expired = [];
    for (const lease of this.leases.values()) lease.isEnding = false;
  }

  /** A member leads, an election timeout after the last one did: every lease gets a full life and that much more. */
  promote(extension: Nanoseconds): void {
    const { simulation, parameters } = this.options;
    this.demote();
    this.isPrimary = true;
    const leases = [...this.leases.values()];
    for (const lease of leases) lease.expiresAt = plus(plus(simulation.now, lease.life), extension);
    // What is looked for in a second is what may be revoked in one.
    const rate = (parameters.leaseExpiryMost * NS_PER_SECOND) / parameters.leaseExpiryInterval;
    if (leases.length >= rate) spread(leases, parameters.leaseExtendRate);
    this.planForAll();
  }

  /** The loop looks at a steady beat; while nothing can have expired it need not. */
  private plan(expiry: SimTime): void {
    if (!this.isPrimary) return;
    const { simulation, parameters } = this.options;
    const interval = parameters.leaseExpiryInterval;
    const look = (Math.floor(Math.max(expiry, simulation.now) / interval) + 1) * interval;
    if (look >= this.nextLook) return;
    this.nextLook = look;
    simulation.at(look as SimTime, this.evLook);
  }

  private planForAll(): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { expiresAt, isEnding } of this.leases.values()) if (!isEnding) earliest = Math.min(earliest, expiresAt);
    if (Number.isFinite(earliest)) this.plan(earliest as SimTime);
  }

  private onLook(): void {
    const { simulation, parameters } = this.options;
    if (simulation.now >= this.nextLook) this.nextLook = Number.POSITIVE_INFINITY;
    if (!this.isPrimary) return;
    const found: Lease[] = [];
    for (const lease of this.leases.values()) {
      if (!lease.isEnding && lease.expiresAt <= simulation.now) found.push(lease);
    }
    found.sort((a, b) => a.expiresAt - b.expiresAt || a.id - b.id);
    for (const lease of found.slice(0, parameters.leaseExpiryMost)) {
      lease.isEnding = true;
      this.expired.push(lease);
    }
    this.proposeNext();
    this.planForAll();
  }

  private proposeNext(): void {
    const { parameters, proposeRevocation } = this.options;
    while (this.revoking < parameters.leaseRevokesAtOnce) {
      const lease = this.expired.shift();
      if (lease === undefined) return;
      if (!this.leases.has(lease.id)) continue;
      this.revoking++;
      proposeRevocation(lease.id);
    }
  }

  private tableFor(kind: Kind, key: ObjectKey): Int32Array {
    const table = this.leaseOf[kind] ?? new Int32Array(INITIAL_KEYS);
    if (key < table.length) {
      this.leaseOf[kind] = table;
      return table;
    }
    const larger = new Int32Array(Math.max(key + 1, table.length * 2));
    larger.set(table);
    this.leaseOf[kind] = larger;
    return larger;
  }
}

/** Moves expiries apart, in their order, so that no second has more than `rate` of them. */
function spread(leases: Lease[], rate: number): void {
  leases.sort((a, b) => a.expiresAt - b.expiresAt || a.id - b.id);
  const gap = NS_PER_SECOND / rate;
  let earliest = 0;
  for (const lease of leases) {
    lease.expiresAt = Math.max(lease.expiresAt, Math.round(earliest)) as SimTime;
    earliest = Math.max(earliest, lease.expiresAt) + gap;
  }
}
