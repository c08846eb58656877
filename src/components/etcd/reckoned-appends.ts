/**
 * Appends that are reckoned instead of sent. Where a follower without clients runs, follows, and has a sound link, all that becomes of an append is known
 * when the leader sends it: when it arrives, when it is written, when the leader has the acknowledgement. So the leader is only woken when a quorum is
 * complete, and the follower takes in what is written there when it is next looked at: one or two events a batch of entries instead of five.
 *
 * What an append takes is drawn from the same streams in the same order as if it were sent. It is sent in the usual way if it carries a command or tells of
 * one that is committed, if it would arrive while the follower writes, or if another message is on its way there. Before anything changes that was relied
 * upon (a fault, another leader or term, a client at the follower) everything that is on its way becomes messages: {@link ReckonedAppends.send}.
 *
 * Differs from the sent form: a follower applies what is committed when it is looked at, at least with each heartbeat and commit of its database, rather
 * than with each append; nobody sees it.
 */
import type { EventType, Simulation } from '../../engine/index.ts';
import type { SimTime } from '../../units/index.ts';
import type { Member } from './member.ts';
import type { PeerNetwork } from './peer-network.ts';
import type { Proposal } from './proposal.ts';
import { type Entry, type MemberId, type Message, quorumOf, Role } from './raft/index.ts';

/** What the reckoning needs of the members. */
export interface ReckonedAppendsOptions {
  readonly simulation: Simulation;
  readonly network: PeerNetwork;
  readonly member: (id: MemberId) => Member;
  /** Whether a client of a member learns of commits there. */
  readonly isFollowed: (member: MemberId) => boolean;
  /** Something will be applied at a member soon. */
  readonly expectsEntries: (member: MemberId) => void;
}

/** An append on its way. */
export interface ReckonedAppend {
  readonly message: Message<Proposal>;
  /** When it is at the follower, and when it is written there [ns]. */
  readonly arrival: SimTime;
  readonly written: number;
}

/** An acknowledgement of entries up to an index. */
interface Acknowledgement {
  readonly from: MemberId;
  readonly index: number;
  /** When it leaves the follower, and when it is at the leader [ns]. */
  readonly leaves: number;
  readonly arrival: SimTime;
}

/** A follower. */
interface Follower {
  /** Appends that it has not taken in yet, oldest first, state. */
  readonly appends: ReckonedAppend[];
  /** Last command that it was sent, and the last commit that it was told of, state. */
  command: number;
  told: number;
}

/** The appends of one cluster. */
export class ReckonedAppends {
  private readonly options: ReckonedAppendsOptions;
  private readonly evComplete: EventType;
  private readonly followers: Follower[] = [];
  /** Who sent what is on its way, state. */
  private leader: Member | undefined;
  /** Acknowledgements on their way to the leader, by arrival, state. */
  private readonly acknowledgements: Acknowledgement[] = [];
  /** Arrivals of those of the appends that the leader is sending now, ascending [ns], state. */
  private readonly answers: number[] = [];
  /** Whether what is on its way is becoming messages, state. */
  private isSending = false;

  constructor(options: ReckonedAppendsOptions) {
    this.options = options;
    this.evComplete = options.simulation.on('etcd.acknowledged', (leader, life) =>
      options.member(leader).onAcknowledged(life),
    );
  }

  // ---- the leader ------------------------------------------------------------------------------------------------------------------

  /** Takes an append with entries that the leader sends; false if it has to be sent. */
  take(leader: Member, message: Message<Proposal>): boolean {
    const { network, expectsEntries } = this.options;
    const member = this.options.member(message.to);
    const follower = this.follower(message.to);
    const isPlain = this.isPlain(follower, message);
    const free = isPlain ? this.freeAt(leader, member, follower, message) : undefined;
    if (free === undefined) return false;
    const arrival = network.reckon(leader.id, member.id, 0);
    if (arrival <= free) {
      // It joins what comes while the follower writes.
      network.deliver(message, arrival);
      return true;
    }
    const written = arrival + member.write.span(arrival, false, message.entries.length, message.bytes);
    const answered = network.reckon(member.id, leader.id, written - this.options.simulation.now);
    follower.appends.push({ message, arrival, written });
    this.leader = leader;
    insertByArrival(this.acknowledgements, {
      from: member.id,
      index: lastOf(message),
      leaves: written,
      arrival: answered,
    });
    if (leader.node.configuration.voters.includes(member.id)) this.noteAnswer(answered);
    expectsEntries(member.id);
    return true;
  }

  /** The leader has sent what it had, and its own log is free at `free`: it is woken when a quorum has what was reckoned. */
  plan(leader: Member, free: number): void {
    const { answers } = this;
    if (answers.length === 0) return;
    const { voters } = leader.node.configuration;
    // The leader is one of the quorum.
    const needed = quorumOf(leader.node.configuration) - 1;
    if (answers.length === voters.length - 1) this.wake(leader, answers[needed - 1] as number, free);
    else for (const answer of answers) this.wake(leader, answer, free);
    answers.length = 0;
  }

  private wake(leader: Member, answer: number, free: number): void {
    this.options.simulation.at(Math.max(answer, free) as SimTime, this.evComplete, leader.id, leader.incarnation);
  }

  private noteAnswer(arrival: number): void {
    const { answers } = this;
    let at = answers.length;
    for (; at > 0 && (answers[at - 1] as number) > arrival; at--) answers[at] = answers[at - 1] as number;
    answers[at] = arrival;
  }

  /** No command is in it or committed with it: those have effects whose time matters. */
  private isPlain(follower: Follower, { index, entries, commit }: Message<Proposal>): boolean {
    const isToldOfAll = follower.command <= follower.told;
    follower.told = Math.max(follower.told, commit);
    for (let i = 0; i < entries.length; i++) {
      const { payload, change } = entries[i] as Entry<Proposal>;
      if (change === undefined && payload?.transaction !== undefined) continue;
      follower.command = index + entries.length;
      return false;
    }
    return isToldOfAll;
  }

  /** When a follower has written what it has [ns]; undefined if it may do something else with the append than write it. */
  private freeAt(
    leader: Member,
    member: Member,
    { appends }: Follower,
    { index, term }: Message<Proposal>,
  ): number | undefined {
    const { network, isFollowed } = this.options;
    const { node } = member;
    if (!member.isRunning || member.isDiskFull || node.role !== Role.Follower) return undefined;
    if (node.leader !== leader.id || node.term !== term || !leader.node.isReplicating(member.id)) return undefined;
    // On a machine that it shares with the leader its CPU depends on what runs there by then.
    if (member.host === leader.host) return undefined;
    if (isFollowed(member.id) || !network.isSound(leader.id, member.id)) return undefined;
    const last = appends[appends.length - 1];
    if (last !== undefined) return lastOf(last.message) === index ? last.written : undefined;
    return node.lastIndex === index ? member.write.freeForAppend : undefined;
  }

  // ---- whoever is looked at ----------------------------------------------------------------------------------------------------------

  /** Brings a member up to now: what is written at it, and what has been acknowledged to it. */
  catchUp(member: Member): void {
    if (this.isSending) return;
    if (member.isLeader) this.takeAcknowledgements(member);
    const follower = this.followers[member.id];
    if (follower !== undefined && follower.appends.length > 0) this.takeAppends(member, follower);
  }

  /** Those that arrived before now: one of this instant is an event of its own. */
  private takeAcknowledgements({ node }: Member): void {
    const { acknowledgements } = this;
    const { now } = this.options.simulation;
    let taken = 0;
    for (; taken < acknowledgements.length; taken++) {
      const { arrival, from, index } = acknowledgements[taken] as Acknowledgement;
      if (arrival >= now) break;
      node.acknowledged(from, index);
    }
    removeFirst(acknowledgements, taken);
  }

  /** Takes one that has arrived by now; false if there is none. */
  takeAcknowledgement(member: Member): boolean {
    const first = this.acknowledgements[0];
    if (first === undefined || first.arrival > this.options.simulation.now || !member.isLeader) return false;
    member.node.acknowledged(first.from, first.index);
    removeFirst(this.acknowledgements, 1);
    return true;
  }

  private takeAppends(member: Member, { appends }: Follower): void {
    const { now } = this.options.simulation;
    let taken = 0;
    while (taken < appends.length && (appends[taken] as ReckonedAppend).written <= now) taken++;
    const next = appends[taken];
    const isWriting = next !== undefined && next.arrival <= now;
    const written = appends.splice(0, taken + (isWriting ? 1 : 0));
    if (taken > 0) member.takeWritten(written, taken, (written[taken - 1] as ReckonedAppend).arrival);
    if (isWriting) member.beginWriting(next);
  }

  // ---- the usual way ---------------------------------------------------------------------------------------------------------------

  /** What was relied upon changes: everything that is on its way becomes messages. */
  send(): void {
    const { network, member } = this.options;
    const { leader } = this;
    if (this.isSending || leader === undefined) return;
    this.leader = undefined;
    this.answers.length = 0;
    leader.touch();
    while (this.takeAcknowledgement(leader));
    for (let id = 0; id < this.followers.length; id++) if (this.follower(id).appends.length > 0) member(id).touch();
    this.isSending = true;
    for (const { from, index, leaves, arrival } of this.acknowledgements) {
      const { node } = member(from);
      // Where the append is still on its way, it will be given again.
      if (index <= node.lastIndex) network.deliver(node.acknowledgement(leader.id, index), arrival, leaves);
    }
    this.acknowledgements.length = 0;
    for (const { appends } of this.followers) {
      for (const { message, arrival } of appends) network.deliver(message, arrival);
      appends.length = 0;
    }
    this.isSending = false;
  }

  private follower(id: MemberId): Follower {
    while (this.followers.length <= id) this.followers.push({ appends: [], command: 0, told: 0 });
    return this.followers[id] as Follower;
  }
}

/** Index of the last entry of an append. */
function lastOf({ index, entries }: Message<Proposal>): number {
  return index + entries.length;
}

function insertByArrival(sorted: Acknowledgement[], added: Acknowledgement): void {
  let at = sorted.length;
  for (; at > 0 && (sorted[at - 1] as Acknowledgement).arrival > added.arrival; at--) {
    sorted[at] = sorted[at - 1] as Acknowledgement;
  }
  sorted[at] = added;
}

/** Takes the first ones out, mostly all of them. */
function removeFirst(values: unknown[], count: number): void {
  if (count === values.length) values.length = 0;
  // They are few: a shift copies less than a splice allocates.
  else for (let i = 0; i < count; i++) values.shift();
}
