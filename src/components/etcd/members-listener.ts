/** What the members tell the side of the clients. */
import type { SimTime } from '../../units/index.ts';
import type { RequestId } from '../api-machinery/index.ts';
import type { Answer } from './answer.ts';
import type { Member } from './member.ts';
import type { Proposal } from './proposal.ts';
import type { MemberId } from './raft/index.ts';

/** What the clients' side is told. */
export interface MembersListener {
  /** A member has applied an entry by `end`; it waited that long. */
  onEntry(member: Member, proposal: Proposal, end: SimTime, waited: number): void;
  /** An answer has had the CPU of its member, for which it waited. */
  onAnswered(answer: Answer, waitedForCpu: number): void;
  /** The first member has committed an entry. */
  onFirstCommit(proposal: Proposal): void;
  /** A member has applied everything up to an entry by `end`. */
  onBatch(member: Member, lastIndex: number, end: SimTime): void;
  onReadReady(member: Member, request: RequestId, waitedForCpu: number): void;
  onProposalDropped(proposal: Proposal): void;
  /** A member's process has ended. */
  onGone(member: Member): void;
  /** A member's process has started, or it knows another leader or none. */
  onLeaderSeen(member: Member): void;
  /** Whether anybody is to learn of commits at a member at once. */
  isFollowed(member: MemberId): boolean;
}
