/**
 * The lifetime of Event objects: every write of one attaches it to an etcd lease, whose end deletes it. One lease serves all writes of a minute, or a
 * thousand of them; the next write asks for another and those behind it wait for that. Its life is the lifetime of an Event and that minute.
 * K:apiserver/pkg/storage/etcd3/lease_manager.go, pkg/registry/core/event/storage.
 */

import { nanoseconds } from '../../units/index.ts';
import type { RequestId } from '../api-machinery/index.ts';
import { type GrantLease, StoreOutcome } from '../etcd/index.ts';
import type { StoreCommands } from './store-commands.ts';
import type { ApiServerSurroundings } from './surroundings.ts';

/** No lease has been granted. */
const NONE = 0;

/** What the lease manager tells its server. */
export interface LeaseUser {
  /** A write has its lease and goes to etcd. */
  proceed(request: RequestId): void;
  /** A write has got no lease: it fails with etcd's outcome. */
  refuse(request: RequestId, outcome: number): void;
}

/** The leases of one API server. */
export class EventLeases {
  private readonly around: ApiServerSurroundings;
  private readonly commands: StoreCommands;
  private readonly user: LeaseUser;
  /** The present lease, the end of its life as this server reckons it [ns], and the writes that it serves, state. */
  private lease = NONE;
  private endsAt = 0;
  private writes = 0;
  /** Writes that wait for a lease that was asked for, state. */
  private waiting: RequestId[] = [];

  constructor(around: ApiServerSurroundings, commands: StoreCommands, user: LeaseUser) {
    this.around = around;
    this.commands = commands;
    this.user = user;
  }

  /** Gives a write its lease; it proceeds at once, or when there is one. */
  attach(request: RequestId): void {
    if (this.waiting.length > 0) {
      this.waiting.push(request);
      return;
    }
    if (this.isUsable()) {
      this.hand(request);
      return;
    }
    this.waiting.push(request);
    this.ask();
  }

  /** The process has ended: its writes fail, and the next one knows no lease. */
  forget(): void {
    this.lease = NONE;
    this.endsAt = 0;
    const { waiting } = this;
    this.waiting = [];
    for (const request of waiting) this.user.refuse(request, StoreOutcome.Unavailable);
  }

  /** Whether an Event written now lives long enough, and not too long, on the present lease. */
  private isUsable(): boolean {
    const { simulation, parameters } = this.around;
    const { eventTtl, leaseReuse, leaseObjects } = parameters;
    const needed = simulation.now + eventTtl;
    return needed < this.endsAt && needed + leaseReuse >= this.endsAt && this.writes < leaseObjects;
  }

  private hand(request: RequestId): void {
    this.writes++;
    this.around.requests.lease[request] = this.lease;
    this.user.proceed(request);
  }

  private ask(): void {
    const { simulation, parameters } = this.around;
    const life = nanoseconds(parameters.eventTtl + parameters.leaseReuse);
    const grant: GrantLease = { type: 'grantLease', life, lease: NONE };
    this.commands.send(grant, (outcome) => {
      const { waiting } = this;
      this.waiting = [];
      if (outcome !== StoreOutcome.Succeeded) {
        for (const request of waiting) this.user.refuse(request, outcome);
        return;
      }
      this.lease = grant.lease;
      this.endsAt = simulation.now + life;
      this.writes = 0;
      // Those that waited behind the lock take their turn, and may use the new lease up.
      for (const request of waiting) this.attach(request);
    });
  }
}
