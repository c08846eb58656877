/**
 * Raft nodes with what an owner gives them: disks that keep what was synced, state machines, and a network whose messages wait until somebody delivers
 * them. Every step is followed by the check of what raft promises.
 */
import {
  type Configuration,
  changedConfiguration,
  type Entry,
  foundingState,
  type MemberId,
  type Message,
  type PersistedState,
  RaftNode,
  RaftSafety,
  type Ready,
} from '../../../src/components/etcd/raft/index.ts';

export type Value = string;
export type Wire = Message<Value>;

/** One member and its owner's state. */
export interface GroupMember {
  readonly id: MemberId;
  node: RaftNode<Value>;
  isUp: boolean;
  /** What it restarts from while it is down. */
  disk: PersistedState<Value>;
  /** The log as it was handed out to be written, from the first entry that a snapshot does not stand for. */
  written: Entry<Value>[];
  /** Work that is being written. */
  writing: Ready<Value> | undefined;
  /** Values of the applied entries in their order; a snapshot brings those that it stands for. */
  applied: Value[];
  appliedIndex: number;
  /** Membership after each entry that changed it, latest last. */
  memberships: { readonly index: number; readonly configuration: Configuration }[];
  /** Answers to reads, as index by context. */
  reads: Map<number, number>;
}

export interface GroupOptions {
  readonly configuration: Configuration;
  readonly random: (member: MemberId) => () => number;
  readonly electionTicks?: number;
  readonly maximumMessageBytes?: number;
  readonly maximumInFlight?: number;
}

/** The members of one group. */
export class RaftGroup {
  readonly members = new Map<MemberId, GroupMember>();
  /** Messages on their way, oldest first. */
  wire: Wire[] = [];
  readonly options: GroupOptions;
  readonly broken: string[] = [];
  readonly safety = new RaftSafety<Value>((reason) => this.broken.push(reason));
  /** What the state machine holds at each applied index: values up to it. */
  private readonly history = new Map<
    number,
    { readonly values: readonly Value[]; readonly configuration: Configuration }
  >();

  constructor(options: GroupOptions) {
    this.options = options;
    for (const id of [...options.configuration.voters, ...options.configuration.learners]) this.join(id);
  }

  member(id: MemberId): GroupMember {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`there is no member ${id}`);
    return member;
  }

  /** A member begins, with an empty log or with what is on its disk. */
  join(id: MemberId, disk: PersistedState<Value> = foundingState(this.options.configuration)): GroupMember {
    const member: GroupMember = {
      id,
      node: this.start(id, disk),
      isUp: true,
      disk,
      written: disk.entries.slice(),
      writing: undefined,
      applied: [],
      appliedIndex: disk.applied,
      memberships: [{ index: disk.applied, configuration: disk.configuration }],
      reads: new Map(),
    };
    this.members.set(id, member);
    return member;
  }

  private start(member: MemberId, state: PersistedState<Value>): RaftNode<Value> {
    const { electionTicks = 10, maximumMessageBytes = 1 << 20, maximumInFlight = 512, random } = this.options;
    const settings = { electionTicks, heartbeatTicks: 1, maximumMessageBytes, maximumInFlight };
    return new RaftNode({ member, ...settings, random: random(member), state });
  }

  /** The process ends; of what it has applied, it keeps what was applied up to `kept`. */
  crash(id: MemberId, kept = Number.POSITIVE_INFINITY): void {
    const member = this.member(id);
    const { applied } = member.node.survivingState(Math.min(kept, member.appliedIndex), this.options.configuration);
    const configuration = this.history.get(applied)?.configuration ?? this.options.configuration;
    member.disk = member.node.survivingState(applied, configuration);
    // What a node says to have survived is what its owner was given to write.
    for (const entry of member.disk.entries) {
      if (member.written.includes(entry)) continue;
      this.broken.push(`entry ${entry.index} of member ${id} survived, but was never written`);
    }
    member.written = member.disk.entries.slice();
    member.isUp = false;
    member.writing = undefined;
    this.restore(member, member.disk.applied);
    member.reads.clear();
  }

  restart(id: MemberId): void {
    const member = this.member(id);
    member.node = this.start(id, member.disk);
    member.isUp = true;
  }

  /** The state machine is that of an index. */
  private restore(member: GroupMember, index: number): void {
    const state = this.history.get(index);
    if (index === 0) member.applied = [];
    else if (state !== undefined) member.applied = state.values.slice();
    else throw new Error(`nobody ever applied entry ${index}`);
    member.appliedIndex = index;
    member.memberships = [{ index, configuration: state?.configuration ?? this.options.configuration }];
  }

  /** Takes what is ready and begins to write it; returns it, undefined if there is nothing or the disk is busy. */
  begin(id: MemberId): Ready<Value> | undefined {
    const member = this.member(id);
    if (!member.isUp || member.writing !== undefined || !member.node.hasReady) return undefined;
    const ready = member.node.ready();
    member.writing = ready;
    if (ready.snapshot !== undefined) {
      this.restore(member, ready.snapshot.index);
    }
    for (const entry of ready.committed) this.apply(member, entry);
    for (const { index, context } of ready.readStates) member.reads.set(context, index);
    this.wire.push(...ready.messages);
    this.check(member);
    return ready;
  }

  /** What was being written is durable. */
  finish(id: MemberId): void {
    const member = this.member(id);
    if (member.writing === undefined) return;
    const { snapshot, entries, messagesAfterSync } = member.writing;
    if (snapshot !== undefined) member.written = [];
    const [first] = entries;
    if (first !== undefined) member.written = member.written.filter(({ index }) => index < first.index).concat(entries);
    this.wire.push(...messagesAfterSync);
    member.writing = undefined;
    member.node.advance();
    this.check(member);
  }

  private apply(member: GroupMember, entry: Entry<Value>): void {
    if (entry.index !== member.appliedIndex + 1) {
      this.broken.push(`member ${member.id} applies entry ${entry.index} after ${member.appliedIndex}`);
    }
    member.appliedIndex = entry.index;
    if (entry.payload !== undefined) member.applied.push(entry.payload);
    let configuration = membershipAt(member, entry.index);
    if (entry.change !== undefined) {
      configuration = changedConfiguration(configuration, entry.change);
      member.memberships.push({ index: entry.index, configuration });
    }
    const known = this.history.get(entry.index);
    if (known === undefined) this.history.set(entry.index, { values: member.applied.slice(), configuration });
    else if (known.values.join() !== member.applied.join()) {
      this.broken.push(`the state of member ${member.id} at entry ${entry.index} is another one than that of others`);
    }
  }

  /** A message arrives, if there is anybody to take it. */
  deliver(message: Wire): void {
    const member = this.members.get(message.to);
    if (member?.isUp !== true) return;
    member.node.step(message);
    this.check(member);
  }

  /** Looks at a member after whatever was done to it. */
  check(member: GroupMember): void {
    this.safety.observe(member.node);
  }

  /** The owner's snapshot of the state that it has applied, as far as it is in the log. */
  compact(id: MemberId, keep: number): void {
    const member = this.member(id);
    const index = Math.min(member.appliedIndex, member.node.applied);
    member.node.compactTo(index, keep, membershipAt(member, index));
  }
}

/** The membership as of an index, as the owner has applied it. */
function membershipAt(member: GroupMember, index: number): Configuration {
  const past = member.memberships.filter((membership) => membership.index <= index);
  return (past[past.length - 1] ?? (member.memberships[0] as (typeof past)[number])).configuration;
}
