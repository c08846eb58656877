/** Before the run: a member is elected at once, without disk and network. The cluster has been running for long. */
import type { Member } from './member.ts';
import type { Proposal } from './proposal.ts';
import { type Entry, type MemberId, MessageType } from './raft/index.ts';

/** A message without content, of which each kind sets what it uses. */
const EMPTY_MESSAGE = {
  logTerm: 0,
  index: 0,
  commit: 0,
  entries: [],
  snapshot: undefined,
  isRejected: false,
  rejectHint: 0,
  context: 0,
  bytes: 0,
} as const;

/** Has the member of a number lead; what is committed on the way goes to `apply`. */
export function electAtOnce(
  members: readonly Member[],
  number: MemberId,
  apply: (entry: Entry<Proposal>) => void,
): void {
  const { node } = members[number] as Member;
  node.step({ ...EMPTY_MESSAGE, type: MessageType.TimeoutNow, from: number, to: number, term: node.term });
  for (let isQuiet = false; !isQuiet; ) {
    isQuiet = true;
    for (const member of members) {
      if (!member.node.hasReady) continue;
      isQuiet = false;
      const ready = member.node.ready();
      for (const message of [...ready.messages, ...ready.messagesAfterSync]) {
        (members[message.to] as Member).node.step(message);
      }
      for (const entry of ready.committed) apply(entry);
      member.node.advance();
    }
  }
  for (const member of members) member.beginRun();
}
