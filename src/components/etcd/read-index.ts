/**
 * Linearizable reads of one member: reads join the next round; one round at a time asks the raft node for an index that a quorum confirms (one round
 * of heartbeats, no disk; a follower asks the leader), waits until that much is applied, and releases everything that joined.
 * E:server/etcdserver/read/read.go. A round without answer is asked again every 500 ms; after a change of the leader it is asked anew (the
 * client of a read tries again by itself, E:client/v3/retry_interceptor.go). A read whose deadline passes is answered elsewhere and left out.
 */
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import type { CounterSeries } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import type { RequestId } from '../api-machinery/index.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Member } from './member.ts';
import type { ReadState } from './raft/index.ts';
import type { ReckonedRound } from './reckoned-round.ts';
import { RequestWorkers } from './request-workers.ts';

/** Members that a context tells apart: a member numbers its rounds from itself in steps of this. */
const MOST_MEMBERS = 64;

/** What the reads of a member need. */
export interface ReadIndexOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly member: Member;
  /** Rounds that were not confirmed in time or by another leader. */
  readonly failed: CounterSeries;
  /** Reckons a round: when it is confirmed, and at which index; undefined if something may go wrong on the way. */
  readonly reckon: (member: Member) => ReckonedRound | undefined;
  /** Plans the end of a reckoned round. */
  readonly confirmAt: (at: SimTime, member: number, round: number) => void;
  /** Plans a look at the round in progress after a span. */
  readonly retryAfter: (span: Nanoseconds, member: number) => void;
  /** A read may be served; it waited this long for the CPU. */
  readonly onReady: (request: RequestId, waitedForCpu: number) => void;
}

/** The rounds of one member. */
export class ReadIndex {
  private readonly options: ReadIndexOptions;
  /** Reads that wait for the next round, and those of the round in progress, state. */
  private next: RequestId[] = [];
  private current: RequestId[] = [];
  /** Context of the round in progress, 0 = none, and when it was asked last [ns], state. */
  private context = 0;
  private askedAt = 0;
  private rounds = 0;
  /** The round in progress, if it is reckoned, state. */
  private reckoned: ReckonedRound | undefined;
  /** Whether an event looks after the round, state. */
  private isWatched = false;
  /** Threads on which confirmed reads take their CPU. */
  private readonly workers: RequestWorkers<RequestId>;

  constructor(options: ReadIndexOptions) {
    this.options = options;
    const { simulation, parameters, member, onReady } = options;
    this.workers = new RequestWorkers({
      simulation,
      host: member.host,
      process: member.name,
      cpuOf: () => parameters.readCpu,
      done: (request, _, waited) => onReady(request, waited),
    });
  }

  /** Reads that are not confirmed. */
  get waiting(): readonly RequestId[] {
    return this.next.concat(this.current);
  }

  /** A read joins the next round. */
  join(request: RequestId): void {
    this.next.push(request);
    if (this.context === 0) this.begin();
  }

  /** A read is answered without a round (its deadline has passed): its slot may soon be another request's. */
  forget(request: RequestId): void {
    forget(this.next, request);
    forget(this.current, request);
    this.workers.forget(request);
  }

  /** The process has ended: its reads are answered by whoever ended it. */
  reset(): void {
    this.next = [];
    this.current = [];
    this.context = 0;
    this.workers.clear();
  }

  /** Another leader: the round in progress is asked anew. */
  leaderChanged(): void {
    if (this.context === 0) return;
    this.options.failed.add();
    this.ask();
  }

  /** The node's answers. */
  onReadStates(states: readonly ReadState[]): void {
    for (const { context, index } of states) {
      if (context !== this.context || context === 0) continue;
      const asked = this.context;
      this.options.member.apply.whenApplied(index, () => {
        if (this.context === asked) this.release();
      });
    }
  }

  /** A look at the round in progress: one that has waited for too long is asked again. */
  onRetry(): void {
    this.isWatched = false;
    const { simulation, parameters } = this.options;
    if (this.context === 0) return;
    const due = this.askedAt + parameters.readIndexRetry;
    if (due > simulation.now) {
      this.watch(nanoseconds(due - simulation.now));
      return;
    }
    this.options.failed.add();
    this.ask();
  }

  private begin(): void {
    this.current = this.next;
    this.next = [];
    this.ask();
  }

  private ask(): void {
    const { simulation, member, parameters } = this.options;
    this.rounds++;
    this.context = this.rounds * MOST_MEMBERS + member.id;
    this.askedAt = simulation.now;
    member.host.charge(parameters.readRoundCpu);
    this.reckoned = this.options.reckon(member);
    if (this.reckoned !== undefined) {
      this.options.confirmAt(this.reckoned.at, member.id, this.rounds);
      return;
    }
    if (!this.isWatched) this.watch(parameters.readIndexRetry);
    if (member.isRunning) member.readIndex(this.context);
  }

  /** The end of a reckoned round; if the leader has changed or its disk is busy it is asked for anew, or later. */
  onReckoned(round: number): void {
    const { simulation, member, confirmAt } = this.options;
    const { reckoned } = this;
    if (reckoned === undefined || round !== this.rounds || this.context === 0 || !member.isRunning) return;
    const { leader, term, index } = reckoned;
    if (!leader.isRunning || !leader.isLeader || leader.node.term !== term) {
      this.ask();
      return;
    }
    // Its loop takes the answers in when its log is free.
    if (leader.write.freeAt > simulation.now) confirmAt(leader.write.freeAt as SimTime, member.id, round);
    else this.onReadStates([{ context: this.context, index }]);
  }

  private watch(span: Nanoseconds): void {
    this.isWatched = true;
    this.options.retryAfter(span, this.options.member.id);
  }

  /** A quorum has confirmed the index, and it is applied: the reads take their CPU, and the next round may begin. */
  private release(): void {
    const requests = this.current;
    this.current = [];
    this.context = 0;
    for (const request of requests) this.workers.add(request);
    if (this.next.length > 0) this.begin();
  }

  /** A read that needs no confirmation takes its CPU. */
  takeCpu(request: RequestId): void {
    this.workers.add(request);
  }
}

function forget(requests: RequestId[], request: RequestId): void {
  const at = requests.indexOf(request);
  if (at >= 0) requests.splice(at, 1);
}
