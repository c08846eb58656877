/** The agreement between a raft node and its owner: what is handed out when, what survives a crash, and ticks that may be folded. */
import { describe, expect, it } from 'vitest';
import { ChangeType, foundingState, MessageType, RaftNode, Role } from '../../../src/components/etcd/raft/index.ts';
import { campaign, exchange, groupOf, hear } from './raft-acts.ts';

/** A reproducible sequence in [0, 1). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

describe('what a node hands out', () => {
  it('does not grow afterwards: answers to what comes in during a write wait for the next one', () => {
    const group = groupOf([1, 2, 3]);
    campaign(group, 1, [1, 2, 3]);
    hear(group, 2, { type: MessageType.Append, from: 1, term: 1, index: 1, logTerm: 1, terms: [1] });
    const ready = group.begin(2);
    expect(ready?.messagesAfterSync).toHaveLength(1);
    expect(ready?.messages).toHaveLength(0);
    hear(group, 2, { type: MessageType.Append, from: 1, term: 1, index: 2, logTerm: 1, terms: [1] });
    expect(ready?.messagesAfterSync).toHaveLength(1);
    expect(group.member(2).node.hasReady).toBe(false);
    group.finish(2);
    hear(group, 2, { type: MessageType.Heartbeat, from: 1, term: 1 });
    expect(group.begin(2)?.messagesAfterSync.map(({ type, index }) => [type, index])).toEqual([
      [MessageType.AppendResponse, 3],
      [MessageType.HeartbeatResponse, 0],
    ]);
  });

  it('comes one after the other', () => {
    const group = groupOf([1]);
    const { node } = group.member(1);
    expect(() => node.advance()).toThrow('no work');
    campaign(group, 1, [1]);
    node.propose('a', 1);
    group.begin(1);
    expect(() => node.ready()).toThrow('not advanced');
  });

  it('is what has to be written, also where entries are overwritten while they are being written', () => {
    const group = groupOf([1, 2, 3]);
    hear(group, 2, { type: MessageType.Append, from: 1, term: 1, terms: [1, 1, 1] });
    group.begin(2);
    hear(group, 2, { type: MessageType.Append, from: 3, term: 2, index: 1, logTerm: 1, terms: [2] });
    group.finish(2);
    const ready = group.begin(2);
    expect(ready?.entries.map(({ index, term }) => [index, term])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    group.finish(2);
    group.crash(2);
    expect(group.member(2).disk.entries.map(({ term }) => term)).toEqual([1, 2]);
    expect(group.broken).toEqual([]);
  });

  it('need not be synced when only the commit index has changed', () => {
    const group = groupOf([1]);
    campaign(group, 1, [1]);
    const { node } = group.member(1);
    node.propose('a', 1);
    expect(group.begin(1)).toMatchObject({ mustSync: true, entriesBytes: 1 });
    group.finish(1);
    expect(group.begin(1)).toMatchObject({ mustSync: false, hardState: { commit: 2 } });
  });
});

describe('a crash', () => {
  it('takes what was not written, and leaves what was', () => {
    const group = groupOf([1, 2, 3]);
    campaign(group, 1, [1, 2, 3]);
    const { node } = group.member(1);
    node.propose('a', 1);
    group.begin(1);
    group.finish(1);
    node.propose('b', 1);
    group.begin(1);
    group.crash(1);
    group.restart(1);
    expect(group.member(1).node).toMatchObject({ term: 1, lastIndex: 2, role: Role.Follower });
  });

  it('leaves entries that were written while a snapshot had come and was not', () => {
    const group = groupOf([1, 2]);
    hear(group, 2, { type: MessageType.Append, from: 1, term: 1, terms: [1, 1] });
    group.begin(2);
    const { node } = group.member(2);
    const configuration = { voters: [1, 2], learners: [] };
    node.step({
      type: MessageType.Snapshot,
      from: 1,
      to: 2,
      term: 1,
      index: 9,
      logTerm: 0,
      commit: 0,
      entries: [],
      snapshot: { index: 9, term: 1, configuration },
      isRejected: false,
      rejectHint: 0,
      context: 0,
      bytes: 0,
    });
    expect(node.lastIndex).toBe(9);
    group.finish(2);
    expect(node.survivingState(0, configuration)).toMatchObject({
      snapshot: { index: 0 },
      entries: [{ index: 1 }, { index: 2 }],
    });
    const ready = node.ready();
    expect(ready.snapshot?.index).toBe(9);
    node.advance();
    expect(node.survivingState(9, configuration)).toMatchObject({ snapshot: { index: 9 }, entries: [] });
  });

  it('lets entries come again that the state machine has not kept', () => {
    const group = groupOf([1]);
    campaign(group, 1, [1]);
    for (const value of ['a', 'b', 'c']) group.member(1).node.propose(value, 1);
    exchange(group, [1]);
    group.crash(1, 2);
    expect(group.member(1).applied).toEqual(['a']);
    group.restart(1);
    exchange(group, [1]);
    expect(group.member(1).applied).toEqual(['a', 'b', 'c']);
  });
});

describe('ticks that only count', () => {
  it('do nothing, and the one after them does something', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const voters = seed % 2 === 0 ? [1] : [1, 2];
      const node = new RaftNode<string>({
        member: 1,
        electionTicks: 5,
        heartbeatTicks: 2,
        maximumMessageBytes: 1,
        maximumInFlight: 1,
        random: sequence(seed),
        state: foundingState({ voters, learners: [] }),
      });
      for (let round = 0; round < 30; round++) {
        for (let quiet = node.quietTicks; quiet > 0; quiet--) {
          node.tick();
          expect(node.hasReady).toBe(false);
        }
        const isLeader = node.role === Role.Leader;
        node.tick();
        // A leader's may be the check of its quorum, which it has.
        expect(node.hasReady || isLeader).toBe(true);
        while (node.hasReady) {
          node.ready();
          node.advance();
        }
      }
    }
  });
});

describe('what an owner may ask', () => {
  it('tells who else is there, and who takes entries as they come', () => {
    const group = groupOf([1, 2, 3]);
    const { node } = group.member(1);
    expect(node.peerCount).toBe(2);
    expect(node.isReplicating(2)).toBe(false);
    campaign(group, 1, [1, 2]);
    expect(node.isReplicating(2)).toBe(true);
    expect(node.isReplicating(3)).toBe(false);
    node.proposeConfigurationChange({ type: ChangeType.AddLearner, member: 4 });
    exchange(group, [1, 2]);
    expect(node.peerCount).toBe(3);
    expect(node.progress().find(({ member }) => member === 4)).toMatchObject({ isLearner: true, match: 0 });
  });
});
