/** What all parts of a member share: term, vote, role, log, membership, and what is to go out. */
import { type Configuration, type MemberId, NO_MEMBER } from './configuration.ts';
import { type Message, MessageType } from './message.ts';
import type { RaftLog } from './raft-log.ts';
import { type ReadState, Role } from './ready.ts';

/** A message in the making. */
export type MessageDraft<Payload> = { -readonly [Field in keyof Message<Payload>]: Message<Payload>[Field] };

/** No messages; never filled. */
const NOTHING: never[] = [];

/** One member. */
export class MemberState<Payload> {
  readonly member: MemberId;
  readonly log: RaftLog<Payload>;
  /** Latest term that it has seen, state. */
  term = 0;
  /** Whom it has voted for in the term, state. */
  vote: MemberId = NO_MEMBER;
  /** Whom it takes for the leader, state. */
  leader: MemberId = NO_MEMBER;
  role: Role = Role.Follower;
  /** Membership as of the last applied change, state. */
  configuration: Configuration;
  /** Messages that may leave before what else is ready is written, state. */
  messages: Message<Payload>[] = NOTHING;
  /** Those that may not, state. */
  messagesAfterSync: Message<Payload>[] = NOTHING;
  /** Reads that may be served, state. */
  readStates: ReadState[] = [];

  constructor(member: MemberId, log: RaftLog<Payload>, configuration: Configuration) {
    this.member = member;
    this.log = log;
    this.configuration = configuration;
  }

  /** Whether it votes, as far as it knows. */
  get isVoter(): boolean {
    return this.configuration.voters.includes(this.member);
  }

  /** A message of the present term without content. */
  draft(type: MessageType, to: MemberId): MessageDraft<Payload> {
    return {
      type,
      from: this.member,
      to,
      term: this.term,
      logTerm: 0,
      index: 0,
      commit: 0,
      entries: NOTHING,
      snapshot: undefined,
      isRejected: false,
      rejectHint: 0,
      context: 0,
      bytes: 0,
    };
  }

  /** Puts a message out. */
  send(message: Message<Payload>): void {
    if (mayPrecedeSync(message.type)) this.messages = appended(this.messages, message);
    else this.messagesAfterSync = appended(this.messagesAfterSync, message);
  }

  /** Hands out messages that may leave at once. */
  takeMessages(): readonly Message<Payload>[] {
    const { messages } = this;
    this.messages = NOTHING;
    return messages;
  }

  /** Hands out those that may not. */
  takeMessagesAfterSync(): readonly Message<Payload>[] {
    const { messagesAfterSync } = this;
    this.messagesAfterSync = NOTHING;
    return messagesAfterSync;
  }

  /** Hands out reads that may be served. */
  takeReadStates(): readonly ReadState[] {
    const { readStates } = this;
    if (readStates.length === 0) return NOTHING;
    this.readStates = [];
    return readStates;
  }
}

/** A list with one more message: a new one where there was none, for the owner has the last one while the next fills; most have one message. */
function appended<Payload>(messages: Message<Payload>[], message: Message<Payload>): Message<Payload>[] {
  if (messages.length === 0) return [message];
  messages.push(message);
  return messages;
}

/**
 * Only what a leader sends may leave before its own disk has written. A candidate's request may not: if it crashed and forgot the term, it would ask
 * again with a shorter log, and the votes for the longer one would still count.
 */
function mayPrecedeSync(type: MessageType): boolean {
  return (
    type === MessageType.Append ||
    type === MessageType.Heartbeat ||
    type === MessageType.Snapshot ||
    type === MessageType.TimeoutNow ||
    type === MessageType.ReadIndexResponse
  );
}
