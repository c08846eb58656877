/** How a member answers leaders and candidates. R:raft.go:handleAppendEntries, handleHeartbeat, handleSnapshot, Step. */
import { NO_MEMBER } from './configuration.ts';
import type { MemberState } from './member-state.ts';
import { type Message, MessageType, type SnapshotMetadata } from './message.ts';
import { NO_MATCH } from './raft-log.ts';

/** Takes a leader's entries over, if they follow what is in the log, and answers. */
export function takeAppend<Payload>(state: MemberState<Payload>, message: Message<Payload>): void {
  const { log } = state;
  const response = state.draft(MessageType.AppendResponse, message.from);
  if (message.index < log.committed) {
    // An old message: what is committed is as the leader's.
    response.index = log.committed;
    state.send(response);
    return;
  }
  const matched = log.tryAppend(message.index, message.logTerm, message.entries);
  if (matched === NO_MATCH) {
    response.isRejected = true;
    response.index = message.index;
    response.rejectHint = log.lastIndexOfTermAtMost(Math.min(message.index, log.lastIndex), message.logTerm);
    response.logTerm = Math.max(log.termOf(response.rejectHint), 0);
  } else {
    log.commitTo(Math.min(message.commit, matched));
    response.index = matched;
  }
  state.send(response);
}

/** Takes a heartbeat's commit index over, and answers. */
export function takeHeartbeat<Payload>(state: MemberState<Payload>, message: Message<Payload>): void {
  state.log.commitTo(message.commit);
  const response = state.draft(MessageType.HeartbeatResponse, message.from);
  response.context = message.context;
  state.send(response);
}

/** Takes a snapshot over, if it is ahead of the log, and answers. The member need not be in it: it may have been added since. */
export function takeSnapshot<Payload>(state: MemberState<Payload>, message: Message<Payload>): void {
  const { log } = state;
  const snapshot = message.snapshot as SnapshotMetadata;
  if (snapshot.index > log.committed) {
    if (log.matches(snapshot.index, snapshot.term)) log.commitTo(snapshot.index);
    else {
      log.restore(snapshot);
      state.configuration = snapshot.configuration;
    }
  }
  const response = state.draft(MessageType.AppendResponse, message.from);
  response.index = log.committed;
  state.send(response);
}

/**
 * Answers a candidate's question of this term or, for a pre-vote, a later one. Learners vote too: they may have been promoted and not know it yet.
 * True if the vote is cast.
 */
export function answerVote<Payload>(state: MemberState<Payload>, message: Message<Payload>): boolean {
  const { log } = state;
  const isPreVote = message.type === MessageType.PreVote;
  const mayVote =
    state.vote === message.from ||
    (state.vote === NO_MEMBER && state.leader === NO_MEMBER) ||
    (isPreVote && message.term > state.term);
  const isGranted = mayVote && log.isUpToDate(message.index, message.logTerm);
  const type = isPreVote ? MessageType.PreVoteResponse : MessageType.VoteResponse;
  const response = state.draft(type, message.from);
  // A granted pre-vote is for the term that was asked about; a refusal tells the term that is.
  if (isGranted) response.term = message.term;
  else response.isRejected = true;
  if (isGranted && !isPreVote) state.vote = message.from;
  state.send(response);
  return isGranted && !isPreVote;
}

/**
 * Answers a message of an older term. A leader of an older term learns that there is a newer one, which frees it, or this member if it is stuck in a
 * term that no leader knows; so does whoever asks for a pre-vote.
 */
export function answerOldTerm<Payload>(state: MemberState<Payload>, message: Message<Payload>): void {
  if (message.type === MessageType.Append || message.type === MessageType.Heartbeat) {
    state.send(state.draft(MessageType.AppendResponse, message.from));
  } else if (message.type === MessageType.PreVote) {
    const response = state.draft(MessageType.PreVoteResponse, message.from);
    response.isRejected = true;
    state.send(response);
  }
}
