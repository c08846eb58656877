/** Things that tests do with a raft group, each in one call. */
import {
  type Entry,
  foundingState,
  type MemberId,
  MessageType,
  NO_MEMBER,
  type PersistedState,
} from '../../../src/components/etcd/raft/index.ts';
import { type GroupOptions, RaftGroup, type Value, type Wire } from './raft-group.ts';

/** A disk with entries of these terms and nothing committed. */
export function diskOf(terms: readonly number[], { term = 0 } = {}): PersistedState<Value> {
  const entries = terms.map((of, at): Entry<Value> => {
    return { index: at + 1, term: of, bytes: 1, payload: `${of}.${at + 1}`, change: undefined };
  });
  const founding = foundingState<Value>({ voters: [], learners: [] });
  return { ...founding, entries, hardState: { term: Math.max(term, ...terms), vote: NO_MEMBER, commit: 0 } };
}

/** A group of voters whose election timeouts are all ten ticks, with these disks or empty ones. */
export function groupOf(
  voters: readonly MemberId[],
  disks: readonly PersistedState<Value>[] = [],
  options: Partial<GroupOptions> = {},
): RaftGroup {
  const configuration = { voters, learners: [] };
  const group = new RaftGroup({ configuration, random: () => () => 0, ...options });
  voters.forEach((id, at) => {
    const disk = disks[at];
    if (disk === undefined) return;
    group.join(id, { ...disk, configuration, snapshot: { ...disk.snapshot, configuration } });
  });
  return group;
}

/** Ticks of a member; what becomes of it is not looked at, nor sent. */
export function ticks(group: RaftGroup, id: MemberId, count: number): void {
  for (let i = 0; i < count; i++) group.member(id).node.tick();
}

/** Until nothing happens any more among these members; what goes to others waits. */
export function exchange(group: RaftGroup, among: readonly MemberId[]): void {
  carryWhere(group, among, () => true);
}

/** The same for messages of these kinds alone. */
export function carry(group: RaftGroup, among: readonly MemberId[], ...types: MessageType[]): void {
  carryWhere(group, among, ({ type }) => types.includes(type));
}

/** The same for some messages alone. */
export function carryWhere(group: RaftGroup, among: readonly MemberId[], isCarried: (message: Wire) => boolean): void {
  for (let isWorking = true; isWorking; ) {
    isWorking = false;
    for (const id of among) {
      group.finish(id);
      while (group.begin(id) !== undefined) group.finish(id);
    }
    const taken = group.wire.filter((message) => {
      return among.includes(message.from) && among.includes(message.to) && isCarried(message);
    });
    group.wire = group.wire.filter((message) => !taken.includes(message));
    for (const message of taken) group.deliver(message);
    isWorking = taken.length > 0;
  }
}

/** A member's election timeout passes, and it asks these members (itself among them); its first entry is sent and committed, if it wins. */
export function campaign(
  group: RaftGroup,
  id: MemberId,
  among: readonly MemberId[],
  { isCommitted = true } = {},
): void {
  ticks(group, id, 10);
  carry(group, among, MessageType.PreVote, MessageType.PreVoteResponse, MessageType.Vote, MessageType.VoteResponse);
  if (isCommitted) exchange(group, among);
}

/** A member hears a message that somebody else may have sent. */
export function hear(
  group: RaftGroup,
  to: MemberId,
  said: {
    type: MessageType;
    from: MemberId;
    term: number;
    index?: number;
    logTerm?: number;
    terms?: readonly number[];
    commit?: number;
  },
): void {
  const { type, from, term, index = 0, logTerm = 0, terms = [], commit = 0 } = said;
  const entries = terms.map((of, at): Entry<Value> => {
    return { index: index + at + 1, term: of, bytes: 1, payload: `${of}.${index + at + 1}`, change: undefined };
  });
  const rest = { commit, snapshot: undefined, isRejected: false, rejectHint: 0, context: 0, bytes: entries.length };
  group.deliver({ type, from, to, term, logTerm, index, entries, ...rest });
}
