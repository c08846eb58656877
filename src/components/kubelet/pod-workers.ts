/**
 * What happens to a pod on its node, from the moment its kubelet sees it until nothing of it is left. K:pkg/kubelet/kubelet.go:SyncPod,
 * kuberuntime.3: admission, status, token and volumes, sandbox with the pod's IP, init containers one after the
 * other, containers in the order of the specification, the relist that notices, readiness probes, graceful stop, clean-up.
 * The container runtime is a set of spans here; its requests are not modelled one by one.
 */
import {
  type Container,
  type EventReason,
  kinds,
  type ObjectKey,
  PodCondition,
  PodPhase,
  type PodTemplate,
  type Probe,
  podReasons,
} from '../../cluster/index.ts';
import type { EventType, KeyedStream, Simulation, ValuesOf } from '../../engine/index.ts';
import { FLOW_POD_STARTUP, type HistogramSeries } from '../../metrics/index.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds, plus, type SimTime } from '../../units/index.ts';
import { isSuccess, type RequestId, writes } from '../api-machinery/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import { PodStage, type PodTable } from './pod-table.ts';
import type { StatusManager } from './status-manager.ts';

/** Every event of a pod's life carries the slot and the epoch in which it was planned. */
type Step = (slot: number) => void;

/** Draws of one pod differ by purpose. */
const Draw = {
  Volume: 0,
  Sandbox: 1,
  Application: 2,
  Stop: 3,
  Lifetime: 4,
  Token: 5,
  Unmount: 6,
  Container: 16,
  Init: 48,
  Pull: 80,
} as const;
/** Containers of a pod that get draws of their own; further ones share the last. */
const CONTAINERS_WITH_DRAWS = 31;

/** The pod workers of all kubelets. */
export class PodWorkers {
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly table: PodTable;
  private readonly kubelets: readonly Kubelet[];
  private readonly statuses: StatusManager;
  private readonly draws: KeyedStream;
  private readonly evVolumesMounted: EventType;
  private readonly evSandboxReady: EventType;
  private readonly evContainerStarted: EventType;
  private readonly evInitContainerExited: EventType;
  private readonly evInitContainerNoticed: EventType;
  private readonly evImageChecked: EventType;
  private readonly evImagePulled: EventType;
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
  private readonly pullServer: number;
  private readonly startup: number;
  private readonly startSeconds: HistogramSeries;

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
    this.kubelets = kubelets;
    this.statuses = statuses;
    this.draws = simulation.streams.keyed('kubelet.pods');
    this.evVolumesMounted = this.step('volumes mounted', (slot) => this.startSandbox(slot));
    this.evSandboxReady = this.step('sandbox ready', (slot) => this.onSandboxReady(slot));
    this.evContainerStarted = this.step('container started', (slot) => this.onContainerStarted(slot));
    this.evInitContainerExited = this.step('init container exited', (slot) =>
      this.awaitRelist(slot, this.evInitContainerNoticed),
    );
    this.evInitContainerNoticed = this.step('init container exit noticed', (slot) => this.onInitContainerDone(slot));
    this.evImageChecked = this.step('image checked', (slot) => this.startContainer(slot));
    this.evImagePulled = simulation.on('kubelet: image pulled', (kubelet, epoch) => this.onImagePulled(kubelet, epoch));
    this.evRunningNoticed = this.step('containers noticed running', (slot) => this.onRunningNoticed(slot));
    this.evProbe = this.step('readiness probe', (slot) => this.onProbe(slot));
    this.evExited = this.step('containers exited', (slot) => this.awaitRelist(slot, this.evExitNoticed));
    this.evExitNoticed = this.step('exit noticed', (slot) => this.onExitNoticed(slot));
    this.evStopped = this.step('containers stopped', (slot) => this.onStopped(slot));
    this.evCleanedUp = this.step('pod cleaned up', (slot) => this.statuses.allowDeletion(slot));
    this.evTokenRetry = this.step('token requested again', (slot) => this.requestToken(slot, this.onToken));
    this.evTokenRefresh = this.step('token refresh', (slot) => this.refreshToken(slot));
    this.onToken = clientGo.onReplyDo((request, slot) => this.tokenCame(request, slot));
    this.onTokenRefreshed = clientGo.onReplyDo((_, slot) => {
      table.requestReturned(slot);
    });
    this.pullServer = clientGo.waits.server('kubelet image pulls', 'server');
    this.startup = clientGo.waits.flow(FLOW_POD_STARTUP);
    this.startSeconds = clientGo.recorder.histogram('kubelet_pod_start_sli_duration_seconds');
  }

  /** Registers a step of a pod's life; it does nothing if what planned it is void by then. */
  private step(name: string, body: Step): EventType {
    return this.simulation.on(`kubelet: ${name}`, (slot, epoch) => {
      if (this.table.epoch[slot] === epoch) body(slot);
    });
  }

  private plan(slot: number, delay: Nanoseconds, type: EventType): void {
    this.simulation.after(delay, type, slot, this.table.epoch[slot] as number);
  }

  private planAt(slot: number, at: SimTime, type: EventType): void {
    this.simulation.at(at, type, slot, this.table.epoch[slot] as number);
  }

  // ---- a new pod -----------------------------------------------------------------------------------------------------------------

  /** A kubelet sees a pod for the first time. `hadBegun`: an earlier life of the kubelet had started it. */
  begin(slot: number, hadBegun: boolean): void {
    const { table } = this;
    const kubelet = this.kubeletOf(slot);
    const template = table.template[slot] as PodTemplate;
    table.seenAt[slot] = this.simulation.now;
    table.measured[slot] = hadBegun ? 1 : 0;
    const refusal = kubelet.resources.admit(template);
    if (refusal !== 0) {
      this.reject(slot, refusal);
      return;
    }
    const initialised = template.initContainers.length === 0 ? PodCondition.Initialized : 0;
    this.report(slot, PodPhase.Pending, PodCondition.Reported | initialised);
    this.requestToken(slot, this.onToken);
  }

  /** A kubelet that has just started sees a pod on its way out: nothing of it runs any more. */
  beginTerminating(slot: number): void {
    this.table.measured[slot] = 1;
    this.kubeletOf(slot).resources.admit(this.table.template[slot] as PodTemplate);
    this.stop(slot);
  }

  /** A pod that runs since before the run began: only what it will do later is planned. */
  beginPreloaded(slot: number, conditions: number, runningAt: number): void {
    const { table } = this;
    const template = table.template[slot] as PodTemplate;
    this.kubeletOf(slot).resources.admit(template);
    table.stage[slot] = PodStage.Running;
    table.measured[slot] = 1;
    table.phase[slot] = PodPhase.Running;
    table.conditions[slot] = conditions;
    table.hasIp[slot] = 1;
    table.container[slot] = template.initContainers.length + template.containers.length;
    table.runningAt[slot] = runningAt;
    for (const container of template.containers) this.kubeletOf(slot).images.pulledBefore(container.image);
    const phase = this.draws.uniform(this.entity(slot), Draw.Token);
    this.plan(slot, nanoseconds(this.parameters.tokenRefresh * phase), this.evTokenRefresh);
    this.planLifetime(slot);
  }

  private reject(slot: number, reason: number): void {
    const { table } = this;
    table.stage[slot] = PodStage.Ended;
    table.reason[slot] = reason;
    const name = podReasons[reason] as EventReason;
    this.kubeletOf(slot).recorder.record(name, kinds.pods, table.key[slot] as ObjectKey);
    this.report(slot, PodPhase.Failed, PodCondition.Reported);
  }

  private requestToken(slot: number, reply: number): void {
    const kubelet = this.kubeletOf(slot);
    this.table.requestSent(slot);
    kubelet.client.send(kubelet.client.write(writes.tokenRequest, 0 as ObjectKey), reply, slot);
  }

  private tokenCame(request: RequestId, slot: number): void {
    const { table, parameters, simulation } = this;
    if (!table.requestReturned(slot) || table.stage[slot] !== PodStage.Preparing) return;
    if (!isSuccess(this.clientGo.requests.code[request] as number)) {
      // The mount fails and is tried again (nestedpendingoperations: exponential back-off).
      const pause = Math.min(
        parameters.mountBackoff * 2 ** (table.mountFailures[slot] as number),
        parameters.mountBackoffMaximum,
      );
      table.mountFailures[slot] = (table.mountFailures[slot] as number) + 1;
      this.plan(slot, nanoseconds(pause), this.evTokenRetry);
      return;
    }
    this.plan(slot, parameters.tokenRefresh, this.evTokenRefresh);
    const mounted = simulation.now + parameters.volumeMount.keyedSample(this.draws, this.entity(slot), Draw.Volume);
    // The pod worker polls for its volumes from the moment it began.
    const began = table.seenAt[slot] as number;
    const polls = Math.ceil((mounted - began) / parameters.volumeWaitPoll);
    this.planAt(slot, (began + polls * parameters.volumeWaitPoll) as SimTime, this.evVolumesMounted);
  }

  private refreshToken(slot: number): void {
    this.requestToken(slot, this.onTokenRefreshed);
    this.plan(slot, this.parameters.tokenRefresh, this.evTokenRefresh);
  }

  private startSandbox(slot: number): void {
    this.table.mountedAt[slot] = this.simulation.now;
    const span = this.parameters.sandboxStart.keyedSample(this.draws, this.entity(slot), Draw.Sandbox);
    this.plan(slot, span, this.evSandboxReady);
  }

  private onSandboxReady(slot: number): void {
    const { table } = this;
    table.hasIp[slot] = 1;
    table.stage[slot] = PodStage.StartingContainers;
    this.report(slot, PodPhase.Pending, (table.conditions[slot] as number) | PodCondition.ReadyToStartContainers);
    this.prepareContainer(slot);
  }

  // ---- containers ----------------------------------------------------------------------------------------------------------------

  /** The container whose turn it is: init containers first. */
  private currentContainer(slot: number): Container | undefined {
    const template = this.table.template[slot] as PodTemplate;
    const index = this.table.container[slot] as number;
    return template.initContainers[index] ?? template.containers[index - template.initContainers.length];
  }

  private prepareContainer(slot: number): void {
    const container = this.currentContainer(slot);
    if (container === undefined) {
      this.table.runningAt[slot] = this.simulation.now;
      this.awaitRelist(slot, this.evRunningNoticed);
      return;
    }
    const { images } = this.kubeletOf(slot);
    if (this.parameters.imagesPresent || images.has(container.image)) {
      if (container.imagePullPolicy === 'Always') {
        this.plan(
          slot,
          this.parameters.imageCheck.keyedSample(this.draws, this.entity(slot), this.drawOf(slot, Draw.Pull)),
          this.evImageChecked,
        );
      } else {
        this.startContainer(slot);
      }
      return;
    }
    this.kubeletOf(slot).recorder.record(
      'Pulling',
      kinds.pods,
      this.table.key[slot] as ObjectKey,
      this.table.container[slot],
    );
    const pull = images.want(container.image, slot, this.table.epoch[slot] as number, this.simulation.now);
    if (pull !== undefined) this.startPull(this.kubeletOf(slot));
  }

  private startPull(kubelet: Kubelet): void {
    const pull = kubelet.images.current;
    const first = pull?.waiting[0];
    if (first === undefined) return;
    const span = this.parameters.imagePull.keyedSample(
      this.draws,
      this.entity(first.slot),
      this.drawOf(first.slot, Draw.Pull),
    );
    this.simulation.after(span, this.evImagePulled, kubelet.index, kubelet.epoch);
    // The pod that starts a pull waits for nothing; the pull itself is service.
    kubelet.images.startedAt = this.simulation.now;
  }

  private onImagePulled(index: number, epoch: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (kubelet.epoch !== epoch) return;
    const { startedAt } = kubelet.images;
    const pull = kubelet.images.pulled();
    for (const waiting of pull.waiting) {
      if (this.table.epoch[waiting.slot] !== waiting.epoch) continue;
      this.exclude(waiting.slot, this.simulation.now - waiting.since);
      const queued = Math.max(0, startedAt - waiting.since);
      this.clientGo.waits.passed(this.pullServer, queued);
      this.clientGo.waits.add(this.startup, this.pullServer, queued);
      this.startContainer(waiting.slot);
    }
    this.startPull(kubelet);
  }

  private startContainer(slot: number): void {
    const recorder = this.kubeletOf(slot).recorder;
    recorder.record('Pulled', kinds.pods, this.table.key[slot] as ObjectKey, this.table.container[slot]);
    const span = this.parameters.containerStart.keyedSample(
      this.draws,
      this.entity(slot),
      this.drawOf(slot, Draw.Container),
    );
    this.plan(slot, span, this.evContainerStarted);
  }

  private onContainerStarted(slot: number): void {
    const { table } = this;
    const recorder = this.kubeletOf(slot).recorder;
    const key = table.key[slot] as ObjectKey;
    const index = table.container[slot] as number;
    recorder.record('Created', kinds.pods, key, index);
    recorder.record('Started', kinds.pods, key, index);
    const template = table.template[slot] as PodTemplate;
    const init = template.initContainers[index];
    if (init !== undefined && !init.sidecar) {
      const span = this.parameters.initContainerRun.keyedSample(
        this.draws,
        this.entity(slot),
        this.drawOf(slot, Draw.Init),
      );
      this.exclude(slot, span);
      this.plan(slot, span, this.evInitContainerExited);
      return;
    }
    // Sidecars and containers are started and not waited for.
    this.nextContainer(slot);
  }

  private onInitContainerDone(slot: number): void {
    const template = this.table.template[slot] as PodTemplate;
    const isLast = (this.table.container[slot] as number) + 1 >= template.initContainers.length;
    // Each init container that ends is a change of the pod's status.
    this.table.initialised[slot] = (this.table.initialised[slot] as number) + 1;
    const conditions = (this.table.conditions[slot] as number) | (isLast ? PodCondition.Initialized : 0);
    this.report(slot, PodPhase.Pending, conditions);
    this.nextContainer(slot);
  }

  private nextContainer(slot: number): void {
    this.table.container[slot] = (this.table.container[slot] as number) + 1;
    this.prepareContainer(slot);
  }

  /** Something happened in the runtime; the next relist notices. */
  private awaitRelist(slot: number, noticed: EventType): void {
    this.planAt(slot, this.kubeletOf(slot).nextTick(this.simulation.now, this.parameters.plegRelistPeriod), noticed);
  }

  // ---- running -------------------------------------------------------------------------------------------------------------------

  private onRunningNoticed(slot: number): void {
    const { table } = this;
    table.stage[slot] = PodStage.Running;
    const probe = this.readinessProbe(slot);
    const conditions = (table.conditions[slot] as number) | PodCondition.Initialized;
    if (probe === undefined) {
      this.report(slot, PodPhase.Running, conditions | PodCondition.ContainersReady | PodCondition.Ready);
    } else {
      this.report(slot, PodPhase.Running, conditions);
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
    this.startSeconds.record(span / NS_PER_SECOND);
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
    this.planAt(slot, (began + ticks * probe.period) as SimTime, this.evProbe);
  }

  private onProbe(slot: number): void {
    const { table, parameters, simulation } = this;
    const probe = this.readinessProbe(slot);
    if (probe === undefined) return;
    const startsUp = parameters.applicationStart.keyedSample(this.draws, this.entity(slot), Draw.Application);
    const answersFrom = (table.runningAt[slot] as number) + startsUp + (probe.successThreshold - 1) * probe.period;
    if (simulation.now >= answersFrom) {
      this.report(
        slot,
        PodPhase.Running,
        (table.conditions[slot] as number) | PodCondition.ContainersReady | PodCondition.Ready,
      );
      return;
    }
    const began = table.mountedAt[slot] as number;
    const ticks = Math.floor((simulation.now - began) / probe.period) + 1;
    this.planAt(slot, (began + ticks * probe.period) as SimTime, this.evProbe);
  }

  private planLifetime(slot: number): void {
    const { lifetime } = this.table.template[slot] as PodTemplate;
    if (lifetime === undefined) return;
    const span = lifetime.quantile(this.draws.uniform(this.entity(slot), Draw.Lifetime));
    this.plan(slot, nanoseconds(Math.max(0, span)), this.evExited);
  }

  private onExitNoticed(slot: number): void {
    const { table } = this;
    table.stage[slot] = PodStage.Ended;
    this.kubeletOf(slot).resources.release(table.template[slot] as PodTemplate);
    this.report(slot, PodPhase.Succeeded, this.withoutReady(slot));
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
      this.awaitRelist(slot, this.evStopped);
      return;
    }
    this.recordKilling(slot);
    const span = parameters.containerStop.keyedSample(this.draws, this.entity(slot), Draw.Stop);
    if (span > template.terminationGracePeriod) table.killed[slot] = 1;
    this.plan(slot, nanoseconds(Math.min(span, template.terminationGracePeriod)), this.evStopped);
  }

  /** One event for each container that has been started and is not an init container that is over. */
  private recordKilling(slot: number): void {
    const { table } = this;
    const { initContainers } = table.template[slot] as PodTemplate;
    const { recorder } = this.kubeletOf(slot);
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
    this.kubeletOf(slot).resources.release(table.template[slot] as PodTemplate);
    const succeeded = table.phase[slot] === PodPhase.Running && table.killed[slot] === 0;
    this.report(slot, succeeded ? PodPhase.Succeeded : PodPhase.Failed, this.withoutReady(slot));
    this.cleanUp(slot);
  }

  /** SyncTerminatedPod waits for the next relist, and then until the volumes, whose unmounting has begun meanwhile, are gone. */
  private cleanUp(slot: number): void {
    const { plegRelistPeriod, volumeMount, volumeWaitPoll } = this.parameters;
    const { now } = this.simulation;
    const relist = this.kubeletOf(slot).nextTick(plus(now, nanoseconds(1)), plegRelistPeriod);
    const unmounted = now + volumeMount.keyedSample(this.draws, this.entity(slot), Draw.Unmount);
    const polls = Math.max(0, Math.ceil((unmounted - relist) / volumeWaitPoll));
    this.planAt(slot, (relist + polls * volumeWaitPoll) as SimTime, this.evCleanedUp);
  }

  /** The pod is gone from the API: whatever is left on the node is killed and forgotten. */
  forget(slot: number): void {
    const { table } = this;
    const kubelet = this.kubeletOf(slot);
    if (table.gone[slot] === 1) return;
    if (table.stage[slot] !== PodStage.Ended) kubelet.resources.release(table.template[slot] as PodTemplate);
    kubelet.pods.delete(table.key[slot] as ObjectKey);
    table.remove(slot);
  }

  // ---- small parts ---------------------------------------------------------------------------------------------------------------

  private withoutReady(slot: number): number {
    return (this.table.conditions[slot] as number) & ~(PodCondition.Ready | PodCondition.ContainersReady);
  }

  private report(slot: number, phase: number, conditions: number): void {
    this.table.phase[slot] = phase;
    this.table.conditions[slot] = conditions;
    this.statuses.update(slot);
  }

  private exclude(slot: number, span: number): void {
    this.table.excluded[slot] = (this.table.excluded[slot] as number) + span;
  }

  private kubeletOf(slot: number): Kubelet {
    return this.kubelets[this.table.node[slot] as number] as Kubelet;
  }

  /** Identity of a pod for keyed draws. */
  private entity(slot: number): number {
    return this.table.key[slot] as number;
  }

  /** Number of the draw for the current container. */
  private drawOf(slot: number, kind: number): number {
    return kind + Math.min(this.table.container[slot] as number, CONTAINERS_WITH_DRAWS);
  }
}
