/**
 * A raft group at the mercy of its surroundings: any order of ticks, writes, deliveries, losses, duplicates, cuts, crashes, proposals, reads, transfers,
 * snapshots and changes of the membership. What raft promises is checked after every step.
 */
import fc from 'fast-check';
import { ChangeType, firstLogMismatch, MessageType, Role } from '../../../src/components/etcd/raft/index.ts';
import { type GroupMember, RaftGroup, type Wire } from './raft-group.ts';

/** What can happen, and how often among a hundred steps. */
const STEPS = {
  round: 25,
  tick: 6,
  write: 10,
  sync: 10,
  deliver: 14,
  deliverFirst: 6,
  duplicate: 2,
  lose: 2,
  cut: 2,
  heal: 3,
  crash: 1,
  restart: 8,
  propose: 8,
  read: 4,
  transfer: 1,
  change: 2,
  compact: 1,
} as const;
type StepName = keyof typeof STEPS;

/** One step: what, at whom, and a number for what else has to be chosen. */
export interface Step {
  readonly name: StepName;
  readonly who: number;
  readonly what: number;
}

const names = fc.oneof(
  ...(Object.keys(STEPS) as StepName[]).map((name) => ({ arbitrary: fc.constant(name), weight: STEPS[name] })),
);

export const stepsArbitrary = fc.array(
  fc.record({ name: names, who: fc.nat({ max: 6 }), what: fc.nat({ max: 1023 }) }),
  { minLength: 50, maxLength: 500, size: 'max' },
);

/** Members that a group may grow by. */
const NEWCOMERS = 3;

/** The group and what is known of it from outside. */
export class RaftChaos {
  readonly group: RaftGroup;
  private readonly size: number;
  private newcomers = 0;
  private lastContext = 0;
  private lastValue = 0;
  /** What was committed when each read was asked. */
  private readonly asked = new Map<number, number>();
  /** Bit by bit, which side of a cut a member is on; 0 for no cut. */
  private sides = 0;

  constructor(size: number, seed: number) {
    this.size = size;
    let state = seed % 2147483647 || 1;
    const next = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    const voters = Array.from({ length: size }, (_, member) => member);
    this.group = new RaftGroup({
      configuration: { voters, learners: [] },
      random: () => next,
      electionTicks: 5,
      maximumMessageBytes: 3,
      maximumInFlight: 3,
    });
  }

  /** What is broken, as of now. */
  get broken(): readonly string[] {
    return this.group.broken;
  }

  private get all(): GroupMember[] {
    return [...this.group.members.values()];
  }

  private choose(who: number): GroupMember {
    const { all } = this;
    return all[who % all.length] as GroupMember;
  }

  /** Does a step. */
  run({ name, who, what }: Step): void {
    const member = this.choose(who);
    this.steps[name](member, what);
    this.checkReads(member);
  }

  private readonly steps: Record<StepName, (member: GroupMember, what: number) => void> = {
    tick: (member) => this.tick(member),
    round: () => this.round(),
    write: ({ id }) => void this.group.begin(id),
    sync: ({ id }) => this.group.finish(id),
    deliver: (_, what) => this.deliver(what % Math.max(this.group.wire.length, 1), false),
    deliverFirst: () => this.deliver(0, false),
    duplicate: (_, what) => this.deliver(what % Math.max(this.group.wire.length, 1), true),
    lose: (_, what) => {
      const [message] = this.group.wire.splice(what % Math.max(this.group.wire.length, 1), 1);
      if (message !== undefined) this.lost(message);
    },
    cut: (_, what) => {
      this.sides = what;
    },
    heal: () => {
      this.sides = 0;
    },
    crash: (member, what) => {
      if (member.isUp) this.group.crash(member.id, what % (member.appliedIndex + 1));
    },
    restart: (member) => {
      if (!member.isUp) this.group.restart(member.id);
    },
    propose: (member) => {
      if (member.isUp) member.node.propose(`v${++this.lastValue}`, 1);
    },
    read: (member) => this.read(member),
    transfer: (member, what) => {
      if (member.isUp) member.node.transferLeadership(this.choose(what).id);
    },
    change: (member, what) => this.change(member, what),
    compact: (member, what) => {
      if (member.isUp) this.group.compact(member.id, what % 3);
    },
  };

  /** A tick of everybody, and everything that is ready is written and on its way is delivered, once. */
  private round(): void {
    for (const member of this.all) {
      this.tick(member);
      this.group.finish(member.id);
      this.group.begin(member.id);
    }
    for (let count = this.group.wire.length; count > 0; count--) this.deliver(0, false);
    for (const member of this.all) this.checkReads(member);
  }

  private tick(member: GroupMember): void {
    if (!member.isUp) return;
    member.node.tick();
    this.group.check(member);
  }

  private deliver(at: number, isKept: boolean): void {
    const { wire } = this.group;
    const message = wire[at];
    if (message === undefined) return;
    if (!isKept) wire.splice(at, 1);
    const isCut = ((this.sides >> message.from) & 1) !== ((this.sides >> message.to) & 1);
    if (isCut || this.group.members.get(message.to)?.isUp !== true) this.lost(message);
    else this.arrived(message);
  }

  private arrived(message: Wire): void {
    this.group.deliver(message);
    const sender = this.group.members.get(message.from);
    if (message.type === MessageType.Snapshot && sender?.isUp === true) sender.node.reportSnapshot(message.to, true);
  }

  /** The sender's transport notices some losses; of a snapshot it always does. */
  private lost({ type, from, to, index }: Wire): void {
    const sender = this.group.members.get(from);
    if (sender?.isUp !== true) return;
    if (type === MessageType.Snapshot) sender.node.reportSnapshot(to, false);
    else if (index % 2 === 0) sender.node.reportUnreachable(to);
  }

  private read(member: GroupMember): void {
    if (!member.isUp) return;
    const context = ++this.lastContext;
    this.asked.set(context, this.group.safety.lastCommitted);
    member.node.readIndex(context);
  }

  /** An answer is never below what somebody knew to be committed before the read was asked. */
  private checkReads(member: GroupMember): void {
    for (const [context, index] of member.reads) {
      const known = this.asked.get(context) ?? 0;
      if (index < known)
        this.group.broken.push(`read ${context} is answered at ${index}, but ${known} was committed before`);
    }
    member.reads.clear();
  }

  private change(member: GroupMember, what: number): void {
    if (!member.isUp) return;
    const type = what % 4;
    if (type === ChangeType.AddVoter || type === ChangeType.AddLearner) {
      if (this.newcomers === NEWCOMERS) return;
      // A member that was removed never comes back: newcomers have numbers of their own.
      const id = this.size + this.newcomers++;
      this.group.join(id);
      member.node.proposeConfigurationChange({ type, member: id });
      return;
    }
    // Of two voters none is removed: if the other one does not learn of it, it needs the removed one for ever (raft's README, "two-member cluster").
    const { role, configuration } = member.node;
    if (type === ChangeType.Remove && (role !== Role.Leader || configuration.voters.length < 3)) return;
    member.node.proposeConfigurationChange({ type: type as ChangeType, member: this.choose(what >> 2).id });
  }

  /** Compares the logs of every two members. */
  checkLogs(): void {
    const { all } = this;
    for (const one of all) {
      for (const other of all) {
        const index = one.id < other.id ? firstLogMismatch(one.node, other.node, 1) : 0;
        if (index > 0)
          this.group.broken.push(`the logs of ${one.id} and ${other.id} differ at ${index}, but agree later`);
      }
    }
  }

  /** All faults end. True if there is a leader and what it is asked is applied by every member of its group within `rounds` ticks. */
  recovers(rounds: number): boolean {
    this.sides = 0;
    for (const member of this.all) if (!member.isUp) this.group.restart(member.id);
    const value = 'after all';
    for (let round = 0; round < rounds; round++) {
      for (const member of this.all) this.tick(member);
      this.settle();
      const leader = this.leader();
      if (leader === undefined) continue;
      const { voters, learners } = leader.node.configuration;
      const others = [...voters, ...learners].map((id) => this.group.member(id));
      if (others.every(({ applied }) => applied.includes(value))) return true;
      if (!leader.applied.includes(value)) leader.node.propose(value, 1);
    }
    return false;
  }

  private leader(): GroupMember | undefined {
    const leaders = this.all.filter(({ node }) => node.role === Role.Leader);
    return leaders.sort((a, b) => b.node.term - a.node.term)[0];
  }

  /** Everything that can be written and delivered is. */
  private settle(): void {
    for (let isWorking = true; isWorking; ) {
      isWorking = false;
      for (const member of this.all) {
        this.group.finish(member.id);
        while (this.group.begin(member.id) !== undefined) {
          this.group.finish(member.id);
          isWorking = true;
        }
        this.checkReads(member);
      }
      const { wire } = this.group;
      this.group.wire = [];
      for (const message of wire) this.arrived(message);
      isWorking ||= wire.length > 0;
    }
  }
}
