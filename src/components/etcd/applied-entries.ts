/**
 * What it means that a member has applied an entry: its database takes the revisions, whoever waits is told, and old entries of the log go in time.
 * E:server/etcdserver/server.go (applyEntries, triggerSnapshot).
 */
import type { CounterSeries } from '../../metrics/index.ts';
import { NS_PER_MILLISECOND, type SimTime } from '../../units/index.ts';
import { applyEffects, type CommandEffects, elementSizes } from './mvcc/index.ts';
import type { Proposal } from './proposal.ts';
import { type Entry, ProgressState, Role } from './raft/index.ts';
import type { MembersOptions, Seat } from './seat.ts';

/** An entry that takes longer than this until it is applied is slow (E:server/embed/config.go: warning-apply-duration) [ns]. */
const SLOW_APPLY = 100 * NS_PER_MILLISECOND;

/** What all members have applied. */
export class AppliedEntries {
  private readonly options: MembersOptions;
  private readonly seats: readonly Seat[];
  private readonly slowApplies: CounterSeries;
  private readonly elementBytes: ReturnType<typeof elementSizes>;

  constructor(options: MembersOptions, seats: readonly Seat[]) {
    const { tables, parameters, recorder } = options;
    this.options = options;
    this.seats = seats;
    this.elementBytes = elementSizes(tables, parameters.keyLength);
    this.slowApplies = recorder.counter('etcd_server_slow_apply_total');
  }

  /** A member applies an entry, which is done at `end` and waited for so long. */
  onEntry(seat: Seat, entry: Entry<Proposal>, end: SimTime, waited: number): void {
    const { state, listener, simulation, parameters } = this.options;
    const { payload, index } = entry;
    const isFirst = index > state.computed;
    if (isFirst && payload !== undefined) listener.onFirstCommit(payload);
    state.apply(entry);
    if (payload?.effects !== undefined) this.applyCommand(seat, payload.effects);
    else this.appendRevisions(seat, state.positionAfter(index - 1), state.positionAfter(index));
    seat.store.entryApplied(index);
    if (end - simulation.now + waited - parameters.applyService > SLOW_APPLY) this.slowApplies.add();
    if (payload !== undefined) listener.onEntry(seat.member, payload, end, waited);
  }

  /** Revisions at these positions of the key space's log go into the member's database. */
  private appendRevisions(seat: Seat, from: number, to: number): void {
    const { log } = this.options.keyspace;
    for (let position = Math.max(from, log.first); position < to; position++) {
      seat.store.append(position, this.elementBytes(log.kind(position), log.version(position)));
    }
  }

  /** History goes when no member needs it: to read, or to apply again what it has lost with its process. */
  private applyCommand(seat: Seat, effects: CommandEffects): void {
    const { state, keyspace, parameters } = this.options;
    applyEffects(effects, seat.store);
    if (effects.plan === undefined) return;
    let oldest = keyspace.revision;
    for (const { member } of this.seats) {
      const needed = member.isUp ? member.apply.applied : member.persistedIndex;
      // A member that lags further behind is sent a whole database.
      if (member.isUp || state.computed - needed <= parameters.catchUpEntries) {
        oldest = Math.min(oldest, state.revisionAfter(needed));
      }
    }
    keyspace.release(Math.min(effects.plan.revision, oldest));
  }

  /** A member has applied everything up to an entry at `end`. */
  onBatch(seat: Seat, lastIndex: number, end: SimTime): void {
    const { parameters, listener } = this.options;
    if (lastIndex - seat.snapshotIndex > parameters.snapshotCount) {
      seat.snapshotIndex = lastIndex;
      seat.store.commitNow();
    }
    if (lastIndex - seat.compactionIndex >= parameters.logCompactionEntries) this.compactLog(seat, lastIndex);
    listener.onBatch(seat.member, lastIndex, end);
  }

  /** Old entries go, unless a follower is being sent a database: it will need what came after. */
  private compactLog(seat: Seat, index: number): void {
    const { node } = seat.member;
    if (node.role === Role.Leader && node.progress().some(({ state }) => state === ProgressState.Snapshot)) return;
    seat.compactionIndex = index;
    node.compactTo(Math.min(index, node.applied), this.options.parameters.catchUpEntries, node.configuration);
  }
}
