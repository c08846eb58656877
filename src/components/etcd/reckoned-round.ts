/**
 * Rounds of heartbeats that confirm a leader for a read, reckoned instead of sent: where everybody runs and follows the leader over sound links, a round
 * ends with the answer that completes a quorum. The messages would do nothing else that the regular heartbeats do not. Otherwise they are sent.
 */
import type { SimTime } from '../../units/index.ts';
import type { Member } from './member.ts';
import type { PeerNetwork } from './peer-network.ts';
import { type MemberId, quorumOf } from './raft/index.ts';

/** A round whose messages are not sent, because it is known how they will go. */
export interface ReckonedRound {
  readonly at: SimTime;
  readonly index: number;
  /** Who leads, and the term in which it must still lead then. */
  readonly leader: Member;
  readonly term: number;
}

/** When a round that `reader` asks for now is confirmed, and at which index; undefined if something may go wrong on the way. */
export function reckonRound(
  reader: Member,
  seats: readonly { readonly member: Member }[],
  network: PeerNetwork,
  roundCpu: number,
): ReckonedRound | undefined {
  const leader = seats[reader.node.leader]?.member;
  if (leader === undefined || !leader.isRunning || !leader.isLeader) return undefined;
  const { node } = leader;
  const { voters } = node.configuration;
  if (voters.length === 1) {
    // Nobody to ask: what a round costs is all there is to wait for.
    const at = Math.round(leader.write.freeAt + roundCpu * leader.host.threadsPerCore()) as SimTime;
    return reader === leader ? { at, index: node.commit, leader, term: node.term } : undefined;
  }
  if (node.termOf(node.commit) !== node.term) return undefined;
  const answers: number[] = [];
  for (const voter of voters) {
    if (voter === leader.id) continue;
    const span = followerRound(leader, (seats[voter] as { readonly member: Member }).member, network);
    if (span === undefined) return undefined;
    insertAscending(answers, span);
  }
  // The leader itself is one of the quorum.
  const confirmed = answers[quorumOf(node.configuration) - 2] as number;
  const asking = reader === leader ? 0 : thereAndBack(reader.id, leader.id, network);
  if (asking === undefined) return undefined;
  const at = Math.round(leader.write.freeAt + confirmed + asking) as SimTime;
  return { at, index: node.commit, leader, term: node.term };
}

/** Inserts a value into a few ascending ones. */
function insertAscending(values: number[], value: number): void {
  let at = values.length;
  while (at > 0 && (values[at - 1] as number) > value) {
    values[at] = values[at - 1] as number;
    at--;
  }
  values[at] = value;
}

/** Time until a follower's answer is with the leader; undefined if it may not answer. */
function followerRound(leader: Member, follower: Member, network: PeerNetwork): number | undefined {
  const follows = follower.isRunning && follower.node.leader === leader.id && follower.node.term === leader.node.term;
  return follows ? thereAndBack(leader.id, follower.id, network) : undefined;
}

function thereAndBack(from: MemberId, to: MemberId, network: PeerNetwork): number | undefined {
  const there = network.reckonedDelay(from, to);
  const back = network.reckonedDelay(to, from);
  return there === undefined || back === undefined ? undefined : there + back;
}
