/**
 * Raft by the sections of "In Search of an Understandable Consensus Algorithm (Extended Version)" (Ongaro, Ousterhout 2014) and of Ongaro's dissertation
 * "Consensus: Bridging Theory and Practice" (2014).
 */
import { describe, expect, it } from 'vitest';
import {
  ChangeType,
  foundingState,
  type MemberId,
  MessageType,
  NO_MEMBER,
  ProposalOutcome,
  RaftNode,
  Role,
} from '../../../src/components/etcd/raft/index.ts';
import { campaign, carry, carryWhere, diskOf, exchange, groupOf, hear, ticks } from './raft-acts.ts';

const idsOf = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('§5.2 Leader election', () => {
  it('begins when a member has not heard from a leader for its election timeout, drawn anew from [n, 2n - 1] ticks', () => {
    const seen = new Map<number, number>();
    for (let draw = 0; draw < 200; draw++) {
      const node = new RaftNode<string>({
        member: 1,
        electionTicks: 10,
        heartbeatTicks: 1,
        maximumMessageBytes: 1,
        maximumInFlight: 1,
        random: () => draw / 200,
        state: foundingState({ voters: [1, 2, 3], learners: [] }),
      });
      let count = 0;
      for (; node.role === Role.Follower; count++) node.tick();
      seen.set(count, (seen.get(count) ?? 0) + 1);
    }
    expect([...seen.keys()].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(new Set(seen.values())).toEqual(new Set([20]));
  });

  it('is won with a quorum: of one, two, three, five and seven members', () => {
    for (const [count, quorum] of [
      [1, 1],
      [2, 2],
      [3, 2],
      [5, 3],
      [7, 4],
    ] as const) {
      const group = groupOf(idsOf(count));
      const others = idsOf(count).slice(1);
      campaign(group, 1, idsOf(count).slice(0, quorum));
      expect(group.member(1).node.role, `${quorum} of ${count}`).toBe(Role.Leader);
      const lonely = groupOf(idsOf(count));
      if (quorum === 1) continue;
      campaign(lonely, 1, [1, ...others.slice(0, quorum - 2)]);
      expect(lonely.member(1).node.role, `${quorum - 1} of ${count}`).toBe(Role.PreCandidate);
    }
  });

  it('gives one vote in a term, first come first served, also across a crash', () => {
    const group = groupOf([1, 2, 3, 4, 5]);
    hear(group, 3, { type: MessageType.Vote, from: 1, term: 1 });
    hear(group, 3, { type: MessageType.Vote, from: 2, term: 1 });
    exchange(group, [3]);
    const answers = () => group.wire.filter(({ from }) => from === 3).map(({ to, isRejected }) => [to, !isRejected]);
    expect(answers()).toEqual([
      [1, true],
      [2, false],
    ]);
    group.crash(3);
    group.restart(3);
    group.wire = [];
    hear(group, 3, { type: MessageType.Vote, from: 2, term: 1 });
    hear(group, 3, { type: MessageType.Vote, from: 1, term: 1 });
    exchange(group, [3]);
    expect(answers()).toEqual([
      [2, false],
      [1, true],
    ]);
  });

  it('lets a candidate give up that hears from a leader of its term, and not for one of an older term', () => {
    const group = groupOf([1, 2, 3]);
    ticks(group, 1, 10);
    carry(group, [1, 2], MessageType.PreVote, MessageType.PreVoteResponse);
    expect(group.member(1).node.role).toBe(Role.Candidate);
    hear(group, 1, { type: MessageType.Heartbeat, from: 2, term: 0 });
    expect(group.member(1).node.role).toBe(Role.Candidate);
    hear(group, 1, { type: MessageType.Heartbeat, from: 2, term: 1 });
    expect(group.member(1).node.role).toBe(Role.Follower);
    expect(group.member(1).node.leader).toBe(2);
  });
});

describe('§5.3 Log replication', () => {
  it('refuses entries that do not follow what is there', () => {
    const group = groupOf([1, 2], [diskOf([1, 1], { term: 1 }), diskOf([1], { term: 1 })]);
    hear(group, 2, { type: MessageType.Append, from: 1, term: 2, index: 2, logTerm: 1, terms: [2] });
    exchange(group, [2]);
    const [answer] = group.wire.filter(({ from }) => from === 2);
    expect(answer).toMatchObject({
      type: MessageType.AppendResponse,
      isRejected: true,
      index: 2,
      rejectHint: 1,
      logTerm: 1,
    });
    expect(group.member(2).node.lastIndex).toBe(1);
  });

  it('drops what contradicts the leader, from there on', () => {
    const group = groupOf([1, 2], [diskOf([1]), diskOf([1, 2, 2, 2], { term: 2 })]);
    hear(group, 2, { type: MessageType.Append, from: 1, term: 3, index: 1, logTerm: 1, terms: [3] });
    const { node } = group.member(2);
    expect([node.lastIndex, node.termOf(2)]).toEqual([2, 3]);
  });

  it('keeps what an old message does not mention', () => {
    const group = groupOf([1, 2], [diskOf([1]), diskOf([1, 1, 1], { term: 1 })]);
    hear(group, 2, { type: MessageType.Append, from: 1, term: 1, index: 0, logTerm: 0, terms: [1, 1] });
    expect(group.member(2).node.lastIndex).toBe(3);
  });

  it('takes for committed only what is known to be as the leader has it', () => {
    const group = groupOf([1, 2], [diskOf([1]), diskOf([1, 2, 2], { term: 2 })]);
    hear(group, 2, { type: MessageType.Append, from: 1, term: 3, index: 0, logTerm: 0, terms: [1], commit: 3 });
    expect(group.member(2).node.commit).toBe(1);
  });

  it('commits what a quorum has written, be the leader among it or not', () => {
    for (const count of [1, 2, 3, 5, 7]) {
      const ids = idsOf(count);
      const quorum = Math.floor(count / 2) + 1;
      const group = groupOf(ids);
      campaign(group, 1, ids);
      const { node } = group.member(1);
      node.propose('a', 1);
      exchange(group, ids.slice(0, quorum - 1));
      expect(node.commit, `${quorum - 1} of ${count}`).toBe(1);
      exchange(group, ids.slice(0, quorum));
      expect(node.commit, `${quorum} of ${count}`).toBe(2);
    }
  });

  it('sends followers that are equally far the same entries, and hands over the very value that was proposed', () => {
    const group = groupOf([1, 2, 3]);
    campaign(group, 1, [1, 2, 3]);
    group.member(1).node.propose('a', 1);
    group.begin(1);
    const [one, other] = group.wire.filter(({ type }) => type === MessageType.Append);
    expect(one?.entries).toHaveLength(1);
    expect(one?.entries).toBe(other?.entries);
    exchange(group, [1, 2, 3]);
    expect(group.member(3).node.entryAt(2)).toBe(group.member(1).node.entryAt(2));
  });
});

describe('§5.4.1 Election restriction', () => {
  it.each([
    { mine: [1, 1, 1], last: 3, term: 1, isGranted: true, why: 'the same log' },
    { mine: [1, 1, 1], last: 2, term: 1, isGranted: false, why: 'a shorter one of the same term' },
    { mine: [1, 1, 1], last: 1, term: 2, isGranted: true, why: 'a shorter one of a later term' },
    { mine: [1, 2], last: 7, term: 1, isGranted: false, why: 'a longer one of an older term' },
    { mine: [], last: 0, term: 0, isGranted: true, why: 'an empty one, as this' },
  ])('votes for $why: $isGranted', ({ mine, last, term, isGranted }) => {
    for (const [type, answerType] of [
      [MessageType.Vote, MessageType.VoteResponse],
      [MessageType.PreVote, MessageType.PreVoteResponse],
    ] as const) {
      const group = groupOf([1, 2], [diskOf([]), diskOf(mine, { term: 2 })]);
      hear(group, 2, { type, from: 1, term: 3, index: last, logTerm: term });
      exchange(group, [2]);
      expect(group.wire.find((message) => message.type === answerType)?.isRejected).toBe(!isGranted);
      expect(group.member(2).node.term).toBe(type === MessageType.Vote ? 3 : 2);
    }
  });
});

describe('§5.4.2 Committing entries from previous terms (figure 8)', () => {
  /** Figure 8 (c): S1 leads again, in term 4, and has sent its entry of term 2 to S3; S5 has one of term 3 in its place. */
  function figure8() {
    const disks = [diskOf([1, 2]), diskOf([1, 2]), diskOf([1]), diskOf([1]), diskOf([1, 3])];
    const terms = disks.map((disk) => ({ ...disk, hardState: { ...disk.hardState, term: 3 } }));
    const group = groupOf([1, 2, 3, 4, 5], terms, { maximumMessageBytes: 1 });
    ticks(group, 1, 10);
    carry(
      group,
      [1, 2, 3, 4],
      MessageType.PreVote,
      MessageType.PreVoteResponse,
      MessageType.Vote,
      MessageType.VoteResponse,
    );
    expect(group.member(1).node.role).toBe(Role.Leader);
    expect(group.member(1).node.term).toBe(4);
    // What is sent first is lost; then the entry of term 2 reaches S3, but that of term 4 reaches nobody.
    exchange(group, [1]);
    group.wire = [];
    for (const id of [2, 3]) hear(group, id, { type: MessageType.Append, from: 1, term: 4, index: 2, logTerm: 2 });
    carryWhere(group, [1, 2, 3], ({ entries }) => entries.every((entry) => entry.term < 4));
    return group;
  }

  /** S1 has crashed; S5 asks for votes, learns of the term, and asks again. */
  function letS5Campaign(group: ReturnType<typeof groupOf>) {
    group.crash(1);
    group.wire = [];
    for (const id of [2, 3, 4]) ticks(group, id, 10);
    campaign(group, 5, [2, 3, 4, 5]);
    campaign(group, 5, [2, 3, 4, 5]);
  }

  it('does not commit an entry of an older term because a quorum has it', () => {
    const group = figure8();
    const { node } = group.member(1);
    expect([1, 2, 3].map((id) => group.member(id).node.termOf(2))).toEqual([2, 2, 2]);
    expect(node.progress().map(({ match }) => match)).toEqual([2, 2, 0, 0]);
    expect(node.commit).toBe(0);
  });

  it('for S5 may still win and replace it (d)', () => {
    const group = figure8();
    letS5Campaign(group);
    expect(group.member(5).node.role).toBe(Role.Leader);
    expect([2, 3, 4].map((id) => group.member(id).node.termOf(2))).toEqual([3, 3, 3]);
    expect(group.broken).toEqual([]);
  });

  it('commits it with one of the term of the leader, and then S5 cannot win (e)', () => {
    const group = figure8();
    exchange(group, [1, 2, 3]);
    for (let round = 0; round < 3; round++) {
      ticks(group, 1, 1);
      exchange(group, [1, 2, 3]);
    }
    expect(group.member(1).node.commit).toBe(3);
    letS5Campaign(group);
    expect(group.member(5).node.role).not.toBe(Role.Leader);
  });
});

describe('§5.4.3 Safety argument', () => {
  it('a member without a committed entry never leads', () => {
    const group = groupOf([1, 2, 3, 4, 5]);
    campaign(group, 1, [1, 2, 3, 4, 5]);
    group.member(1).node.propose('a', 1);
    exchange(group, [1, 2, 3]);
    group.crash(1);
    group.wire = [];
    for (const id of [2, 3, 4, 5]) ticks(group, id, 10);
    campaign(group, 4, [2, 3, 4, 5]);
    expect(group.member(4).node.role).not.toBe(Role.Leader);
    campaign(group, 2, [2, 3, 4, 5]);
    expect(group.member(2).node.role).toBe(Role.Leader);
    expect(group.member(5).applied).toEqual(['a']);
  });
});

describe('§6 Cluster membership changes, one at a time (dissertation, chapter 4)', () => {
  it('takes no change before the one before it is applied, nor before the leader has committed in its term', () => {
    const group = groupOf([1, 2, 3]);
    campaign(group, 1, [1, 2, 3], { isCommitted: false });
    const { node } = group.member(1);
    const add = (member: MemberId) => node.proposeConfigurationChange({ type: ChangeType.AddLearner, member });
    exchange(group, [1, 2, 3]);
    expect(add(4)).toBe(ProposalOutcome.Appended);
    expect(add(5)).toBe(ProposalOutcome.Dropped);
    exchange(group, [1, 2, 3]);
    expect(add(5)).toBe(ProposalOutcome.Appended);
  });

  it('lets no member campaign that knows a change to be committed and has not applied it', () => {
    const group = groupOf([1, 2, 3]);
    campaign(group, 1, [1, 2, 3]);
    group.member(1).node.proposeConfigurationChange({ type: ChangeType.AddVoter, member: 4 });
    exchange(group, [1, 3]);
    for (const message of group.wire.splice(0)) if (message.to === 2) group.deliver(message);
    expect(group.member(2).node).toMatchObject({ commit: 2, applied: 1 });
    ticks(group, 2, 25);
    expect(group.member(2).node.role).toBe(Role.Follower);
    exchange(group, [2]);
    ticks(group, 2, 25);
    expect(group.member(2).node.role).toBe(Role.PreCandidate);
  });

  it('never leaves a group without a voter, and changes nothing twice', () => {
    const group = groupOf([1]);
    campaign(group, 1, [1]);
    const { node } = group.member(1);
    const before = node.configuration;
    for (const type of [ChangeType.Remove, ChangeType.AddVoter, ChangeType.AddLearner, ChangeType.Promote]) {
      node.proposeConfigurationChange({ type, member: 1 });
      exchange(group, [1]);
    }
    expect(node.configuration).toBe(before);
    expect(node.role).toBe(Role.Leader);
  });

  it('lets no member that was removed disturb the others (section 4.2.3)', () => {
    const group = groupOf([1, 2, 3]);
    campaign(group, 1, [1, 2, 3]);
    group.member(1).node.proposeConfigurationChange({ type: ChangeType.Remove, member: 3 });
    exchange(group, [1, 2]);
    group.wire = [];
    for (let round = 0; round < 60; round++) {
      for (const id of [1, 2, 3]) ticks(group, id, 1);
      exchange(group, [1, 2, 3]);
    }
    expect([1, 2].map((id) => [group.member(id).node.term, group.member(id).node.leader])).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(group.member(3).node.role).toBe(Role.PreCandidate);
  });
});

describe('§6.4 of the dissertation: read-only queries', () => {
  it('are not answered by a leader that has not committed in its term', () => {
    const group = groupOf([1, 2, 3]);
    campaign(group, 1, [1, 2, 3], { isCommitted: false });
    group.member(1).node.readIndex(7);
    carry(group, [1, 2, 3], MessageType.Heartbeat, MessageType.HeartbeatResponse);
    expect(group.member(1).reads.has(7)).toBe(false);
    exchange(group, [1, 2, 3]);
    expect(group.member(1).reads.get(7)).toBe(1);
  });

  it('are answered once a quorum has confirmed the leader after they were asked, not by an answer to an earlier round', () => {
    const group = groupOf([1, 2, 3]);
    campaign(group, 1, [1, 2, 3]);
    const { node, reads } = group.member(1);
    node.readIndex(7);
    group.begin(1);
    group.finish(1);
    node.readIndex(8);
    // The round of the first read alone is confirmed.
    for (const message of group.wire.splice(0)) group.deliver(message);
    exchange(group, [2]);
    for (const message of group.wire.splice(0)) group.deliver(message);
    group.begin(1);
    expect([...reads.keys()]).toEqual([7]);
    group.finish(1);
    exchange(group, [1, 2]);
    expect([...reads.keys()]).toEqual([7, 8]);
  });

  it('are not answered when fewer than a quorum confirm', () => {
    const group = groupOf([1, 2, 3, 4, 5]);
    campaign(group, 1, [1, 2, 3, 4, 5]);
    group.member(1).node.readIndex(7);
    exchange(group, [1, 2]);
    expect(group.member(1).reads.has(7)).toBe(false);
    exchange(group, [1, 2, 3]);
    expect(group.member(1).reads.get(7)).toBe(1);
  });

  it('wait for no disk', () => {
    const group = groupOf([1, 2, 3]);
    campaign(group, 1, [1, 2, 3]);
    group.member(1).node.readIndex(7);
    const ready = group.begin(1);
    expect(ready?.mustSync).toBe(false);
    expect(ready?.messages.map(({ type }) => type)).toEqual([MessageType.Heartbeat, MessageType.Heartbeat]);
  });

  it('are dropped by who knows no leader', () => {
    const group = groupOf([1, 2, 3]);
    expect(group.member(2).node.readIndex(7)).toBe(false);
    expect(group.member(2).node.leader).toBe(NO_MEMBER);
  });
});
