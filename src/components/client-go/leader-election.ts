/**
 * Leader election with a Lease. K:client-go/tools/leaderelection/leaderelection.go, resourcelock/leaselock.go.
 *
 * Whoever does not lead asks for the lease every retry period with jitter (GET; then POST, or PUT on its resourceVersion once nobody renews it).
 * The leader renews by a PUT on the version that it knows, and reads the lease only if that fails; it steps down when it has not been able to renew
 * for the renew deadline. Whether a lease is held is judged by the candidate's own clock, from when it last saw it change.
 * Left out: the Event by which a new leader tells of itself, coordinated leader election, skew between clocks.
 */
import { kinds, NO_VERSION, type ObjectKey } from '../../cluster/index.ts';
import type { KeyedStream, Process, ProcessId, Simulation } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { isSuccess, type RequestId, StatusCode, writes } from '../api-machinery/index.ts';
import type { ApiClient } from './api-client.ts';
import type { ClientGo } from './client-go.ts';

/** Nobody holds the lease. */
export const NO_HOLDER = -1;
/** Share of the retry period by which acquiring jitters (leaderelection.go:JitterFactor). */
const JITTER_FACTOR = 1.2;
/** A request of the election gives up after the renew deadline divided by this (resourcelock.NewFromKubeconfig). */
const REQUESTS_PER_DEADLINE = 2;
/** What a process is resumed with when its answer has come; a sleep in full returns 0. */
const ANSWERED = 1;

/** What a candidate is made from. */
export interface LeaderElectorOptions {
  readonly client: ApiClient;
  /** Key of the lease. */
  readonly lease: ObjectKey;
  /** Which candidate it is, from 0. */
  readonly identity: number;
  /** Whether it gives the lease back when it stops in an orderly way. */
  readonly releaseOnCancel: boolean;
  /** Its own jitter. */
  readonly jitter: KeyedStream;
  onStartedLeading(): void;
  /** It leads no more, by its own judgement. */
  onStoppedLeading(): void;
}

/** One candidate. */
export class LeaderElector {
  /** Whether it believes to lead, state. */
  isLeader = false;
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly options: LeaderElectorOptions;
  private readonly onAnswer: number;
  private process: ProcessId | undefined;
  /** Number of the request whose answer is awaited; others are ignored, state. */
  private asked = 0;
  /** Code of the awaited answer, state. */
  private code = 0;
  /** The lease as it was last seen: its revision, its holder, how often it changed hands, and when that was seen [ns], state. */
  private seenRevision = 0;
  private seenHolder = NO_HOLDER;
  private seenTransitions = 0;
  private seenAt = 0;
  /** Jitters drawn so far, state. */
  private draws = 0;

  constructor(clientGo: ClientGo, options: LeaderElectorOptions) {
    this.clientGo = clientGo;
    this.simulation = clientGo.simulation;
    this.options = options;
    this.onAnswer = clientGo.onReplyDo((request, number) => this.answered(request, number));
  }

  // ---- ports -------------------------------------------------------------------------------------------------------------------

  /** A process starts that does not lead. */
  start(): void {
    this.process = this.simulation.processes.spawn('leader election', this.acquireAndRenew());
  }

  /** A process that has led for long: it holds the lease at this revision, and is somewhere between two renewals. */
  startLeading(revision: number): void {
    this.isLeader = true;
    this.observe(revision, this.options.identity, 0);
    this.process = this.simulation.processes.spawn('leader election', this.renewFrom(this.draw()));
  }

  /** The process is killed: it says nothing to anybody. */
  kill(): void {
    if (this.process !== undefined) this.simulation.processes.kill(this.process);
    this.asked++;
    this.isLeader = false;
    this.forget();
  }

  /** The process is told to end: it gives the lease back if it is to. */
  cancel(): void {
    const gives = this.isLeader && this.options.releaseOnCancel;
    const revision = this.seenRevision;
    this.kill();
    if (gives) this.simulation.processes.spawn('leader election: release', this.release(revision));
  }

  // ---- the loops ---------------------------------------------------------------------------------------------------------------

  private *acquireAndRenew(): Process {
    const { leaderRetryPeriod } = this.clientGo.parameters;
    while (!(yield* this.tryAcquireOrRenew(this.requestTimeout))) {
      yield nanoseconds(leaderRetryPeriod * (1 + JITTER_FACTOR * this.draw()));
    }
    this.isLeader = true;
    this.options.onStartedLeading();
    yield* this.renew();
  }

  private *renewFrom(elapsed: number): Process {
    yield nanoseconds(this.clientGo.parameters.leaderRetryPeriod * elapsed);
    yield* this.renew();
  }

  /** Renews until it has failed for the whole renew deadline. */
  private *renew(): Process {
    const { leaderRetryPeriod } = this.clientGo.parameters;
    while (yield* this.renewOnce()) yield leaderRetryPeriod;
    const { isLeader, seenRevision } = this;
    this.isLeader = false;
    this.options.onStoppedLeading();
    if (isLeader && this.options.releaseOnCancel) yield* this.release(seenRevision);
    this.forget();
  }

  /** Tries again and again within the renew deadline; whether it has succeeded. */
  private *renewOnce(): Generator<number, boolean, number> {
    const { leaderRetryPeriod, leaderRenewDeadline } = this.clientGo.parameters;
    const deadline = this.simulation.now + leaderRenewDeadline;
    for (;;) {
      const left = () => nanoseconds(Math.max(1, Math.min(this.requestTimeout, deadline - this.simulation.now)));
      if (yield* this.tryAcquireOrRenew(left)) return true;
      const pause = Math.min(leaderRetryPeriod, deadline - this.simulation.now);
      if (pause > 0) yield nanoseconds(pause);
      if (this.simulation.now >= deadline) return false;
    }
  }

  /** One attempt: by a PUT at once if it leads, else by looking first. */
  private *tryAcquireOrRenew(timeout: Nanoseconds | (() => Nanoseconds)): Generator<number, boolean, number> {
    const span = typeof timeout === 'function' ? timeout : () => timeout;
    const { identity } = this.options;
    if (this.isLeader && this.isHeld && (yield* this.put(span(), this.seenTransitions))) return true;
    yield* this.look(span());
    if (this.code === StatusCode.NotFound) return yield* this.post(span());
    if (!isSuccess(this.code)) return false;
    const isOthers = this.seenHolder !== NO_HOLDER && this.seenHolder !== identity;
    if (isOthers && this.isHeld) return false;
    return yield* this.put(span(), this.seenHolder === identity ? this.seenTransitions : this.seenTransitions + 1);
  }

  // ---- requests ----------------------------------------------------------------------------------------------------------------

  /** GET: what is seen is remembered if it is new. */
  private *look(timeout: Nanoseconds): Generator<number, void, number> {
    const { client, lease } = this.options;
    yield* this.ask(client.read(kinds.leases, lease), timeout);
  }

  private *post(timeout: Nanoseconds): Generator<number, boolean, number> {
    const { client, lease } = this.options;
    yield* this.ask(this.filled(client.write(writes.electionLeaseCreate, lease), this.options.identity, 0), timeout);
    return this.code === StatusCode.Created;
  }

  private *put(timeout: Nanoseconds, transitions: number): Generator<number, boolean, number> {
    yield* this.ask(this.update(this.options.identity, transitions, this.seenRevision), timeout);
    return this.code === StatusCode.Ok;
  }

  /** PUT without holder, so that another candidate need not wait. */
  private *release(revision: number): Process {
    yield* this.ask(this.update(NO_HOLDER, this.seenTransitions, revision), this.requestTimeout);
  }

  private update(holder: number, transitions: number, revision: number): RequestId {
    const { client, lease } = this.options;
    const request = this.filled(client.write(writes.electionLeaseUpdate, lease), holder, transitions);
    this.clientGo.requests.expectedRevision[request] = revision;
    return request;
  }

  private filled(request: RequestId, holder: number, transitions: number): RequestId {
    const { requests } = this.clientGo;
    requests.setNumber(request, 0, this.simulation.now);
    requests.setNumber(request, 1, holder);
    requests.setNumber(request, 2, transitions);
    return request;
  }

  /** Sends a request and waits for its answer, but not longer than the timeout: {@link code} is then that of a broken connection. */
  private *ask(request: RequestId, timeout: Nanoseconds): Generator<number, void, number> {
    this.process = this.simulation.processes.current;
    this.code = StatusCode.ConnectionBroken;
    this.options.client.send(request, this.onAnswer, ++this.asked);
    const outcome = yield timeout;
    if (outcome !== ANSWERED) this.asked++;
  }

  private answered(request: RequestId, number: number): void {
    if (number !== this.asked || this.process === undefined) return;
    const { requests, tables } = this.clientGo;
    const version = requests.resultOf(request);
    this.code = requests.code[request] as number;
    if (isSuccess(this.code) && version !== NO_VERSION) {
      const { leases } = tables;
      const revision = leases.revision.get(version);
      if (revision !== this.seenRevision)
        this.observe(revision, leases.holder.get(version), leases.transitions.get(version));
    }
    this.simulation.processes.resume(this.process, ANSWERED);
  }

  // ---- small parts -------------------------------------------------------------------------------------------------------------

  private observe(revision: number, holder: number, transitions: number): void {
    this.seenRevision = revision;
    this.seenHolder = holder;
    this.seenTransitions = transitions;
    this.seenAt = this.simulation.now;
  }

  private forget(): void {
    this.observe(0, NO_HOLDER, 0);
  }

  /** Whether the lease that was last seen has not run out since. */
  private get isHeld(): boolean {
    return this.seenAt + this.clientGo.parameters.leaderLeaseDuration > this.simulation.now;
  }

  private get requestTimeout(): Nanoseconds {
    return nanoseconds(this.clientGo.parameters.leaderRenewDeadline / REQUESTS_PER_DEADLINE);
  }

  /** A draw of its own, from 0 to 1. */
  private draw(): number {
    return this.options.jitter.uniform(this.options.identity, this.draws++);
  }
}
