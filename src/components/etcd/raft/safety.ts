/**
 * What raft promises (raft paper, figure 3), checked over the members of a group from outside: at most one leader per term; a leader has everything
 * that was committed before; what is committed at one index is the same everywhere and for ever; logs that share an entry share all before it.
 */
import type { MemberId } from './configuration.ts';
import type { Entry } from './entry.ts';
import type { RaftNode } from './raft-node.ts';
import { Role } from './ready.ts';

/** What was last seen of one member. */
interface Seen<Payload> {
  /** The life of its process: another one may have forgotten a term that it had not written, and begins with an older commit index. */
  readonly node: RaftNode<Payload>;
  term: number;
  /** Term in which it was last seen to lead. */
  ledTerm: number;
  /** Entries up to this index were compared. */
  checked: number;
}

/** Checks the members of one group. */
export class RaftSafety<Payload> {
  /** Told of what is broken. */
  private readonly report: (reason: string) => void;
  /** Who led in which term, state. */
  private readonly leaders = new Map<number, MemberId>();
  private readonly members = new Map<MemberId, Seen<Payload>>();
  /** What was committed, from {@link base} + 1 on, state. */
  private readonly committed: Entry<Payload>[] = [];
  private base = 0;
  /** Term of the last committed entry, and the latest term of a member that was seen to know it, state. */
  private lastTerm = 0;
  private commitTerm = 0;

  constructor(report: (reason: string) => void) {
    this.report = report;
  }

  /** Last index that some member knew to be committed. */
  get lastCommitted(): number {
    return this.base + this.committed.length;
  }

  /** Looks at all members that run, compares what they have not committed, and forgets what all of them have. */
  check(nodes: readonly RaftNode<Payload>[]): void {
    for (const node of nodes) this.observe(node);
    for (const one of nodes) for (const other of nodes) if (one.member < other.member) this.compare(one, other);
    this.forgetBefore(nodes.reduce((least, { commit }) => Math.min(least, commit), this.lastCommitted));
  }

  /** Looks at a member: work for what it has committed since the last time. */
  observe(node: RaftNode<Payload>): void {
    const seen = this.seen(node);
    if (node.term < seen.term)
      this.report(`the term of member ${node.member} went back from ${seen.term} to ${node.term}`);
    seen.term = node.term;
    if (node.commit < seen.checked) {
      this.report(`the commit index of member ${node.member} went back from ${seen.checked} to ${node.commit}`);
    }
    this.checkCommitted(node, seen);
    if (node.role === Role.Leader) this.checkLeader(node, seen);
  }

  private compare(one: RaftNode<Payload>, other: RaftNode<Payload>): void {
    const index = firstLogMismatch(one, other, Math.min(one.commit, other.commit));
    if (index > 0)
      this.report(`the logs of members ${one.member} and ${other.member} differ at ${index}, but agree later`);
  }

  private seen(node: RaftNode<Payload>): Seen<Payload> {
    const known = this.members.get(node.member);
    if (known?.node === node) return known;
    const seen: Seen<Payload> = { node, term: 0, ledTerm: 0, checked: 0 };
    this.members.set(node.member, seen);
    return seen;
  }

  private checkLeader(node: RaftNode<Payload>, seen: Seen<Payload>): void {
    const { term, member } = node;
    if (seen.ledTerm === term) return;
    seen.ledTerm = term;
    const other = this.leaders.get(term);
    if (other !== undefined && other !== member) this.report(`members ${other} and ${member} both led in term ${term}`);
    this.leaders.set(term, member);
    const { lastCommitted } = this;
    // A leader of an older term need not have it; nor is what a snapshot stands for there to be compared.
    if (term < this.commitTerm || lastCommitted < node.firstIndex - 1) return;
    if (node.termOf(lastCommitted) !== this.lastTerm) {
      this.report(`member ${member} leads in term ${term} without entry ${lastCommitted}, which is committed`);
    }
  }

  private checkCommitted(node: RaftNode<Payload>, seen: Seen<Payload>): void {
    const { commit } = node;
    if (commit === seen.checked) return;
    // What a snapshot stands for is not there to be compared.
    for (let index = Math.max(seen.checked + 1, node.firstIndex); index <= commit; index++) {
      this.checkEntry(node, index);
    }
    seen.checked = commit;
    this.commitTerm = Math.max(this.commitTerm, node.term);
  }

  private checkEntry(node: RaftNode<Payload>, index: number): void {
    if (index <= this.base) return;
    const entry = node.entryAt(index);
    const position = index - this.base - 1;
    const known = this.committed[position];
    if (known !== undefined) {
      if (known.term === entry.term && known.payload === entry.payload && known.change === entry.change) return;
      this.report(
        `member ${node.member} has another entry ${index} committed (term ${entry.term}) than others (${known.term})`,
      );
      return;
    }
    if (position > this.committed.length) {
      // Nobody was looked at while the entries between were in a log.
      this.committed.length = 0;
      this.base = index - 1;
    }
    if (entry.term < this.lastTerm) {
      this.report(`entry ${index} is of term ${entry.term}, but one before it of term ${this.lastTerm}`);
    }
    this.committed.push(entry);
    this.lastTerm = entry.term;
  }

  private forgetBefore(index: number): void {
    const drop = index - this.base;
    // In lumps, so that the array is not shifted for each entry.
    if (2 * drop <= this.committed.length) return;
    this.committed.splice(0, drop);
    this.base = index;
  }
}

/**
 * Whether the logs of two members are alike up to the last entry that they share (§5.3), looked at from an index on: an index at which they are not,
 * or 0.
 */
export function firstLogMismatch<Payload>(one: RaftNode<Payload>, other: RaftNode<Payload>, from: number): number {
  let isShared = false;
  const first = Math.max(one.firstIndex, other.firstIndex, from);
  for (let index = Math.min(one.lastIndex, other.lastIndex); index >= first; index--) {
    const isSame = one.termOf(index) === other.termOf(index);
    if (isShared && !isSame) return index;
    if (isSame && one.entryAt(index).payload !== other.entryAt(index).payload) return index;
    isShared ||= isSame;
  }
  return 0;
}
