/**
 * POST pods/eviction: a pod is deleted as far as its PodDisruptionBudget lets it. K:pkg/registry/core/pod/storage/eviction.go.
 *
 * The pod is read. One that has ended, has not started or is on its way out goes without further question. For any other the budgets of its namespace are
 * listed over the loopback connection: none covers it = it goes; several = 500; one = the disruption is taken from its status by a PUT on the version that was
 * read, which is tried again twenty times where somebody else was first; if none is left, 429. Pods that are not Ready take none where enough are.
 * Then the condition DisruptionTarget is written, and the pod deleted as by a DELETE.
 * Left out: dry runs, unhealthyPodEvictionPolicy, budgets that their controller has not seen yet (they allow nothing until it has).
 */
import {
  budgetCovers,
  kinds,
  NO_VERSION,
  type ObjectKey,
  PodPhase,
  type PodTemplate,
  type VersionHandle,
} from '../../cluster/index.ts';
import { type Process, type ProcessId, type RandomStream, SUSPEND } from '../../engine/index.ts';
import { milliseconds, nanoseconds, seconds } from '../../units/index.ts';
import {
  type DisruptionBudgetStatus,
  isSuccess,
  ReadNumber,
  RequestFlag,
  type RequestId,
  StatusCode,
  Verb,
  writes,
} from '../api-machinery/index.ts';
import { EVERYTHING } from './watch-selection.ts';
import type { WriteSteps } from './write-steps.ts';

/** Number of an eviction's message that says what is being done. */
const STAGE = 0;
/** What that is: the pod is read, others are asked, its condition is written, it is deleted. */
const Stage = { Read: 0, Elsewhere: 1, Mark: 2, Delete: 3 } as const;

/** EvictionsRetry: tries in all, the pause between them, and the share by which that is longer at most. */
const TRIES = 20;
/** The pause. */
const PAUSE = milliseconds(500);
/** Its jitter. */
const JITTER = 0.1;
/** Most pods of a budget whose eviction its controller has not noticed yet (MaxDisruptedPodSize). */
const MOST_DISRUPTED = 2_000;
/** What clients are told to wait where the state of things was changing [s]. */
const RETRY_AFTER = seconds(10);

/** A budget as it was read. */
interface ReadBudget {
  readonly key: ObjectKey;
  readonly revision: number;
  readonly status: DisruptionBudgetStatus;
}

/** What budgets say: 0 = the pod may go, else the code; and whether only at the version that was judged. */
interface Verdict {
  readonly code: number;
  readonly onlyAsRead: boolean;
}

const MAY_GO: Verdict = { code: 0, onlyAsRead: false };

/** What evictions need of the other writes. */
export interface EvictingWrites {
  /** Writes the condition by GuaranteedUpdate. */
  mark(request: RequestId): void;
  /** Deletes the pod. */
  remove(request: RequestId): void;
}

/** The evictions of one API server. */
export class ObjectEvictions {
  private readonly steps: WriteSteps;
  private readonly writes: EvictingWrites;
  private readonly jitter: RandomStream;
  /** Evictions in service and the process of each, state. */
  private readonly running = new Map<RequestId, ProcessId>();
  /** The pod that was read, for the process that is resumed with it. */
  private present: VersionHandle = NO_VERSION;

  constructor(steps: WriteSteps, others: EvictingWrites) {
    this.steps = steps;
    this.writes = others;
    this.jitter = steps.around.simulation.streams.stream(`kube-apiserver ${steps.home.index} evictions`);
  }

  /** Whether a request is an eviction. */
  isOne(request: RequestId): boolean {
    const { requests } = this.steps.around;
    return requests.write[request] === writes.podEviction && requests.verb[request] === Verb.Create;
  }

  /** Whether a request is an eviction that goes on. */
  has(request: RequestId): boolean {
    return this.running.has(request);
  }

  /** Whether what is being done for an eviction is the deletion of the pod. */
  isDeleting(request: RequestId): boolean {
    return this.steps.around.requests.number(request, STAGE) === Stage.Delete;
  }

  /** Begins an eviction. */
  start(request: RequestId): void {
    this.steps.around.simulation.processes.spawn('eviction', this.run(request));
  }

  /** The pod has been read, if that is what was being done; returns whether. */
  onRead(request: RequestId, present: VersionHandle): boolean {
    if (this.steps.around.requests.number(request, STAGE) !== Stage.Read) return false;
    this.present = present;
    this.resume(request, 0);
    return true;
  }

  /** A write for an eviction is done. */
  onOutcome(request: RequestId, code: number): void {
    this.resume(request, code);
  }

  /** A request is given up; it may be an eviction. */
  forget(request: RequestId): void {
    const process = this.running.get(request);
    if (process === undefined) return;
    this.running.delete(request);
    this.steps.around.simulation.processes.kill(process);
  }

  /** The process of the server has ended. Returns evictions that waited for something that will not come back to them. */
  clear(): readonly RequestId[] {
    const { requests, simulation } = this.steps.around;
    const waiting = [...this.running.keys()].filter((request) => requests.number(request, STAGE) === Stage.Elsewhere);
    for (const process of this.running.values()) simulation.processes.kill(process);
    this.running.clear();
    return waiting;
  }

  private resume(request: RequestId, value: number): void {
    this.steps.around.simulation.processes.resume(this.running.get(request) as ProcessId, value);
  }

  // ---- one eviction ------------------------------------------------------------------------------------------------------------

  private *run(request: RequestId): Process {
    const { simulation } = this.steps.around;
    this.running.set(request, simulation.processes.current);
    const code = yield* this.evict(request);
    // Nobody waits any more: whoever gave it up has seen to it.
    if (code === undefined) return;
    this.running.delete(request);
    this.steps.server.finish(request, code);
  }

  /** The code of the answer; undefined = the request was given up meanwhile. */
  private *evict(request: RequestId): Generator<number, number | undefined, number> {
    const { requests, tables } = this.steps.around;
    const { pods } = tables;
    for (let tries = 1; ; tries++) {
      const pod = yield* this.read(request);
      const refusal = this.steps.precondition(request, pod);
      if (refusal !== 0) return refusal;
      const revision = pods.revision.get(pod);
      if (!ignoresBudgets(pods.phase.get(pod), pods.isTerminating(pod))) {
        const verdict = yield* this.askBudgets(request, pod);
        if (verdict === undefined || verdict.code !== 0) return verdict?.code;
        const code = yield* this.markAndDelete(request, verdict.onlyAsRead ? revision : 0);
        if (code !== StatusCode.Conflict || !verdict.onlyAsRead) return code;
        requests.retryAfter[request] = RETRY_AFTER;
        return StatusCode.TooManyRequests;
      }
      const isPending = pods.phase.get(pod) === PodPhase.Pending && !pods.isTerminating(pod);
      const code = yield* this.markAndDelete(request, isPending ? revision : 0);
      if (code !== StatusCode.Conflict || !isPending || tries === TRIES) return code;
      if (yield* this.pause(request)) return undefined;
    }
  }

  private *read(request: RequestId): Generator<number, VersionHandle, number> {
    this.steps.around.requests.expectedRevision[request] = 0;
    this.enter(request, Stage.Read);
    this.steps.readAgain(request);
    yield SUSPEND;
    return this.present;
  }

  /** addConditionAndDeletePod; `revision` 0 = whatever version the pod has. */
  private *markAndDelete(request: RequestId, revision: number): Generator<number, number, number> {
    const { requests, tables } = this.steps.around;
    requests.expectedRevision[request] = revision;
    this.enter(request, Stage.Mark);
    this.writes.mark(request);
    const marked = yield SUSPEND;
    if (!isSuccess(marked)) return marked;
    if (revision !== 0) requests.expectedRevision[request] = tables.pods.revision.get(requests.resultOf(request));
    this.steps.dropVersions(request);
    this.enter(request, Stage.Delete);
    this.writes.remove(request);
    const deleted = yield SUSPEND;
    return isSuccess(deleted) ? StatusCode.Created : deleted;
  }

  private enter(request: RequestId, stage: number): void {
    const { requests } = this.steps.around;
    requests.setNumber(request, STAGE, stage);
    requests.flags[request] = (requests.flags[request] as number) & ~RequestFlag.Fresh;
  }

  // ---- budgets -----------------------------------------------------------------------------------------------------------------

  /** What the budgets of a pod say; undefined = the request was given up meanwhile. */
  private *askBudgets(request: RequestId, pod: VersionHandle): Generator<number, Verdict | undefined, number> {
    const { requests, tables } = this.steps.around;
    const key = requests.key[request] as ObjectKey;
    const labels = (tables.pods.template.get(pod) as PodTemplate).labels;
    const isReady = tables.pods.isReady(pod);
    const list = requests.allocate(Verb.List, kinds.poddisruptionbudgets, -1 as ObjectKey);
    requests.setNumber(list, ReadNumber.Bucket, EVERYTHING);
    const reply = yield* this.ask(request, list);
    if (reply === undefined) return undefined;
    if (!isSuccess(requests.code[reply] as number)) return { code: StatusCode.InternalServerError, onlyAsRead: false };
    const listed = requests.object[reply] as readonly VersionHandle[];
    const namespace = tables.keysOf('pods').namespace(key);
    const { poddisruptionbudgets: budgets } = tables;
    const covering = listed.filter((version) => {
      const budget = budgets.budget.get(version);
      const isHere =
        tables.keysOf('poddisruptionbudgets').namespace(budgets.key.get(version) as ObjectKey) === namespace;
      return isHere && budget.selector?.length !== 0 && budgetCovers(budget, labels);
    });
    if (covering.length > 1) return { code: StatusCode.InternalServerError, onlyAsRead: false };
    const [only] = covering;
    if (only === undefined) return MAY_GO;
    const budget = this.readBudget(only);
    const { currentHealthy, desiredHealthy } = budget.status;
    if (!isReady && currentHealthy >= desiredHealthy && desiredHealthy > 0) return { code: 0, onlyAsRead: true };
    return yield* this.takeDisruption(request, budget);
  }

  /** Takes a disruption from a budget (checkAndDecrement). */
  private *takeDisruption(request: RequestId, first: ReadBudget): Generator<number, Verdict | undefined, number> {
    const { requests, simulation } = this.steps.around;
    const pod = requests.key[request] as ObjectKey;
    let budget: ReadBudget | undefined = first;
    for (let tries = 1; ; tries++) {
      if (budget === undefined) return { code: StatusCode.NotFound, onlyAsRead: false };
      const { status } = budget;
      if (status.disruptedPods.size > MOST_DISRUPTED) return { code: StatusCode.Forbidden, onlyAsRead: false };
      if (status.disruptionsAllowed === 0) return { code: StatusCode.TooManyRequests, onlyAsRead: false };
      const write = requests.allocate(Verb.Update, kinds.poddisruptionbudgets, budget.key);
      requests.write[write] = writes.podDisruptionBudgetStatus;
      requests.expectedRevision[write] = budget.revision;
      requests.object[write] = {
        ...status,
        disruptionsAllowed: status.disruptionsAllowed - 1,
        disruptedPods: new Map(status.disruptedPods).set(pod, simulation.now),
      } satisfies DisruptionBudgetStatus;
      const reply = yield* this.ask(request, write);
      if (reply === undefined) return undefined;
      const code = requests.code[reply] as number;
      if (isSuccess(code)) return MAY_GO;
      if (code !== StatusCode.Conflict) return { code, onlyAsRead: false };
      if (tries === TRIES) return { code: StatusCode.GatewayTimeout, onlyAsRead: false };
      if (yield* this.pause(request)) return undefined;
      const read = yield* this.ask(request, requests.allocate(Verb.Get, kinds.poddisruptionbudgets, budget.key));
      if (read === undefined) return undefined;
      const version = requests.resultOf(read);
      budget = version === NO_VERSION ? undefined : this.readBudget(version);
    }
  }

  private readBudget(version: VersionHandle): ReadBudget {
    const { poddisruptionbudgets: budgets } = this.steps.around.tables;
    return {
      key: budgets.key.get(version) as ObjectKey,
      revision: budgets.revision.get(version),
      status: {
        disruptionsAllowed: budgets.disruptionsAllowed.get(version),
        currentHealthy: budgets.currentHealthy.get(version),
        desiredHealthy: budgets.desiredHealthy.get(version),
        expectedPods: budgets.expectedPods.get(version),
        disruptedPods: budgets.disruptedPods.get(version),
      },
    };
  }

  /** Asks the server itself; undefined = the eviction was given up meanwhile. */
  private *ask(request: RequestId, question: RequestId): Generator<number, RequestId | undefined, number> {
    this.enter(request, Stage.Elsewhere);
    const reply = yield* this.steps.around.carrier.loopback(this.steps.home.index, question);
    return this.steps.server.isOver(request) ? undefined : reply;
  }

  /** Waits before another try; whether the eviction was given up meanwhile. */
  private *pause(request: RequestId): Generator<number, boolean, number> {
    this.enter(request, Stage.Elsewhere);
    yield nanoseconds(Math.round(PAUSE * (1 + JITTER * this.jitter.next())));
    return this.steps.server.isOver(request);
  }
}

/** Whether the budgets have nothing to say on a pod: it has ended, has not started, or is on its way out (canIgnorePDB). */
function ignoresBudgets(phase: number, isTerminating: boolean): boolean {
  return phase !== PodPhase.Running || isTerminating;
}
