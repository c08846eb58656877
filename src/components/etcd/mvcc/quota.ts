/**
 * The space quota: a put or a lease grant is refused when the database, as of its latest commit, has no room for it, and the alarm NOSPACE is raised
 * by an entry of its own; from then on every put and grant is refused until an operator disarms the alarm, also by another entry. Reads, deletes and
 * compactions go on. Because only the committed size is looked at, what is pending overshoots the quota.
 * E:server/storage/quota.go, server/etcdserver/apply/{quota,capped}.go.
 */

/** Bytes that a key costs beside key and value, and a lease (quota.go:kvOverhead, leaseOverhead) [B]. */
const KEY_VALUE_OVERHEAD = 256;
const LEASE_OVERHEAD = 64;

/** What a request costs the quota [B]. */
export const quotaCost = {
  put: (key: number, value: number): number => KEY_VALUE_OVERHEAD + key + value,
  leaseGrant: LEASE_OVERHEAD,
} as const;

/** Whether a database of `size` committed bytes has room for a request of this cost. */
export function hasRoom(size: number, cost: number, quota: number): boolean {
  return size + cost < quota;
}

/** The alarm as the entries of the log have set it. */
export class SpaceAlarm {
  /** Members that have raised it, state. */
  private readonly raisedBy = new Set<number>();

  /** Whether puts and grants are refused. */
  get isRaised(): boolean {
    return this.raisedBy.size > 0;
  }

  /** A member's entry is applied. */
  raise(member: number): void {
    this.raisedBy.add(member);
  }

  /** The operator's entry is applied: all members' alarms are off. */
  disarm(): void {
    this.raisedBy.clear();
  }
}
