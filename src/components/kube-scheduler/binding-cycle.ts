/**
 * From the decision on a node to the bound pod: assumed, reserved, permitted (perhaps after a wait), prepared by PreBind plugins, bound by POST to its
 * binding subresource. All but the first three happens on the side, while the loop goes on. K:pkg/scheduler/schedule_one.go (assume, bindingCycle,
 * handleBindingCycleError).
 *
 * A pod that waits for its permit is still in flight: when it is turned away, events that came meanwhile count as for one that found no node. Whatever
 * fails after that is an error, to be tried again after a back-off.
 */
import { kinds } from '../../cluster/index.ts';
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import { between } from '../../units/index.ts';
import { isSuccess, type RequestId, type Requests, StatusCode, writes } from '../api-machinery/index.ts';
import type { ApiClient, ClientGo, EventRecorder } from '../client-go/index.ts';
import type { PodExplanation } from './explanation.ts';
import type { Extenders } from './extenders/extenders.ts';
import type { FailureReport } from './failure-report.ts';
import type { kubeSchedulerParameters } from './kube-scheduler.parameters.ts';
import type { Nominations } from './nominations.ts';
import { pluginNames } from './plugins/index.ts';
import type { QueuedPod } from './queued-pod.ts';
import type { SchedulerCache } from './scheduler-cache.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';
import type { PodView } from './scheduling-loop.ts';
import type { SchedulingQueue } from './scheduling-queue.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** The message of a pod whose binding failed, and the first of those of pods that a plugin did not permit, counted down by plugin number. */
const BINDING_FAILED = -2;
const NOT_PERMITTED = -3;
/** No plugin is against it. */
const NOBODY = -1;
const NO_NODE = -1;

/** What the cycle works with. */
export interface BindingCycleOptions {
  readonly name: string;
  readonly clientGo: ClientGo;
  readonly client: ApiClient;
  /** Services that may bind in the scheduler's place, and how they talk to the API servers. */
  readonly extenders: Extenders | undefined;
  readonly extenderClient: ApiClient;
  readonly events: EventRecorder;
  readonly queue: SchedulingQueue;
  readonly cache: SchedulerCache;
  readonly nominations: Nominations;
  readonly waiting: WaitingPods;
  readonly failures: FailureReport;
  readonly pods: PodView;
  /** Told of the pod that somebody wants explained; undefined = nobody does. */
  readonly explanation?: PodExplanation | undefined;
  readonly metrics: SchedulerMetrics;
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
}

/** The binding cycles of one scheduler. */
export class BindingCycle {
  private readonly options: BindingCycleOptions;
  private readonly simulation: Simulation;
  private readonly requests: Requests;
  private readonly queue: SchedulingQueue;
  /** Pods on their way to be bound, by number of the cycle, state. */
  private readonly running = new Map<number, QueuedPod>();
  /** Cycles begun, which numbers them; ended; lost with the process [cycle], statistic. */
  private begun = 0;
  private ended = 0;
  private lost = 0;
  private readonly evAssumedExpired: EventType;
  private readonly evExtenderBinds: EventType;
  private readonly onBound: number;
  private readonly onAnswered: number;

  constructor(options: BindingCycleOptions) {
    const { name, clientGo } = options;
    this.options = options;
    this.simulation = clientGo.simulation;
    this.requests = clientGo.requests;
    this.queue = options.queue;
    this.evAssumedExpired = this.simulation.on(`${name}: assumed pod expired`, (key, uid) => {
      options.cache.forget(key, uid);
    });
    this.evExtenderBinds = this.simulation.on(`${name}: extender binds`, (cycle, failing) =>
      this.onExtenderBinds(cycle, failing),
    );
    this.onBound = clientGo.onReplyDo((request, cycle) => this.bound(request, cycle));
    // Nothing waits for what is told on the side.
    this.onAnswered = clientGo.onReplyDo(() => {});
    this.simulation.addInvariantCheck(`${name} bindings`, () => this.checkInvariants());
  }

  /** The process has ended; bindings on their way may still take effect. */
  stop(): void {
    this.options.waiting.clear();
    this.lost += this.running.size;
    this.running.clear();
  }

  // ---- in the loop -------------------------------------------------------------------------------------------------------------

  /**
   * Places a pod on its node and goes on with it on the side. Returns the number of the plugin that is against it, -1 = nobody: then the loop need not
   * mind it any more.
   */
  begin(pod: QueuedPod, slot: number): number {
    const { cache, explanation, nominations } = this.options;
    pod.node = slot;
    pod.decidedAt = this.simulation.now;
    cache.assume(pod.key, pod.uid, slot, pod.requirements);
    nominations.delete(pod.key);
    explanation?.placed(pod);
    const { reserves, permits } = pod.profile;
    for (let i = 0; i < reserves.length; i++) {
      const { number, plugin } = reserves[i] as (typeof reserves)[number];
      if (plugin.reserve(pod, slot)) continue;
      this.giveUp(pod);
      explanation?.permit(pod, `${pluginNames[number]} cannot reserve what it needs`);
      return number;
    }
    if (permits.length > 0) return this.permit(pod);
    this.launch(pod);
    return NOBODY;
  }

  private permit(pod: QueuedPod): number {
    const { explanation } = this.options;
    const waits = new Map<number, number>();
    for (const { number, plugin } of pod.profile.permits) {
      const answer = plugin.permit(pod, pod.node);
      if (answer < 0) {
        this.giveUp(pod);
        explanation?.permit(pod, `${pluginNames[number]} turns it away`);
        return number;
      }
      if (answer > 0) waits.set(number, answer);
    }
    if (waits.size === 0) {
      this.launch(pod);
      return NOBODY;
    }
    this.options.waiting.add(pod, waits);
    explanation?.permit(pod, `waits for ${[...waits.keys()].map((number) => pluginNames[number]).join(', ')}`);
    this.expect(pod);
    return NOBODY;
  }

  // ---- after a wait ------------------------------------------------------------------------------------------------------------

  /** All plugins permit the binding. */
  allowed(pod: QueuedPod): void {
    this.options.explanation?.permit(pod, 'it may be bound');
    this.launch(pod);
  }

  /** A plugin has turned away a pod that waited; it goes back as one that found no node (handleBindingCycleError). */
  rejected(pod: QueuedPod, plugin: number): void {
    const { metrics, pods, failures } = this.options;
    const freed = this.giveUp(pod);
    this.options.explanation?.permit(pod, `turned away by ${pluginNames[plugin]}, or its time is over`);
    metrics.of(pod.profile.name).attempt('unschedulable', between(pod.attemptStartedAt, this.simulation.now));
    if (pods.isPending(pod.key, pod.uid)) {
      pod.rejectors = 1 << plugin;
      failures.tell(pod, { message: NOT_PERMITTED - plugin, nominated: NO_NODE }, this.onAnswered, 0);
      this.queue.giveBack(pod);
    } else {
      this.queue.finish(pod);
    }
    if (freed) this.tellOfRoom(pod, pod);
  }

  // ---- on the side -------------------------------------------------------------------------------------------------------------

  private launch(pod: QueuedPod): void {
    this.queue.finish(pod);
    const cycle = this.begun++;
    this.running.set(cycle, pod);
    const { preBinds } = pod.profile;
    if (preBinds.length === 0) this.bind(cycle, pod);
    else this.prepare(cycle, pod);
  }

  /** PreBind: one plugin after the other; each may take its time. */
  private prepare(cycle: number, pod: QueuedPod): void {
    const concerned = pod.profile.preBinds.filter(({ plugin }) => plugin.concerns(pod, pod.node));
    if (concerned.length > 0) this.expect(pod);
    const next = (index: number) => {
      if (this.running.get(cycle) !== pod) return;
      const entry = concerned[index];
      if (entry === undefined) this.bind(cycle, pod);
      else entry.plugin.preBind(pod, pod.node, (succeeded) => (succeeded ? next(index + 1) : this.failed(cycle, pod)));
    };
    next(0);
  }

  /** Tells others for which node the pod waits (NominatedNodeNameForExpectation); the answer decides nothing. */
  private expect(pod: QueuedPod): void {
    const { client, parameters } = this.options;
    if (!parameters.nominatesBeforeBinding) return;
    const request = client.write(writes.podNomination, pod.key);
    this.requests.setNumber(request, 0, pod.node);
    client.send(request, this.onAnswered);
  }

  private bind(cycle: number, pod: QueuedPod, fromExtender = 0): void {
    pod.bindingSentAt = this.simulation.now;
    const { extenders } = this.options;
    const binder = extenders?.binderOf(pod.requirements, fromExtender) ?? NOBODY;
    if (extenders === undefined || binder < 0) {
      this.post(cycle, pod, this.options.client);
      return;
    }
    const { span, failed } = extenders.bindCall(binder);
    this.simulation.after(span, this.evExtenderBinds, cycle, failed ? binder : NOBODY);
  }

  /** An extender has been asked to bind a pod; `failing` = the one that did not answer, -1 = it has: it binds the pod as anybody would. */
  private onExtenderBinds(cycle: number, failing: number): void {
    const pod = this.running.get(cycle);
    if (pod === undefined) return;
    const { extenders, extenderClient } = this.options;
    if (failing < 0) this.post(cycle, pod, extenderClient);
    else if (extenders?.configurations[failing]?.ignorable === true) this.bind(cycle, pod, failing + 1);
    else this.failed(cycle, pod);
  }

  private post(cycle: number, pod: QueuedPod, client: ApiClient): void {
    const request = client.write(writes.podBinding, pod.key);
    this.requests.setNumber(request, 0, pod.node);
    this.requests.expectedUid[request] = pod.uid;
    client.send(request, this.onBound, cycle);
  }

  /** A binding was answered. */
  private bound(request: RequestId, cycle: number): void {
    const pod = this.running.get(cycle);
    if (pod === undefined) return;
    const succeeded = isSuccess(this.requests.code[request] as number);
    const span = between(pod.bindingSentAt, this.simulation.now);
    const series = this.options.metrics.of(pod.profile.name);
    this.options.explanation?.bound(pod, this.requests.code[request] as number);
    series.extensionPoint('Bind', succeeded ? 'Success' : 'Error', span);
    if (succeeded) this.succeeded(cycle, pod);
    else this.failed(cycle, pod, this.requests.code[request] === StatusCode.Conflict);
  }

  private succeeded(cycle: number, pod: QueuedPod): void {
    const { cache, metrics, events, parameters } = this.options;
    const { now } = this.simulation;
    this.end(cycle);
    metrics.of(pod.profile.name).attempt('scheduled', between(pod.attemptStartedAt, now));
    cache.finishBinding(pod.key, pod.uid);
    metrics.scheduled(pod.attempts, between(pod.enteredAt, now));
    events.record('Scheduled', kinds.pods, pod.key, pod.node);
    if (parameters.assumedPodExpiry > 0) {
      this.simulation.after(parameters.assumedPodExpiry, this.evAssumedExpired, pod.key, pod.uid);
    }
  }

  /** The place is free again, which may help others; the pod is tried again after a back-off. */
  private failed(cycle: number, pod: QueuedPod, isConflict = false): void {
    const { metrics, pods, failures } = this.options;
    this.end(cycle);
    metrics.wasted(pod.profile.name, between(pod.attemptStartedAt, pod.decidedAt), isConflict);
    metrics.of(pod.profile.name).attempt('error', between(pod.attemptStartedAt, this.simulation.now));
    if (this.giveUp(pod)) this.tellOfRoom(pod);
    if (!pods.isPending(pod.key, pod.uid)) return;
    pod.rejectors = 0;
    this.queue.retry(pod);
    failures.tell(pod, { message: BINDING_FAILED, nominated: NO_NODE }, this.onAnswered, 0);
  }

  // ---- small parts -------------------------------------------------------------------------------------------------------------

  private end(cycle: number): void {
    this.running.delete(cycle);
    this.ended++;
  }

  /** Takes the pod off its node again; returns whether it was still there. Reserve plugins are told in the opposite order. */
  private giveUp(pod: QueuedPod): boolean {
    const { reserves } = pod.profile;
    for (let i = reserves.length - 1; i >= 0; i--) reserves[i]?.plugin.unreserve(pod, pod.node);
    return this.options.cache.forget(pod.key, pod.uid);
  }

  private tellOfRoom(pod: QueuedPod, except?: QueuedPod): void {
    if (this.queue.listens) this.queue.onEvent({ kind: 'deletion', deleted: pod.requirements }, except);
  }

  /** No binding is forgotten. */
  private checkInvariants(): void {
    const { begun, ended, lost, running } = this;
    const simulation: Simulation = this.simulation;
    simulation.invariant(
      begun === ended + lost + running.size,
      this.options.name,
      `${begun} bindings begun, ${ended} ended, ${lost} lost, ${running.size} under way`,
    );
  }
}
