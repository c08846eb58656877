/**
 * Transcripts of raft groups: blocks of commands, a line `----`, and what happened. The commands:
 *
 * group (voters) [learners=(…)] [waits=(…)] [messageBytes=n] [inFlight=n]   waits: drawn ticks of each member's timeout beyond the least one
 * tick M|all [n]      propose M VALUE [bytes=n]     read M CONTEXT      transfer M TO     change M add-voter|add-learner|promote|remove WHO
 * run [M …]           writes, sends and delivers until nothing happens any more (among these members)
 * ready M             takes what is ready and writes it        begin M / synced M    the same in two steps
 * deliver TYPE|all [from=M] [to=M]      drop …      hold TYPE|all [from=M] [to=M] / release
 * cut (members) (members) …    heal     crash M     restart M   join M
 * compact M keep=n    snapshot M to=M arrived|lost  unreachable M to=M
 * log M …             status M …        terms M (t1,t2,…) term=n [commit=n] [vote=M]     reads M
 */
import {
  ChangeType,
  type Configuration,
  type Entry,
  foundingState,
  type MemberId,
  MessageType,
  NO_MEMBER,
  ProposalOutcome,
  type RaftNode,
  type Ready,
  type Role,
} from '../../../src/components/etcd/raft/index.ts';
import { RaftGroup, type Value, type Wire } from './raft-group.ts';

const ROLES = ['follower', 'pre-candidate', 'candidate', 'leader'];
const PROGRESS = ['probe', 'replicate', 'snapshot'];
const CHANGES: Record<string, ChangeType> = {
  'add-voter': ChangeType.AddVoter,
  'add-learner': ChangeType.AddLearner,
  promote: ChangeType.Promote,
  remove: ChangeType.Remove,
};
const TYPE_NAMES = Object.keys(MessageType);

/** Runs the commands of one transcript. */
export class Transcript {
  private group: RaftGroup | undefined;
  private output: string[] = [];
  /** Which members hear each other; undefined while all do. */
  private parts: MemberId[][] | undefined;
  /** Messages that are held back, and by which rules. */
  private held: Wire[] = [];
  private holds: ((message: Wire) => boolean)[] = [];
  private isQuiet = false;

  /** The transcript with what happens now in the place of what was written. */
  rewrite(text: string): string {
    const blocks = text.trim().split(/\n\n+(?=\S)/);
    return `${blocks.map((block) => this.rewriteBlock(block)).join('\n\n')}\n`;
  }

  private rewriteBlock(block: string): string {
    const [input = ''] = block.split(/^----$/m);
    const lines = input.trimEnd().split('\n');
    if (lines.every((line) => line.startsWith('#'))) return lines.join('\n');
    this.output = [];
    for (const line of lines) if (!line.startsWith('#')) this.execute(line);
    const { broken } = this.world;
    this.output.push(...broken.splice(0).map((reason) => `BROKEN: ${reason}`));
    return [...lines, '----', ...(this.output.length === 0 ? ['(nothing)'] : this.output)].join('\n');
  }

  private get world(): RaftGroup {
    if (this.group === undefined) throw new Error('a transcript begins with a group');
    return this.group;
  }

  private node(id: MemberId): RaftNode<Value> {
    return this.world.member(id).node;
  }

  private execute(line: string): void {
    const [command = '', ...words] = line.trim().split(/\s+(?![^(]*\))/);
    const options = new Map(
      words.filter((word) => word.includes('=')).map((word) => word.split('=') as [string, string]),
    );
    const plain = words.filter((word) => !word.includes('='));
    const handler = this.commands[command];
    if (handler === undefined) throw new Error(`unknown command: ${line}`);
    handler(plain, options);
  }

  private readonly commands: Record<string, (words: string[], options: Map<string, string>) => void> = {
    group: ([voters = ''], options) => this.found(listOf(voters), options),
    quiet: () => {
      this.isQuiet = true;
    },
    loud: () => {
      this.isQuiet = false;
    },
    tick: ([who = '', count = '1'], _options) => this.tick(who, Number(count)),
    propose: ([who = '', value = ''], options) => {
      const outcome = this.node(Number(who)).propose(value, Number(options.get('bytes') ?? value.length));
      this.sayOutcome(outcome);
    },
    change: ([who = '', change = '', whom = '']) =>
      this.sayOutcome(
        this.node(Number(who)).proposeConfigurationChange({
          type: CHANGES[change] as ChangeType,
          member: Number(whom),
        }),
      ),
    read: ([who = '', context = '']) => {
      if (!this.node(Number(who)).readIndex(Number(context))) this.say('dropped');
    },
    reads: ([who = '']) => {
      for (const [context, index] of this.world.member(Number(who)).reads) this.say(`read ${context} at ${index}`);
    },
    transfer: ([who = '', to = '']) => this.node(Number(who)).transferLeadership(Number(to)),
    run: (words) => this.run(words.map(Number)),
    ready: ([who = '']) => {
      this.begin(Number(who));
      this.world.finish(Number(who));
    },
    begin: ([who = '']) => void this.begin(Number(who)),
    synced: ([who = '']) => this.synced(Number(who)),
    deliver: ([type = 'all'], options) => {
      for (const message of this.take(matcher(type, options))) this.arrive(message);
    },
    drop: ([type = 'all'], options) => {
      for (const message of this.take(matcher(type, options))) this.say(`lost: ${messageText(message)}`);
    },
    hold: ([type = 'all'], options) => void this.holds.push(matcher(type, options)),
    release: () => {
      this.holds = [];
      this.world.wire.unshift(...this.held.splice(0));
    },
    cut: (words) => {
      this.parts = words.map(listOf);
    },
    heal: () => {
      this.parts = undefined;
    },
    crash: ([who = '']) => this.world.crash(Number(who)),
    restart: ([who = '']) => {
      this.world.restart(Number(who));
      this.status(Number(who));
    },
    join: ([who = '']) => void this.world.join(Number(who)),
    compact: ([who = ''], options) => {
      this.world.compact(Number(who), Number(options.get('keep') ?? 0));
      const { snapshot, firstIndex } = this.node(Number(who));
      this.say(`${who}: snapshot at ${snapshot.index}/t${snapshot.term}, log from ${firstIndex}`);
    },
    snapshot: ([who = '', outcome = ''], options) =>
      this.node(Number(who)).reportSnapshot(Number(options.get('to')), outcome === 'arrived'),
    unreachable: ([who = ''], options) => this.node(Number(who)).reportUnreachable(Number(options.get('to'))),
    log: (words) => {
      for (const who of this.chosen(words)) this.say(`${who}: ${logText(this.node(who))}`);
    },
    status: (words) => {
      for (const who of this.chosen(words)) this.status(who);
    },
    terms: ([who = '', terms = ''], options) => this.load(Number(who), listOf(terms), options),
  };

  private chosen(words: readonly string[]): MemberId[] {
    return words.length > 0 ? words.map(Number) : [...this.world.members.keys()];
  }

  private found(voters: MemberId[], options: Map<string, string>): void {
    const waits = listOf(options.get('waits') ?? '()');
    const learners = listOf(options.get('learners') ?? '()');
    const configuration: Configuration = { voters, learners };
    this.group = new RaftGroup({
      configuration,
      random: (member) => () => ((waits[member - 1] ?? 0) + 0.5) / 10,
      maximumMessageBytes: Number(options.get('messageBytes') ?? 1 << 20),
      maximumInFlight: Number(options.get('inFlight') ?? 512),
    });
    for (const { id } of this.group.members.values()) this.status(id);
  }

  private load(id: MemberId, terms: number[], options: Map<string, string>): void {
    const founders = this.world.options.configuration;
    const entries = terms.map((term, at): Entry<Value> => {
      return { index: at + 1, term, bytes: 1, payload: `${term}.${at + 1}`, change: undefined };
    });
    const vote = Number(options.get('vote') ?? NO_MEMBER);
    const hardState = { term: Number(options.get('term')), vote, commit: Number(options.get('commit') ?? 0) };
    this.world.join(id, { ...foundingState<Value>(founders), entries, hardState });
    this.status(id);
  }

  private say(line: string): void {
    if (!this.isQuiet) this.output.push(line);
  }

  private sayOutcome(outcome: ProposalOutcome): void {
    if (outcome === ProposalOutcome.Dropped) this.say('dropped');
  }

  private tick(who: string, count: number): void {
    const ids = who === 'all' ? [...this.world.members.keys()] : [Number(who)];
    for (let i = 0; i < count; i++) {
      for (const id of ids) {
        const member = this.world.member(id);
        if (member.isUp) member.node.tick();
        if (who !== 'all') continue;
        this.world.check(member);
      }
      if (who === 'all') this.run([]);
    }
  }

  /** Until nothing happens any more. */
  private run(ids: readonly MemberId[]): void {
    const among = ids.length > 0 ? ids : [...this.world.members.keys()];
    for (let isWorking = true; isWorking; ) {
      isWorking = false;
      for (const id of among) {
        const member = this.world.members.get(id);
        if (member === undefined) continue;
        if (member.writing !== undefined) {
          this.synced(id);
          isWorking = true;
        }
        while (this.begin(id) !== undefined) {
          this.world.finish(id);
          isWorking = true;
        }
      }
      const messages = this.take((message) => among.includes(message.to) && among.includes(message.from));
      for (const message of messages) this.arrive(message);
      isWorking ||= messages.length > 0;
    }
  }

  private synced(id: MemberId): void {
    for (const message of this.world.member(id).writing?.messagesAfterSync ?? []) {
      this.say(`${id}: sends ${messageText(message)}`);
    }
    this.world.finish(id);
  }

  private begin(id: MemberId): Ready<Value> | undefined {
    const ready = this.world.begin(id);
    if (ready !== undefined) for (const line of readyText(ready, this.node(id))) this.say(`${id}: ${line}`);
    return ready;
  }

  /** Takes messages off the wire; those between parts are lost, those that are held stay. */
  private take(isTaken: (message: Wire) => boolean): Wire[] {
    const taken: Wire[] = [];
    const rest: Wire[] = [];
    for (const message of this.world.wire) {
      if (this.holds.some((isHeld) => isHeld(message))) this.held.push(message);
      else (isTaken(message) ? taken : rest).push(message);
    }
    this.world.wire = rest;
    return taken;
  }

  private arrive(message: Wire): void {
    const isHeard = this.parts?.some((part) => part.includes(message.from) && part.includes(message.to)) ?? true;
    const isUp = this.world.members.get(message.to)?.isUp === true;
    if (isHeard && isUp) this.say(`  ${messageText(message)}`);
    else if (!isHeard) this.say(`  lost: ${messageText(message)}`);
    else this.say(`  nobody there: ${messageText(message)}`);
    if (isHeard) this.world.deliver(message);
  }

  private status(id: MemberId): void {
    const { node, isUp } = this.world.member(id);
    if (!isUp) {
      this.say(`${id}: down`);
      return;
    }
    const { voters, learners } = node.configuration;
    const who = `voters (${voters.join()})${learners.length > 0 ? ` learners (${learners.join()})` : ''}`;
    this.say(
      `${id}: ${roleText(node.role)} t${node.term} ${leaderText(node.leader)} commit ${node.commit} last ${node.lastIndex} ${who}`,
    );
    for (const peer of node.progress()) {
      const marks = [
        peer.isLearner ? ' learner' : '',
        peer.isPaused ? ' paused' : '',
        peer.isActive ? '' : ' inactive',
        peer.inFlight > 0 ? ` in flight ${peer.inFlight}` : '',
      ].join('');
      this.say(`   ${peer.member}: ${PROGRESS[peer.state]} match ${peer.match} next ${peer.next}${marks}`);
    }
    if (node.transferee !== NO_MEMBER) this.say(`   hands over to ${node.transferee}`);
  }
}

function listOf(text: string): number[] {
  const inner = text.replace(/[()]/g, '').trim();
  return inner === '' ? [] : inner.split(/[\s,]+/).map(Number);
}

function matcher(type: string, options: Map<string, string>): (message: Wire) => boolean {
  return ({ type: has, from, to }) =>
    (type === 'all' || TYPE_NAMES[has] === type) &&
    (!options.has('from') || Number(options.get('from')) === from) &&
    (!options.has('to') || Number(options.get('to')) === to);
}

const roleText = (role: Role) => ROLES[role] as string;
const leaderText = (leader: MemberId) => (leader === NO_MEMBER ? 'no leader' : `leader ${leader}`);

function entryText({ index, term, payload, change }: Entry<Value>): string {
  const place = index === 0 ? '' : `${index}/t${term} `;
  if (change === undefined) return `${place}${payload ?? '-'}`;
  const name = Object.keys(CHANGES).find((key) => CHANGES[key] === change.type);
  return `${place}${name} ${change.member}`;
}

const entriesText = (entries: readonly Entry<Value>[]) => `[${entries.map(entryText).join(', ')}]`;

function logText(node: RaftNode<Value>): string {
  const entries: string[] = [];
  for (let index = node.firstIndex; index <= node.lastIndex; index++) entries.push(entryText(node.entryAt(index)));
  const before = node.firstIndex > 1 ? `… ${node.firstIndex - 1}/t${node.termOf(node.firstIndex - 1)} | ` : '';
  return `${before}${entries.join(', ')} (commit ${node.commit})`;
}

/** "1->2 Append t3 after 4/t2 [5/t3 x] commit 4". */
function messageText(message: Wire): string {
  const { type, from, to, term, index, logTerm, commit, entries, snapshot, isRejected, rejectHint, context } = message;
  const head = `${from}->${to} ${TYPE_NAMES[type]}${term > 0 ? ` t${term}` : ''}`;
  switch (type) {
    case MessageType.Append:
      return `${head} after ${index}/t${logTerm} ${entriesText(entries)} commit ${commit}`;
    case MessageType.AppendResponse:
      return isRejected ? `${head} refuses ${index}, hint ${rejectHint}/t${logTerm}` : `${head} has ${index}`;
    case MessageType.Heartbeat:
      return `${head} commit ${commit}${context > 0 ? ` round ${context}` : ''}`;
    case MessageType.HeartbeatResponse:
      return `${head}${context > 0 ? ` round ${context}` : ''}`;
    case MessageType.PreVote:
    case MessageType.Vote:
      return `${head} log ends ${index}/t${logTerm}${context > 0 ? ' by transfer' : ''}`;
    case MessageType.PreVoteResponse:
    case MessageType.VoteResponse:
      return `${head} ${isRejected ? 'no' : 'yes'}`;
    case MessageType.Snapshot:
      return `${head} of ${snapshot?.index}/t${snapshot?.term} voters (${snapshot?.configuration.voters.join()})`;
    case MessageType.Propose:
      return `${head} ${entriesText(entries)}`;
    case MessageType.ReadIndex:
    case MessageType.TransferLeader:
      return `${head} ${context}`;
    case MessageType.ReadIndexResponse:
      return `${head} ${context} at ${index}`;
    default:
      return head;
  }
}

function readyText(ready: Ready<Value>, node: RaftNode<Value>): string[] {
  const { softState, hardState, snapshot, entries, committed, readStates, mustSync } = ready;
  const lines: string[] = [];
  if (softState !== undefined)
    lines.push(`is ${roleText(softState.role)} t${node.term}, ${leaderText(softState.leader)}`);
  const writes: string[] = [];
  if (snapshot !== undefined) writes.push(`snapshot ${snapshot.index}/t${snapshot.term}`);
  if (entries.length > 0) writes.push(entriesText(entries));
  if (hardState !== undefined) {
    const vote = hardState.vote === NO_MEMBER ? '' : ` vote ${hardState.vote}`;
    writes.push(`t${hardState.term}${vote} commit ${hardState.commit}`);
  }
  if (writes.length > 0) lines.push(`${mustSync ? 'writes and syncs' : 'writes'} ${writes.join(', ')}`);
  if (committed.length > 0) lines.push(`applies ${entriesText(committed)}`);
  for (const { index, context } of readStates) lines.push(`may read ${context} at ${index}`);
  return lines;
}
