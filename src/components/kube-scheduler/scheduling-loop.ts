/**
 * The scheduling loop: one pod after the other, from pop to decision; then the pod is assumed on its node and bound on the side, while the loop
 * goes on. K:pkg/scheduler/schedule_one.go (ScheduleOne, schedulingCycle, bindingCycle, handleSchedulingFailure).
 *
 * The decision is taken on what is known when the cycle starts (upstream's snapshot) and has its effects when the cycle ends. After a failure
 * the loop waits for its PATCH of the pod's status, unless SchedulerAsyncAPICalls is on.
 */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import { type EventType, Occupancy, type Simulation, type ValuesOf } from '../../engine/index.ts';
import { FLOW_POD_STARTUP, publishServer } from '../../metrics/index.ts';
import { between, nanoseconds } from '../../units/index.ts';
import { NOMINATION_KEPT } from '../api-machinery/index.ts';
import type { ClientGo, EventRecorder } from '../client-go/index.ts';
import type { ProcessCpu } from '../host/process-cpu.ts';
import { Decision, NO_NODE, type SchedulingAlgorithm } from './algorithms/index.ts';
import type { BindingCycle } from './binding-cycle.ts';
import { costOf, noCycleCost } from './cycle-cost.ts';
import { CycleWork } from './cycle-work.ts';
import type { PodExplanation } from './explanation.ts';
import { BEING_DELETED, EXTENDER_FAILED, messageOf, notAllowed } from './failure-messages.ts';
import type { Failure, FailureReport } from './failure-report.ts';
import { GroupCycle, type GroupsView, type Trial } from './group-cycle.ts';
import type { kubeSchedulerParameters } from './kube-scheduler.parameters.ts';
import type { NodeColumns } from './node-columns.ts';
import { pluginNames } from './plugins/index.ts';
import type { Evictions } from './preemption/evictions.ts';
import type { Preemption, PreemptionResult } from './preemption/preemption.ts';
import { preemptionCost } from './preemption/preemption-cost.ts';
import type { QueuedPod } from './queued-pod.ts';
import type { SchedulerCache } from './scheduler-cache.ts';
import type { PointStatus, RecordedPoint, SchedulerMetrics } from './scheduler-metrics.ts';
import type { SchedulingQueue } from './scheduling-queue.ts';
import type { SchedulerVolumes } from './volumes/scheduler-volumes.ts';

/** Number of the plugin that minds gangs. */
const GANGS = pluginNames.indexOf('GangScheduling');

/** What the loop needs to know of pods as the scheduler's informer shows them. */
export interface PodView {
  /** Whether this very pod still wants a node. */
  isPending(key: ObjectKey, uid: number): boolean;
  /** Whether it is being deleted. */
  isTerminating(key: ObjectKey): boolean;
  /** Slot of the node that its status nominates, -1 if none. */
  nominatedNode(key: ObjectKey): number;
}

/** What the loop works with. */
export interface SchedulingLoopOptions {
  readonly name: string;
  readonly clientGo: ClientGo;
  readonly cpu: ProcessCpu;
  readonly events: EventRecorder;
  readonly queue: SchedulingQueue;
  readonly cache: SchedulerCache;
  readonly nodes: NodeColumns;
  readonly algorithm: SchedulingAlgorithm;
  readonly pods: PodView;
  readonly binding: BindingCycle;
  readonly failures: FailureReport;
  readonly volumes: SchedulerVolumes;
  readonly preemption: Preemption;
  readonly evictions: Evictions;
  /** Told of the pod that somebody wants explained; undefined = nobody does. */
  readonly explanation?: PodExplanation | undefined;
  readonly metrics: SchedulerMetrics;
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  /** Goroutines that run at once on an idle host. */
  readonly goroutines: number;
  /** Groups of pods that are scheduled in one cycle; undefined = every pod by itself. */
  readonly groups?: GroupsView | undefined;
}

/** The loop of one scheduler. */
export class SchedulingLoop {
  private readonly options: SchedulingLoopOptions;
  private readonly simulation: Simulation;
  private readonly queue: SchedulingQueue;
  /** Whether the scheduler runs, state. */
  private running = false;
  /** The pod of the present cycle, state; undefined = the loop is idle or waits for a PATCH. */
  private current: QueuedPod | undefined;
  /** Whether the loop waits for its PATCH, and whether its goroutine sleeps or has been woken and does not run yet, state. */
  private patching = false;
  private asleep = true;
  private waking = false;
  private readonly work: CycleWork;
  /** Cycles of groups, if there are any; what the present one came to, and pods that are still to be given back after one, state. */
  private readonly groupCycle: GroupCycle | undefined;
  private group: ReturnType<GroupCycle['run']> | undefined;
  private failing: Trial[] = [];
  private readonly decision = new Decision();
  private readonly cost = noCycleCost();
  /** The same of all pods of a group [ns], state. */
  private groupCost = { serial: 0, shared: 0, extenderTime: 0 };
  /** What preemption found for the pod of the present cycle, and the time that it took; undefined = it was not asked, state. */
  private preempted: PreemptionResult | undefined;
  private preemptionSpan = nanoseconds(0);
  /** How many times longer the present cycle took than on an idle host, state. */
  private slowness = 1;
  /** Version of the chosen node's columns when the decision was taken: what others changed meanwhile is not this scheduler's doing. */
  private decidedOnVersion = 0;
  /** Raised at every stop, so that answers to a process that has ended are ignored, state. */
  private incarnation = 0;
  /** Whether the loop is busy with a pod. */
  private readonly occupation: Occupancy;

  private readonly evDecided: EventType;
  private readonly onPatched: number;
  private readonly waitServer: number;
  private readonly flow: number;

  constructor(options: SchedulingLoopOptions) {
    const { name, clientGo } = options;
    const { simulation, waits, recorder } = clientGo;
    this.options = options;
    this.simulation = simulation;
    this.queue = options.queue;
    this.work = new CycleWork({
      cpu: options.cpu,
      goroutines: options.goroutines,
      onDone: () => this.worked(),
      onWoken: () => this.woken(),
    });
    const { groups, queue, cache, pods } = options;
    this.groupCycle =
      groups && new GroupCycle({ groups, queue, cache, pods, attempt: (pod) => this.attemptInGroup(pod) });
    this.evDecided = simulation.on(`${name}: decided`, (incarnation) => this.onDecided(incarnation));
    this.onPatched = clientGo.onReplyDo((_, incarnation) => this.patched(incarnation));
    this.occupation = new Occupancy(simulation);
    this.waitServer = waits.server(`${name} loop`, 'server');
    this.flow = waits.flow(FLOW_POD_STARTUP);
    publishServer(recorder, simulation, `${name} loop`, () => ({
      busyNanoseconds: this.occupation.busyNanoseconds(),
      capacity: 1,
      queueLength: this.queue.activeCount,
    }));
  }

  /** The scheduler is ready to work. */
  start(): void {
    this.running = true;
    this.proceed();
  }

  /** The process has ended. */
  stop(): void {
    this.running = false;
    this.incarnation++;
    this.current = undefined;
    this.patching = false;
    this.asleep = true;
    this.waking = false;
    this.group = undefined;
    this.failing = [];
    this.work.abandon();
    this.options.binding.stop();
    this.occupy(false);
  }

  // ---- a cycle -----------------------------------------------------------------------------------------------------------------

  /** Starts the next cycle if the loop is free and a pod waits. */
  proceed(): void {
    if (!this.running || this.current !== undefined || this.patching || this.waking) return;
    if (this.asleep && this.queue.offers) {
      this.wake();
      return;
    }
    const pod = this.nextPod();
    this.occupy(pod !== undefined);
    this.asleep = pod === undefined;
    if (pod === undefined) return;
    const members = this.groupCycle?.gather(pod);
    if (members === undefined) this.decide(pod);
    else if (members.length > 0) this.decideOnGroup(members);
    else this.proceed();
  }

  /** There is something to do again. */
  private wake(): void {
    this.asleep = false;
    this.waking = true;
    this.work.wake();
  }

  private woken(): void {
    this.waking = false;
    this.proceed();
  }

  /** The next pod that still wants a node; those that are being deleted or assumed already are passed over (skipPodSchedule). */
  private nextPod(): QueuedPod | undefined {
    for (let pod = this.queue.pop(); pod !== undefined; pod = this.queue.pop()) {
      const { key, uid } = pod;
      const isTerminating = this.options.pods.isTerminating(key);
      if (!isTerminating && !this.options.cache.isAssumed(key, uid)) return pod;
      if (isTerminating) this.options.events.record('FailedScheduling', kinds.pods, key, BEING_DELETED);
      this.queue.finish(pod);
    }
    return undefined;
  }

  private decide(pod: QueuedPod): void {
    const { nodes } = this.options;
    const { decision } = this;
    const nominated = this.options.pods.nominatedNode(pod.key);
    this.current = pod;
    this.think(pod, nominated);
    if (decision.node !== NO_NODE) this.decidedOnVersion = nodes.version[decision.node] as number;
    else if (pod.profile.preempts && !decision.failed && nodes.order.count > 0) this.lookForVictims(pod, nominated);
    this.work.start(this.cost.serial, this.cost.shared);
  }

  /** Looks for a node for a pod, as things stand. */
  private think(pod: QueuedPod, nominated: number): void {
    const { clientGo, algorithm, parameters } = this.options;
    const { now } = this.simulation;
    const { decision } = this;
    const waited = now - pod.activeSince;
    clientGo.waits.passed(this.waitServer, waited);
    clientGo.waits.add(this.flow, this.waitServer, waited);
    pod.attemptStartedAt = now;
    this.options.volumes.view.begin(pod.key, pod.requirements.template);
    decision.reset(pod.key, nominated);
    if (this.options.explanation?.concerns(pod.key)) decision.details = { slots: [], totals: [], plugins: [] };
    algorithm.decide(pod.requirements, pod.profile, decision);
    costOf(decision, parameters, this.options.goroutines, this.cost);
    this.preempted = undefined;
    this.slowness = 1;
  }

  /** The CPU of the cycle is spent; calls of extenders take time beside that. */
  private worked(): void {
    if (this.group !== undefined) {
      this.waitForExtenders(this.groupCost.extenderTime);
      return;
    }
    const { extenderTime } = this.decision;
    this.slowness = between((this.current as QueuedPod).attemptStartedAt, this.simulation.now) / this.cost.total;
    this.waitForExtenders(extenderTime);
  }

  private waitForExtenders(span: number): void {
    if (span > 0) this.simulation.after(nanoseconds(span), this.evDecided, this.incarnation);
    else this.onDecided(this.incarnation);
  }

  /** PostFilter: whether the removal of others would make room. */
  private lookForVictims(pod: QueuedPod, nominated: number): void {
    const { preemption, parameters } = this.options;
    this.preempted = preemption.evaluate(pod, nominated);
    const dryRuns = preemptionCost(this.preempted, parameters);
    this.preemptionSpan = nanoseconds(dryRuns / this.options.goroutines);
    this.cost.shared += dryRuns;
    this.cost.total = nanoseconds(this.cost.total + this.preemptionSpan);
    this.decision.extenderTime += this.preempted.extenderTime;
  }

  private onDecided(incarnation: number): void {
    if (incarnation !== this.incarnation) return;
    const pod = this.current as QueuedPod;
    this.current = undefined;
    if (this.group !== undefined) {
      this.submitGroup(pod, this.group);
      return;
    }
    this.recordPoints(pod);
    this.explain(pod);
    if (this.decision.node === NO_NODE) this.foundNoNode(pod);
    else this.place(pod, this.decision.node);
    this.proceed();
  }

  private explain(pod: QueuedPod): void {
    const { explanation, name, nodes } = this.options;
    if (explanation === undefined) return;
    explanation.decided(pod, name, nodes.order.count, this.decision);
    if (this.preempted !== undefined) explanation.preempted(pod, this.preempted);
  }

  private recordPoints({ profile }: QueuedPod): void {
    const series = this.options.metrics.of(profile.name);
    const { cost, decision, preempted, slowness } = this;
    const record = (point: RecordedPoint, status: PointStatus, span: number) =>
      series.extensionPoint(point, status, nanoseconds(span * slowness));
    record('PreFilter', 'Success', cost.preFilter);
    if (decision.wasBatched) {
      const span = nanoseconds(this.options.parameters.batchHintTime * slowness);
      series.nodeHint(decision.hint !== NO_NODE, span);
    }
    record('Filter', decision.node === NO_NODE ? 'Unschedulable' : 'Success', cost.filter);
    if (preempted !== undefined) {
      record('PostFilter', preempted.outcome === 'found' ? 'Success' : 'Unschedulable', this.preemptionSpan);
    }
    if (decision.scored === 0) return;
    record('PreScore', 'Success', cost.preScore);
    record('Score', 'Success', cost.score);
  }

  /** The pod is placed on its node; what follows is the binding cycle's part, unless a plugin is against it. */
  private place(pod: QueuedPod, node: number): void {
    const { binding, nodes } = this.options;
    const untouched = nodes.version[node] === this.decidedOnVersion;
    const rejector = binding.begin(pod, node);
    if (rejector >= 0) this.turnedAway(pod, rejector);
    else if (untouched) this.checkRoom(pod, node);
  }

  // ---- groups (schedule_one_podgroup.go) ---------------------------------------------------------------------------------------

  private decideOnGroup(members: readonly QueuedPod[]): void {
    this.current = members[0] as QueuedPod;
    this.groupCost = { serial: 0, shared: 0, extenderTime: 0 };
    this.group = (this.groupCycle as GroupCycle).run(members);
    this.work.start(this.groupCost.serial, this.groupCost.shared);
  }

  /** Looks for a node for a pod of a group; nobody is preempted for it. */
  private attemptInGroup(pod: QueuedPod): Trial {
    const { cost, decision, groupCost } = this;
    this.think(pod, NO_NODE);
    groupCost.serial += cost.serial;
    groupCost.shared += cost.shared;
    groupCost.extenderTime += decision.extenderTime;
    this.recordPoints(pod);
    this.explain(pod);
    const message = messageOf(decision, this.options.nodes.order.count, undefined);
    return { pod, node: decision.node, rejectors: decision.rejectors, message };
  }

  /** Enough pods have a node: they get it. Otherwise all go back. */
  private submitGroup(first: QueuedPod, { trials, isEnough }: ReturnType<GroupCycle['run']>): void {
    this.group = undefined;
    this.options.metrics.groupAttempt(first.profile.name, isEnough);
    for (const trial of trials) {
      const { pod, node } = trial;
      if (node < 0) {
        this.failing.push(trial);
      } else if (isEnough) {
        this.options.volumes.view.begin(pod.key, pod.requirements.template);
        const rejector = this.options.binding.begin(pod, node);
        if (rejector >= 0) this.failing.push({ ...trial, ...notAllowed(rejector) });
      } else {
        this.failing.push({ ...trial, ...notAllowed(GANGS) });
      }
    }
    this.giveBackFailing();
  }

  /** Those of a group that have no node go back one after the other: the loop waits for each PATCH. */
  private giveBackFailing(): void {
    for (let trial = this.failing.shift(); trial !== undefined; trial = this.failing.shift()) {
      const { pod, rejectors, message } = trial;
      if (!this.endsUnschedulable(pod)) continue;
      pod.rejectors = rejectors;
      this.giveBack(pod, { message, nominated: NO_NODE });
      if (this.patching) return;
    }
    this.proceed();
  }

  // ---- failure (handleSchedulingFailure) ---------------------------------------------------------------------------------------

  /** No node was found. */
  private foundNoNode(pod: QueuedPod): void {
    if (this.decision.failed) {
      this.failed(pod);
      return;
    }
    if (!this.endsUnschedulable(pod)) return;
    pod.rejectors = this.decision.rejectors;
    const nominated = this.preempt(pod);
    const message = messageOf(this.decision, this.options.nodes.order.count, this.preempted);
    this.giveBack(pod, { message, nominated });
  }

  /** The attempt ended in an error, which waits for no event. */
  private failed(pod: QueuedPod): void {
    const { metrics, pods } = this.options;
    metrics.of(pod.profile.name).attempt('error', between(pod.attemptStartedAt, this.simulation.now));
    pod.rejectors = 0;
    if (pods.isPending(pod.key, pod.uid)) this.giveBack(pod, { message: EXTENDER_FAILED, nominated: NO_NODE });
    else this.queue.finish(pod);
  }

  /** A plugin does not let the pod have its node. */
  private turnedAway(pod: QueuedPod, rejector: number): void {
    if (!this.endsUnschedulable(pod)) return;
    const { rejectors, message } = notAllowed(rejector);
    pod.rejectors = rejectors;
    this.giveBack(pod, { message, nominated: NO_NODE });
  }

  /** The attempt is over. False = the pod is gone or bound by somebody else, and nothing more is done about it. */
  private endsUnschedulable(pod: QueuedPod): boolean {
    const { metrics, pods } = this.options;
    metrics.of(pod.profile.name).attempt('unschedulable', between(pod.attemptStartedAt, this.simulation.now));
    if (pods.isPending(pod.key, pod.uid)) return true;
    this.queue.finish(pod);
    return false;
  }

  /** The pod goes back to the queue. The loop waits while its status is patched, unless such calls are made on the side. */
  private giveBack(pod: QueuedPod, failure: Failure): void {
    const { failures, parameters } = this.options;
    const sent = failures.tell(pod, failure, this.onPatched, this.incarnation);
    this.patching = sent && !parameters.asyncApiCalls;
    this.queue.giveBack(pod);
  }

  /** Has the victims removed, if some were found. Returns the node that the pod is nominated to now, or that its nomination stays as it is. */
  private preempt(pod: QueuedPod): number {
    const { preempted } = this;
    const { evictions, metrics } = this.options;
    if (preempted === undefined) return NO_NODE;
    const { candidate, outcome } = preempted;
    const begun = candidate !== undefined && evictions.begin(pod, candidate);
    metrics.preemption(begun ? candidate.victims.length : 0);
    if (outcome === 'notEligible') return NOMINATION_KEPT;
    return candidate === undefined ? NO_NODE : candidate.slot;
  }

  /** The PATCH that the loop waited for was answered. */
  private patched(incarnation: number): void {
    if (incarnation !== this.incarnation || !this.patching) return;
    this.patching = false;
    this.giveBackFailing();
  }

  // ---- small parts -------------------------------------------------------------------------------------------------------------

  private occupy(busy: boolean): void {
    this.occupation.change((busy ? 1 : 0) - this.occupation.busy);
  }

  /** What this scheduler places fits: nobody else had touched the node since the decision. */
  private checkRoom({ requirements: { cpu, memory } }: QueuedPod, node: number): void {
    const { nodes, name } = this.options;
    const fits =
      (nodes.pods[node] as number) <= (nodes.allowedPods[node] as number) &&
      (cpu === 0 || (nodes.requestedCpu[node] as number) <= (nodes.allocatableCpu[node] as number)) &&
      (memory === 0 || (nodes.requestedMemory[node] as number) <= (nodes.allocatableMemory[node] as number));
    if (!fits) this.simulation.invariant(false, name, `node ${nodes.nameOf(node)} was given more than it has`);
  }
}
