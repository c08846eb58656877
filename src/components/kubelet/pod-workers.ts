/**
 * What happens to a pod on its node, from the moment its kubelet sees it until nothing of it is left. K:pkg/kubelet/kubelet.go:SyncPod,
 * pkg/kubelet/pod_workers.go: admission, status, token and volumes, sandbox with the pod's IP, containers (container-starts.ts), the relist that
 * notices, readiness probes, graceful stop, clean-up. The container runtime is a set of spans here; its requests are not modelled one by one.
 */
import {
  type EventReason,
  kinds,
  type ObjectKey,
  PodCondition,
  PodPhase,
  type PodTemplate,
  type Probe,
  podReasons,
} from '../../cluster/index.ts';
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import type { HistogramSeries } from '../../metrics/index.ts';
import { between, type Nanoseconds, nanoseconds, plus, type SimTime } from '../../units/index.ts';
import { isSuccess, type RequestId, writes } from '../api-machinery/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import { ContainerStarts } from './container-starts.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodNetwork } from './pod-network.ts';
import { Draw, PodSteps } from './pod-steps.ts';
import { PodStage, type PodTable } from './pod-table.ts';
import { Sandboxes } from './sandboxes.ts';
import type { StatusManager } from './status-manager.ts';

/** The pod workers of all kubelets. */
export class PodWorkers {
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly table: PodTable;
  private readonly steps: PodSteps;
  private readonly sandboxes: Sandboxes;
  private readonly containers: ContainerStarts;
  private readonly evVolumesMounted: EventType;
  private readonly evRunningNoticed: EventType;
  private readonly evProbe: EventType;
  private readonly evExited: EventType;
  private readonly evExitNoticed: EventType;
  private readonly evStopped: EventType;
  private readonly evCleanedUp: EventType;
  private readonly evTokenRetry: EventType;
  private readonly evTokenRefresh: EventType;
  private readonly onToken: number;
  private readonly onTokenRefreshed: number;
  private readonly startSeconds: HistogramSeries;
  private rejectedAge: HistogramSeries | undefined;

  constructor(
    clientGo: ClientGo,
    parameters: ValuesOf<typeof kubeletParameters>,
    table: PodTable,
    kubelets: readonly Kubelet[],
    statuses: StatusManager,
  ) {
    const { simulation } = clientGo;
    this.clientGo = clientGo;
    this.simulation = simulation;
    this.parameters = parameters;
    this.table = table;
    const steps = new PodSteps(simulation, parameters, table, kubelets, statuses);
    this.steps = steps;
    this.sandboxes = new Sandboxes(steps, (slot) => this.onSandboxReady(slot));
    this.evVolumesMounted = steps.on('volumes mounted', (slot) => this.startSandbox(slot));
    this.evRunningNoticed = steps.on('containers noticed running', (slot) => this.onRunningNoticed(slot));
    this.evProbe = steps.on('readiness probe', (slot) => this.onProbe(slot));
    this.evExited = steps.on('containers exited', (slot) => this.onExited(slot));
    this.evExitNoticed = steps.on('exit noticed', (slot) => this.onExitNoticed(slot));
    this.evStopped = steps.on('containers stopped', (slot) => this.onStopped(slot));
    this.evCleanedUp = steps.on('pod cleaned up', (slot) => statuses.allowDeletion(slot));
    this.evTokenRetry = steps.on('token requested again', (slot) => this.requestToken(slot, this.onToken));
    this.evTokenRefresh = steps.on('token refresh', (slot) => this.refreshToken(slot));
    this.onToken = clientGo.onReplyDo((request, slot) => this.tokenCame(request, slot));
    this.onTokenRefreshed = clientGo.onReplyDo((_, slot) => {
      table.release(slot);
    });
    this.containers = new ContainerStarts(clientGo, steps, this.evRunningNoticed);
    this.startSeconds = clientGo.recorder.histogram('kubelet_pod_start_sli_duration_seconds');
  }

  // ---- a new pod -----------------------------------------------------------------------------------------------------------------

  /** A kubelet sees a pod for the first time. `hadBegun`: an earlier life of the kubelet had started it. */
  begin(slot: number, hadBegun: boolean): void {
    const { table } = this;
    const kubelet = this.steps.kubeletOf(slot);
    const template = table.template[slot] as PodTemplate;
    table.seenAt[slot] = this.simulation.now;
    table.measured[slot] = hadBegun ? 1 : 0;
    const refusal = kubelet.resources.admit(template);
    if (refusal !== 0) {
      this.reject(slot, refusal);
      return;
    }
    const initialised = template.initContainers.length === 0 ? PodCondition.Initialized : 0;
    this.steps.report(slot, PodPhase.Pending, PodCondition.Reported | initialised);
    this.requestToken(slot, this.onToken);
  }

  /** A kubelet that has just started sees a pod on its way out: nothing of it runs any more. */
  beginTerminating(slot: number): void {
    const { table } = this;
    table.measured[slot] = 1;
    // One that ended, or was refused, before may find its room given away: it holds nothing, only its clean-up is left.
    const refusal = this.steps.kubeletOf(slot).resources.admit(table.template[slot] as PodTemplate);
    if (refusal !== 0) table.stage[slot] = PodStage.Ended;
    this.stop(slot);
  }

  /** A pod that runs since before the run began: only what it will do later is planned. */
  beginPreloaded(slot: number, conditions: number, runningAt: number): void {
    const { table } = this;
    const template = table.template[slot] as PodTemplate;
    this.steps.kubeletOf(slot).resources.admit(template);
    table.stage[slot] = PodStage.Running;
    table.measured[slot] = 1;
    table.phase[slot] = PodPhase.Running;
    table.conditions[slot] = conditions;
    this.sandboxes.startedBefore(slot);
    table.container[slot] = template.initContainers.length + template.containers.length;
    table.runningAt[slot] = runningAt;
    for (const container of template.containers) this.steps.kubeletOf(slot).images.pulledBefore(container.image);
    const phase = this.steps.draws.uniform(this.steps.entity(slot), Draw.Token);
    this.steps.plan(slot, nanoseconds(this.parameters.tokenRefresh * phase), this.evTokenRefresh);
    this.planLifetime(slot);
  }

  private reject(slot: number, reason: number): void {
    const { table } = this;
    table.stage[slot] = PodStage.Ended;
    table.reason[slot] = reason;
    const name = podReasons[reason] as EventReason;
    this.steps.kubeletOf(slot).recorder.record(name, kinds.pods, table.key[slot] as ObjectKey);
    this.steps.report(slot, PodPhase.Failed, PodCondition.Reported);
    const { recorder } = this.clientGo;
    recorder.counter('kubelet_admission_rejections_total', { reason: name }).add();
    this.rejectedAge ??= recorder.histogram('plimsoll_rejected_pod_age_seconds');
    this.rejectedAge.recordSpan(between(table.createdAt[slot] as SimTime, this.simulation.now));
  }

  private requestToken(slot: number, reply: number): void {
    const kubelet = this.steps.kubeletOf(slot);
    this.table.hold(slot);
    kubelet.client.send(kubelet.client.write(writes.tokenRequest, 0 as ObjectKey), reply, slot);
  }

  private tokenCame(request: RequestId, slot: number): void {
    const { table, parameters, simulation } = this;
    if (!table.release(slot) || table.stage[slot] !== PodStage.Preparing) return;
    if (!isSuccess(this.clientGo.requests.code[request] as number)) {
      // The mount fails and is tried again (nestedpendingoperations: exponential back-off).
      const pause = Math.min(
        parameters.mountBackoff * 2 ** (table.mountFailures[slot] as number),
        parameters.mountBackoffMaximum,
      );
      table.mountFailures[slot] = (table.mountFailures[slot] as number) + 1;
      this.steps.plan(slot, nanoseconds(pause), this.evTokenRetry);
      return;
    }
    this.steps.plan(slot, parameters.tokenRefresh, this.evTokenRefresh);
    const mounted =
      simulation.now + parameters.volumeMount.keyedSample(this.steps.draws, this.steps.entity(slot), Draw.Volume);
    // The pod worker polls for its volumes from the moment it began.
    const began = table.seenAt[slot] as number;
    const polls = Math.ceil((mounted - began) / parameters.volumeWaitPoll);
    this.steps.planAt(slot, (began + polls * parameters.volumeWaitPoll) as SimTime, this.evVolumesMounted);
  }

  private refreshToken(slot: number): void {
    this.requestToken(slot, this.onTokenRefreshed);
    this.steps.plan(slot, this.parameters.tokenRefresh, this.evTokenRefresh);
  }

  private startSandbox(slot: number): void {
    this.table.mountedAt[slot] = this.simulation.now;
    this.sandboxes.start(slot);
  }

  private onSandboxReady(slot: number): void {
    const { table } = this;
    table.stage[slot] = PodStage.StartingContainers;
    this.steps.report(slot, PodPhase.Pending, (table.conditions[slot] as number) | PodCondition.ReadyToStartContainers);
    this.containers.begin(slot);
  }

  // ---- running -------------------------------------------------------------------------------------------------------------------

  private onRunningNoticed(slot: number): void {
    const { table } = this;
    table.stage[slot] = PodStage.Running;
    const probe = this.readinessProbe(slot);
    const conditions = (table.conditions[slot] as number) | PodCondition.Initialized;
    if (probe === undefined) {
      this.steps.report(slot, PodPhase.Running, conditions | PodCondition.ContainersReady | PodCondition.Ready);
    } else {
      this.steps.report(slot, PodPhase.Running, conditions);
      this.planProbe(slot, probe);
    }
    this.planLifetime(slot);
  }

  /** The API says that the pod runs, and the kubelet's own watch soon shows it: that ends its start (pod_startup_latency_tracker.go). */
  statusWritten(slot: number): void {
    const { table, simulation } = this;
    if (table.measured[slot] === 1 || table.phase[slot] !== PodPhase.Running) return;
    table.measured[slot] = 1;
    const span = simulation.now - (table.createdAt[slot] as number) - (table.excluded[slot] as number);
    this.startSeconds.recordSpan(span as Nanoseconds);
  }

  /** The slowest of the containers' probes decides; they are modelled as one. */
  private readinessProbe(slot: number): Probe | undefined {
    let slowest: Probe | undefined;
    for (const { readinessProbe } of (this.table.template[slot] as PodTemplate).containers) {
      if (readinessProbe === undefined) continue;
      if (slowest === undefined || readinessProbe.initialDelay > slowest.initialDelay) slowest = readinessProbe;
    }
    return slowest;
  }

  /** A probe may run once its initial delay is over: at once if it is, else at the next tick of its own period. */
  private planProbe(slot: number, probe: Probe): void {
    const running = this.table.runningAt[slot] as number;
    const { now } = this.simulation;
    const from = running + probe.initialDelay;
    if (from <= now) {
      this.onProbe(slot);
      return;
    }
    const began = this.table.mountedAt[slot] as number;
    const ticks = Math.ceil((from - began) / probe.period);
    this.steps.planAt(slot, (began + ticks * probe.period) as SimTime, this.evProbe);
  }

  private onProbe(slot: number): void {
    const { table, parameters, simulation } = this;
    const probe = this.readinessProbe(slot);
    if (probe === undefined) return;
    const startsUp = parameters.applicationStart.keyedSample(
      this.steps.draws,
      this.steps.entity(slot),
      Draw.Application,
    );
    const answersFrom = (table.runningAt[slot] as number) + startsUp + (probe.successThreshold - 1) * probe.period;
    if (simulation.now >= answersFrom) {
      this.steps.report(
        slot,
        PodPhase.Running,
        (table.conditions[slot] as number) | PodCondition.ContainersReady | PodCondition.Ready,
      );
      return;
    }
    const began = table.mountedAt[slot] as number;
    const ticks = Math.floor((simulation.now - began) / probe.period) + 1;
    this.steps.planAt(slot, (began + ticks * probe.period) as SimTime, this.evProbe);
  }

  private planLifetime(slot: number): void {
    const { lifetime } = this.table.template[slot] as PodTemplate;
    if (lifetime === undefined) return;
    const span = lifetime.quantile(this.steps.draws.uniform(this.steps.entity(slot), Draw.Lifetime));
    this.steps.plan(slot, nanoseconds(Math.max(0, span)), this.evExited);
  }

  /** Nothing runs any more: probes and token refreshes that were planned are void. */
  private onExited(slot: number): void {
    this.table.epoch[slot] = (this.table.epoch[slot] as number) + 1;
    this.steps.awaitRelist(slot, this.evExitNoticed);
  }

  private onExitNoticed(slot: number): void {
    const { table } = this;
    table.stage[slot] = PodStage.Ended;
    this.sandboxes.stop(slot);
    this.steps.kubeletOf(slot).resources.release(table.template[slot] as PodTemplate);
    this.steps.report(slot, PodPhase.Succeeded, this.withoutReady(slot));
  }

  // ---- stopping ------------------------------------------------------------------------------------------------------------------

  /** The API server wants the pod gone: SIGTERM, the grace period, and what follows. */
  stop(slot: number): void {
    const { table, parameters } = this;
    if (table.deleting[slot] === 1) return;
    table.deleting[slot] = 1;
    table.epoch[slot] = (table.epoch[slot] as number) + 1;
    const stage = table.stage[slot] as number;
    const template = table.template[slot] as PodTemplate;
    if (stage === PodStage.Ended) {
      this.cleanUp(slot);
      return;
    }
    table.stage[slot] = PodStage.Stopping;
    if (stage === PodStage.Preparing) {
      // Nothing runs yet; the pod worker, cut short, goes on with the next relist.
      this.steps.awaitRelist(slot, this.evStopped);
      return;
    }
    this.recordKilling(slot);
    const span = parameters.containerStop.keyedSample(this.steps.draws, this.steps.entity(slot), Draw.Stop);
    if (span > template.terminationGracePeriod) table.killed[slot] = 1;
    this.steps.plan(slot, nanoseconds(Math.min(span, template.terminationGracePeriod)), this.evStopped);
  }

  /** One event for each container that has been started and is not an init container that is over. */
  private recordKilling(slot: number): void {
    const { table } = this;
    const { initContainers } = table.template[slot] as PodTemplate;
    const { recorder } = this.steps.kubeletOf(slot);
    const started = table.container[slot] as number;
    for (let index = 0; index < started; index++) {
      if (initContainers[index]?.sidecar === false) continue;
      recorder.record('Killing', kinds.pods, table.key[slot] as ObjectKey, index);
    }
  }

  /** SyncTerminatingPod sets the last status itself as soon as nothing runs any more; a pod that never ran, or was killed, has failed. */
  private onStopped(slot: number): void {
    const { table } = this;
    table.stage[slot] = PodStage.Ended;
    this.sandboxes.stop(slot);
    this.steps.kubeletOf(slot).resources.release(table.template[slot] as PodTemplate);
    const succeeded = table.phase[slot] === PodPhase.Running && table.killed[slot] === 0;
    this.steps.report(slot, succeeded ? PodPhase.Succeeded : PodPhase.Failed, this.withoutReady(slot));
    this.cleanUp(slot);
  }

  /** SyncTerminatedPod waits for the next relist, and then until the volumes, whose unmounting has begun meanwhile, are gone. */
  private cleanUp(slot: number): void {
    const { plegRelistPeriod, volumeMount, volumeWaitPoll } = this.parameters;
    const { now } = this.simulation;
    const relist = this.steps.kubeletOf(slot).nextTick(plus(now, nanoseconds(1)), plegRelistPeriod);
    const unmounted = now + volumeMount.keyedSample(this.steps.draws, this.steps.entity(slot), Draw.Unmount);
    const polls = Math.max(0, Math.ceil((unmounted - relist) / volumeWaitPoll));
    this.steps.planAt(slot, (relist + polls * volumeWaitPoll) as SimTime, this.evCleanedUp);
  }

  /** The pod is gone from the API: whatever is left on the node is killed and forgotten. */
  forget(slot: number): void {
    const { table } = this;
    const kubelet = this.steps.kubeletOf(slot);
    if (table.gone[slot] === 1) return;
    if (table.stage[slot] !== PodStage.Ended) kubelet.resources.release(table.template[slot] as PodTemplate);
    kubelet.pods.delete(table.key[slot] as ObjectKey);
    this.lose(slot);
  }

  /** The pod is gone from its node, or its node has lost power: nothing of it runs. */
  lose(slot: number): void {
    this.sandboxes.stop(slot);
    this.table.remove(slot);
  }

  /** The CNI plugin that gives pods their addresses. */
  connect(network: PodNetwork): void {
    this.sandboxes.network = network;
  }

  // ---- small parts ---------------------------------------------------------------------------------------------------------------

  private withoutReady(slot: number): number {
    return (this.table.conditions[slot] as number) & ~(PodCondition.Ready | PodCondition.ContainersReady);
  }
}
