/**
 * What operators do to a cluster by hand: defragment members, save a snapshot, and start all members anew from a snapshot when a quorum is lost for good.
 * E:server/etcdserver/api/v3rpc/maintenance.go, etcdctl/ctlv3/command, etcdutl/snapshot.
 *
 * Left out: leases and the alarm are not part of a snapshot; a restored database is as small as after a defragmentation.
 */
import type { Kind } from '../../cluster/index.ts';
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import type { Timeline } from '../../metrics/index.ts';
import { nanoseconds } from '../../units/index.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Member } from './member.ts';
import type { Members } from './members.ts';
import {
  type Change,
  type ElementSize,
  type Keyspace,
  type KeyspaceSnapshot,
  snapshotRestoreTime,
  snapshotSaveTime,
} from './mvcc/index.ts';
import { NO_MEMBER } from './raft/index.ts';
import type { ReplicatedState } from './replicated-state.ts';
import type { Seat } from './seat.ts';
import type { Watches } from './watches.ts';

/** What maintenance works on. */
export interface MaintenanceOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly timeline: Timeline;
  readonly members: Members;
  readonly keyspace: Keyspace;
  readonly elementBytes: ElementSize;
  readonly state: ReplicatedState;
  readonly watches: Watches;
  /** Told of what a restored snapshot has different: views of what is stored. */
  readonly onDifference: (change: Change) => void;
}

/** A snapshot in an operator's hands. */
interface SavedSnapshot {
  readonly keys: KeyspaceSnapshot;
  /** Bytes of the file [B]. */
  readonly bytes: number;
}

/** The operators' doings. */
export class Maintenance {
  private readonly options: MaintenanceOptions;
  private readonly evSaved: EventType;
  private readonly evRestored: EventType;
  /** The snapshot that is being saved, and the latest that is complete, state. */
  private saving: SavedSnapshot | undefined;
  private saved: SavedSnapshot | undefined;
  /** Members that are to be defragmented, the first one is being, state. */
  private readonly defragmenting: Seat[] = [];

  constructor(options: MaintenanceOptions) {
    this.options = options;
    this.evSaved = options.simulation.on('etcd.snapshotSaved', () => this.onSaved());
    this.evRestored = options.simulation.on('etcd.snapshotRestored', () => this.onRestored());
  }

  /** Defragments every member that runs, one after the other, the leader last. */
  defragmentAll(): void {
    const { members } = this.options;
    const { leader } = members;
    const followers = members.seats.filter(({ member }) => member.isUp && member !== leader);
    const last = members.seats.filter(({ member }) => member === leader);
    const isIdle = this.defragmenting.length === 0;
    this.defragmenting.push(...followers, ...last);
    if (isIdle) this.defragmentFirst();
  }

  /** Whether members that run are being defragmented, or compact their databases. */
  get isBusy(): boolean {
    const { seats } = this.options.members;
    return this.defragmenting.length > 0 || seats.some(({ member, store }) => member.isUp && store.isCompacting);
  }

  /** A member's process has ended; the operator goes on with the next one. */
  onGone(member: Member): void {
    if (this.defragmenting[0]?.member === member) this.defragmentOthers();
  }

  /** Saves a snapshot of the leader; it holds what there is now, and is complete after a time by its size. False if nobody leads. */
  saveSnapshot(): boolean {
    const { members, keyspace, simulation, parameters } = this.options;
    const { leader } = members;
    if (leader === undefined || this.saving !== undefined) return false;
    const bytes = (members.seats[leader.id] as Seat).store.backend.size;
    this.saving = { keys: keyspace.snapshot(), bytes };
    simulation.after(snapshotSaveTime(parameters, bytes), this.evSaved);
    return true;
  }

  /** Ends all members and starts them anew from the latest snapshot. False if there is none. */
  restoreSnapshot(): boolean {
    const { members, simulation, parameters, timeline } = this.options;
    if (this.saved === undefined) return false;
    for (const seat of members.seats) members.end(seat, 'is stopped, to be restored from a snapshot', null);
    timeline.record('etcd', `is restored from a snapshot of revision ${this.saved.keys.revision}`);
    simulation.after(snapshotRestoreTime(parameters, this.saved.bytes), this.evRestored);
    return true;
  }

  private defragmentFirst(): void {
    const [seat] = this.defragmenting;
    if (seat === undefined) return;
    if (!seat.member.isUp) {
      this.defragmentOthers();
      return;
    }
    this.options.timeline.record(seat.member.name, 'is defragmented');
    seat.store.defragment(() => this.defragmentOthers());
  }

  private defragmentOthers(): void {
    this.defragmenting.shift();
    this.defragmentFirst();
  }

  private onSaved(): void {
    if (this.saved !== undefined) this.options.keyspace.releaseSnapshot(this.saved.keys);
    this.saved = this.saving;
    this.saving = undefined;
  }

  private onRestored(): void {
    const { members, keyspace, elementBytes, state, watches, parameters, onDifference } = this.options;
    const { keys } = this.saved as SavedSnapshot;
    const first = keyspace.log.end;
    keyspace.restore(keys, parameters.restoreRevisionBump, onDifference);
    const index = members.seats.reduce((last, { member }) => Math.max(last, member.node.commit), state.computed);
    state.startOver(index);
    for (const seat of this.voters()) {
      seat.store.startEmpty(index);
      let position = first;
      keys.versions.forEach((versions, kind) => {
        for (const version of versions) seat.store.append(position++, elementBytes(kind as Kind, version));
      });
      seat.store.backend.commit();
      this.startRestored(seat, index);
    }
    watches.restartAll();
  }

  /** A member starts from a restored snapshot, which stands for everything up to an entry; all that was in its log is gone. */
  private startRestored(seat: Seat, index: number): void {
    const { members } = this.options;
    const term = members.seats.reduce((highest, { member }) => Math.max(highest, member.node.term), 0);
    const configuration = { voters: this.voters().map(({ member }) => member.id), learners: [] };
    seat.surviving = {
      hardState: { term, vote: NO_MEMBER, commit: index },
      snapshot: { index, term, configuration },
      entries: [],
      applied: index,
      configuration,
    };
    members.startAfter(seat, nanoseconds(0));
  }

  /** Members that belong to the cluster: whoever was removed stays so. */
  private voters(): Seat[] {
    const { members } = this.options;
    const { voters } = members.configuration;
    return members.seats.filter(({ member }) => voters.includes(member.id));
  }
}
