/** The check of what raft promises finds what is broken: members whose disks contradict each other, as no run of raft would leave them. */
import { describe, expect, it } from 'vitest';
import { foundingState, type MemberId, RaftNode, RaftSafety } from '../../../src/components/etcd/raft/index.ts';
import { diskOf } from './raft-acts.ts';

/** A member with entries of these terms, of which some are committed; alone in its group if it is to lead. */
function nodeOf(member: MemberId, terms: readonly number[], commit: number, isAlone = false): RaftNode<string> {
  const disk = diskOf(terms);
  const configuration = { voters: isAlone ? [member] : [1, 2, 3], learners: [] };
  return new RaftNode<string>({
    member,
    electionTicks: 2,
    heartbeatTicks: 1,
    maximumMessageBytes: 1,
    maximumInFlight: 1,
    random: () => 0,
    state: { ...foundingState(configuration), ...disk, configuration, hardState: { ...disk.hardState, commit } },
  });
}

/** Has a member that is alone elect itself. */
function leader(member: MemberId, terms: readonly number[]): RaftNode<string> {
  const node = nodeOf(member, terms, 0, true);
  for (let tick = 0; tick < 2; tick++) node.tick();
  for (let step = 0; step < 3; step++) {
    node.ready();
    node.advance();
  }
  return node;
}

function found(...nodes: readonly RaftNode<string>[]): string {
  const reasons: string[] = [];
  new RaftSafety<string>((reason) => reasons.push(reason)).check(nodes);
  return reasons.join('; ');
}

describe('the check of what raft promises', () => {
  it('finds nothing where members are merely behind, or have entries that are not committed', () => {
    expect(found(nodeOf(1, [1, 1, 2], 3), nodeOf(2, [1], 1), nodeOf(3, [1, 1, 1, 1], 2))).toBe('');
  });

  it('finds two leaders of one term', () => {
    expect(found(leader(1, [1]), leader(2, [1]))).toContain('both led in term 2');
  });

  it('finds a leader that lacks what is committed', () => {
    expect(found(nodeOf(1, [1, 1, 1, 1, 1], 5), leader(2, [1]))).toContain('without entry 5, which is committed');
  });

  it('finds different entries that are committed at one index', () => {
    expect(found(nodeOf(1, [1, 1], 2), nodeOf(2, [1, 2], 2))).toContain('another entry 2 committed');
  });

  it('finds logs that agree behind an index at which they do not', () => {
    expect(found(nodeOf(1, [1, 1, 3], 1), nodeOf(2, [1, 2, 3], 1))).toContain('differ at 2');
  });

  it('finds a term and a commit index that go back within one life of a process, and not across two', () => {
    const reasons: string[] = [];
    const safety = new RaftSafety<string>((reason) => reasons.push(reason));
    safety.check([nodeOf(1, [1, 1, 2], 3)]);
    safety.check([nodeOf(1, [1, 1], 1)]);
    expect(reasons).toEqual([]);
    const node = nodeOf(2, [1, 1], 2);
    safety.check([node]);
    Object.defineProperty(node, 'commit', { get: () => 1 });
    safety.check([node]);
    expect(reasons.join()).toContain('went back from 2 to 1');
  });
});
