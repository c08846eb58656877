/** What a member of etcd is made of, and whom it tells of what. */
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import type { Host } from '../host/host.ts';
import type { ApplyLoop } from './apply-loop.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Member } from './member.ts';
import type { PeerNetwork } from './peer-network.ts';
import type { Proposal } from './proposal.ts';
import type { MemberId, ReadState, SnapshotMetadata } from './raft/index.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

/** Events that the members share: the first argument is the member, the second the life of its process or clock. And where answers to reads go. */
export interface MemberEvents {
  readonly tick: EventType;
  /** A write of the log is durable. */
  readonly written: EventType;
  /** Reads may be served. */
  readonly onReadStates: (member: Member, states: readonly ReadState[]) => void;
}

/** Whom a member tells of what. */
export interface MemberOwner {
  /** Whom the member takes for the leader, or its own role, has changed. */
  roleChanged(member: Member): void;
  /** The process has ended by itself: its disk is full. */
  panicked(member: Member, why: string): void;
  /** A proposal was refused by the node (a transfer of the leadership is under way). */
  proposalDropped(proposal: Proposal): void;
  /** A snapshot has come: installs it, and calls `done` when the apply loop has it. */
  snapshotArrived(member: Member, snapshot: SnapshotMetadata): void;
  /** How long a snapshot to a member takes on its way, beside the delay of a message. */
  snapshotSpan(from: Member, to: MemberId): Nanoseconds;
  /** Whether anybody is to learn of commits at a member at once. */
  isFollowed(member: MemberId): boolean;
  /** Changes of the membership were applied. */
  membershipChanged(member: Member): void;
}

/** What a member is made of. */
export interface MemberOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly id: MemberId;
  readonly host: Host;
  readonly log: WriteAheadLog;
  readonly network: PeerNetwork;
  readonly events: MemberEvents;
  readonly owner: MemberOwner;
  /** Makes the apply loop, whose entries the member hands over. */
  readonly apply: ApplyLoop;
  readonly random: () => number;
}
