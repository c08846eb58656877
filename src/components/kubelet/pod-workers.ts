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
import type { ClientGo } from '../client-go/index.ts';
import { ContainerStarts } from './container-starts.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodNetwork } from './pod-network.ts';
import { Draw, PodSteps } from './pod-steps.ts';
import { NO_EXIT, PodStage, type PodTable } from './pod-table.ts';
import { Sandboxes } from './sandboxes.ts';
import type { StatusManager } from './status-manager.ts';
import { VolumeManager } from './volume-manager.ts';

/** Instant of an exit that nobody has noticed yet: it is over. */
const EXITED = -1;

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
  /** What a pod waits for before its sandbox. */
  private readonly volumes: VolumeManager;
  private readonly evExitedUnseen: EventType;
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
    this.evVolumesMounted = steps.onRuntime('volumes mounted', (slot) => this.onVolumesMounted(slot));
    this.evRunningNoticed = steps.onRuntime('containers noticed running', (slot) => this.onRunningNoticed(slot));
    this.evProbe = steps.on('readiness probe', (slot) => this.onProbe(slot));
    this.evExited = steps.on('containers exited', (slot) => this.onExited(slot));
    this.evExitNoticed = steps.onRuntime('exit noticed', (slot) => this.onExitNoticed(slot));
    this.evStopped = steps.onRuntime('containers stopped', (slot) => this.onStopped(slot));
    this.evCleanedUp = steps.on('pod cleaned up', (slot) => statuses.allowDeletion(slot));
    this.evExitedUnseen = steps.on('containers exited unseen', (slot) => {
      table.exitsAt[slot] = EXITED;
    });
    this.volumes = new VolumeManager(clientGo, steps, this.evVolumesMounted);
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
    this.volumes.mount(slot);
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

  /** A pod that runs since before the run, which began at `revision`: only what it will do later is planned. */
  beginPreloaded(slot: number, conditions: number, runningAt: number, revision: number): void {
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
    this.volumes.mountedBefore(slot, revision);
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

  /** A pod that runs already, of which a new process of the kubelet asks, has had its volumes all the time. */
  private onVolumesMounted(slot: number): void {
    if (this.table.stage[slot] === PodStage.Preparing) this.startSandbox(slot);
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
    this.planExit(slot, nanoseconds(Math.max(0, span)), this.evExited);
  }

  /** The containers exit after a span, whether the kubelet's process runs then or not. */
  private planExit(slot: number, span: Nanoseconds, exited: EventType): void {
    this.table.exitsAt[slot] = plus(this.simulation.now, span);
    this.steps.plan(slot, span, exited);
  }

  /** Nothing runs any more: probes and token refreshes that were planned are void. */
  private onExited(slot: number): void {
    this.table.epoch[slot] = (this.table.epoch[slot] as number) + 1;
    this.table.exitsAt[slot] = EXITED;
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
    this.planExit(slot, nanoseconds(Math.min(span, template.terminationGracePeriod)), this.evStopped);
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
    const { volumeMount, volumeWaitPoll } = this.parameters;
    const { now } = this.simulation;
    const relist = this.steps.pleg.newerThan(this.steps.kubeletOf(slot), now);
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
    this.volumes.forget(slot);
    this.sandboxes.stop(slot);
    this.table.remove(slot);
  }

  /** The CNI plugin that gives pods their addresses. */
  connect(network: PodNetwork): void {
    this.sandboxes.network = network;
  }

  // ---- the kubelet's process -----------------------------------------------------------------------------------------------------

  /** The kubelet's process has ended: it keeps no Secrets and ConfigMaps any more. */
  dropSettings(kubelet: Kubelet): void {
    this.volumes.settings.stop(kubelet);
  }

  /** The kubelet's process has ended: what it had planned is void, and nobody notices when the containers, which run on, exit. */
  detach(slot: number): void {
    const { table } = this;
    table.epoch[slot] = (table.epoch[slot] as number) + 1;
    table.deleting[slot] = 0;
    table.deletable[slot] = 0;
    const exitsAt = table.exitsAt[slot] as number;
    if (exitsAt >= this.simulation.now && exitsAt < NO_EXIT)
      this.steps.planAt(slot, exitsAt as SimTime, this.evExitedUnseen);
  }

  /** A new process of the kubelet finds the pod in its first list: it goes on from where the runtime is, and tells of it anew. */
  readopt(slot: number): void {
    const { table } = this;
    table.epoch[slot] = (table.epoch[slot] as number) + 1;
    table.seenAt[slot] = this.simulation.now;
    this.steps.report(slot, table.phase[slot] as number, this.conditionsAfterRestart(slot));
    switch (table.stage[slot]) {
      case PodStage.Preparing:
        this.volumes.mount(slot);
        break;
      case PodStage.StartingContainers:
        this.volumes.mount(slot);
        if ((table.runningAt[slot] as number) >= 0) this.steps.awaitRelist(slot, this.evRunningNoticed);
        else this.containers.begin(slot);
        break;
      case PodStage.Running:
        this.volumes.mount(slot);
        this.resumeRunning(slot);
        break;
      case PodStage.Stopping:
        table.deleting[slot] = 1;
        this.resumeExit(slot, this.evStopped, this.evStopped);
        break;
    }
  }

  /** Up to 1.34 what has a readiness probe is not Ready until the probe has succeeded once more. */
  private conditionsAfterRestart(slot: number): number {
    const isKept = !this.parameters.restartLosesReadiness || this.readinessProbe(slot) === undefined;
    return isKept ? (this.table.conditions[slot] as number) : this.withoutReady(slot);
  }

  /** Probes begin with a random part of their period, so that not all come at once (prober/worker.go). */
  private resumeRunning(slot: number): void {
    const probe = this.readinessProbe(slot);
    if (probe !== undefined && !isReady(this.table.conditions[slot] as number)) {
      const share = this.steps.draws.uniform(this.steps.entity(slot), this.simulation.now);
      this.table.mountedAt[slot] = this.simulation.now + share * probe.period;
      this.steps.planAt(slot, this.table.mountedAt[slot] as SimTime, this.evProbe);
    }
    this.resumeExit(slot, this.evExited, this.evExitNoticed);
  }

  /** The exit of the containers comes when it would have, or the first relist notices that it has come. */
  private resumeExit(slot: number, exited: EventType, noticed: EventType): void {
    const exitsAt = this.table.exitsAt[slot] as number;
    if (exitsAt === EXITED) this.steps.awaitRelist(slot, noticed);
    else if (exitsAt < NO_EXIT) this.steps.planAt(slot, exitsAt as SimTime, exited);
  }

  // ---- small parts ---------------------------------------------------------------------------------------------------------------

  private withoutReady(slot: number): number {
    return (this.table.conditions[slot] as number) & ~(PodCondition.Ready | PodCondition.ContainersReady);
  }
}

function isReady(conditions: number): boolean {
  return (conditions & PodCondition.Ready) !== 0;
}
