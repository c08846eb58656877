/**
 * What happens to a pod on its node, from the moment its kubelet sees it until nothing of it is left: admission, token and volumes, the sandbox
 * (sandboxes.ts), its containers (pod-sync.ts), its end (pod-termination.ts). K:pkg/kubelet/kubelet.go:SyncPod, pkg/kubelet/pod_workers.go.
 * The container runtime is a set of spans here; its requests are not modelled one by one.
 */
import { type EventReason, kinds, type ObjectKey, PodCondition, PodPhase, podReasons } from '../../cluster/index.ts';
import type { EventType, ValuesOf } from '../../engine/index.ts';
import type { HistogramSeries } from '../../metrics/index.ts';
import { between, type Nanoseconds, type SimTime } from '../../units/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import { Applications } from './application.ts';
import { ContainerRuns } from './container-runs.ts';
import { ContainerStarts } from './container-starts.ts';
import { ContainerStops } from './container-stops.ts';
import { ContainerState } from './container-table.ts';
import { EvictionManagers } from './eviction-manager.ts';
import { ImageGarbage } from './image-garbage.ts';
import { ImagePulls } from './image-pulls.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import { NodeUsage } from './node-usage.ts';
import { PodActions } from './pod-actions.ts';
import type { PodNetwork } from './pod-network.ts';
import { Role } from './pod-plan.ts';
import { PodStatuses } from './pod-status.ts';
import { PodSteps } from './pod-steps.ts';
import { PodSyncs } from './pod-sync.ts';
import { PodStage, type PodTable } from './pod-table.ts';
import { PodTerminations } from './pod-termination.ts';
import { Probes } from './probes.ts';
import { RuntimeWork } from './runtime-work.ts';
import { Sandboxes } from './sandboxes.ts';
import type { StatusManager } from './status-manager.ts';
import { VolumeManager } from './volume-manager.ts';

/** What pod workers need from outside. */
export interface WorkerSurroundings {
  /** Compressed sizes of images by name [B]; those of others are drawn. */
  readonly imageSizes: ReadonlyMap<string, number>;
  /** A node has something else to report. */
  conditionChanged(kubelet: Kubelet): void;
}

/** Exit code of a program that has crashed. */
const CRASHED = 1;

/** The pod workers of all kubelets. */
export class PodWorkers {
  private readonly clientGo: ClientGo;
  private readonly around: WorkerSurroundings;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly table: PodTable;
  private readonly steps: PodSteps;
  private readonly statuses: PodStatuses;
  private readonly work: RuntimeWork;
  private readonly sandboxes: Sandboxes;
  private readonly applications: Applications;
  private readonly runs: ContainerRuns;
  private readonly probes: Probes;
  /** Told that a container of a static pod has started or ended in the runtime. */
  onStaticChanged: (slot: number) => void = () => {};
  /** What a pod waits for before its sandbox. */
  private readonly volumes: VolumeManager;
  private readonly syncs: PodSyncs;
  private readonly terminations: PodTerminations;
  private readonly images: ImagePulls;
  private readonly garbage: ImageGarbage;
  private readonly evictions: EvictionManagers;
  private readonly evVolumesMounted: EventType;
  /** Starts without pulls and init containers, in full, and from when the kubelet sees the pod. */
  private readonly startSeconds: HistogramSeries;
  private readonly totalStartSeconds: HistogramSeries;
  private readonly kubeletStartSeconds: HistogramSeries;
  private rejectedAge: HistogramSeries | undefined;

  constructor(
    clientGo: ClientGo,
    parameters: ValuesOf<typeof kubeletParameters>,
    table: PodTable,
    kubelets: readonly Kubelet[],
    manager: StatusManager,
    around: WorkerSurroundings,
  ) {
    this.clientGo = clientGo;
    this.around = around;
    this.parameters = parameters;
    this.table = table;
    const steps = new PodSteps(clientGo.simulation, parameters, table, kubelets, manager);
    this.steps = steps;
    this.statuses = new PodStatuses(steps);
    this.work = new RuntimeWork(clientGo, steps);
    this.sandboxes = new Sandboxes(clientGo, steps, this.work, (slot) => this.onSandboxReady(slot));
    const applications = new Applications(steps);
    this.applications = applications;
    this.runs = new ContainerRuns(clientGo, steps, applications, (slot) => {
      this.syncs.changed(slot);
      if (table.isStatic[slot] === 1) this.onStaticChanged(slot);
    });
    this.probes = new Probes(clientGo, steps, applications, {
      changed: (slot) => this.onProbed(slot),
      failed: (slot) => this.syncs.request(slot),
    });
    const { statuses, sandboxes, runs, probes } = this;
    const stops = new ContainerStops(steps);
    const parts = { runs, stops, probes, statuses, sandboxes, manager };
    this.terminations = new PodTerminations(steps, parts);
    const actions = new PodActions(steps, probes, statuses);
    this.syncs = new PodSyncs(
      steps,
      { ...parts, actions },
      {
        start: (slot) => starts.begin(slot),
        over: (slot) => this.terminations.begin(slot, steps.templateOf(slot).terminationGracePeriod),
      },
    );
    const usage = new NodeUsage(steps, applications);
    this.garbage = new ImageGarbage(clientGo, steps, usage, around.conditionChanged);
    this.evictions = new EvictionManagers(clientGo, steps, usage, this.garbage, {
      evict: (slot, grace) => this.evict(slot, grace),
      pressureChanged: around.conditionChanged,
    });
    this.images = new ImagePulls(clientGo, steps, around.imageSizes, {
      ready: (row) => starts.create(row),
      failed: (row) => starts.failed(row),
      pulled: (kubelet) => this.onPulled(kubelet),
    });
    const starts = new ContainerStarts(steps, this.work, runs, this.images, (slot) => this.syncs.startsDone(slot));
    this.evVolumesMounted = steps.onRuntime('volumes mounted', (slot) => this.onVolumesMounted(slot));
    this.volumes = new VolumeManager(clientGo, steps, this.evVolumesMounted);
    this.startSeconds = clientGo.recorder.histogram('kubelet_pod_start_sli_duration_seconds');
    this.totalStartSeconds = clientGo.recorder.histogram('kubelet_pod_start_total_duration_seconds');
    this.kubeletStartSeconds = clientGo.recorder.histogram('kubelet_pod_start_duration_seconds');
  }

  // ---- a new pod -----------------------------------------------------------------------------------------------------------------

  /** A kubelet sees a pod for the first time. `hadBegun`: an earlier life of the kubelet had started it. */
  begin(slot: number, hadBegun: boolean): void {
    const { table, steps } = this;
    table.seenAt[slot] = this.clientGo.simulation.now;
    table.measured[slot] = hadBegun ? 1 : 0;
    const refusal = this.evictions.refuses(slot) || steps.kubeletOf(slot).resources.admit(steps.templateOf(slot));
    if (refusal !== 0) {
      this.reject(slot, refusal);
      return;
    }
    table.conditions[slot] = PodCondition.Reported;
    this.statuses.tell(slot, PodPhase.Pending);
    this.volumes.mount(slot);
  }

  /** A kubelet that has just started sees a pod on its way out: nothing of it runs any more. */
  beginTerminating(slot: number): void {
    const { table, steps } = this;
    table.measured[slot] = 1;
    // One that ended, or was refused, before may find its room given away: it holds nothing, only its clean-up is left.
    const refusal = steps.kubeletOf(slot).resources.admit(steps.templateOf(slot));
    if (refusal !== 0) table.stage[slot] = PodStage.Ended;
    this.terminations.delete(slot);
  }

  /**
   * A pod that runs since before the run, which began at `revision`: only what it will do later is planned. Returns the number that stands for its
   * container statuses.
   */
  beginPreloaded(slot: number, conditions: number, runningAt: number, revision: number): number {
    const { table, steps } = this;
    const template = steps.templateOf(slot);
    const kubelet = steps.kubeletOf(slot);
    kubelet.resources.admit(template);
    table.measured[slot] = 1;
    table.phase[slot] = PodPhase.Running;
    table.conditions[slot] = conditions;
    this.sandboxes.startedBefore(slot);
    this.probes.begin(slot, true);
    table.runningAt[slot] = runningAt;
    const { containers } = steps.planOfPod(slot);
    const first = table.firstRow[slot] as number;
    containers.forEach(({ role, container }, index) => {
      this.images.presentBefore(kubelet, container.image);
      this.runs.startedBefore(first + index, role === Role.Init ? ContainerState.Exited : ContainerState.Running);
    });
    table.stage[slot] = PodStage.Active;
    this.statuses.assume(slot);
    this.probes.containersSeen(slot);
    if (steps.planOfPod(slot).usesResources) this.evictions.watch(kubelet);
    this.volumes.mountedBefore(slot, revision);
    this.runs.beginLifetime(slot);
    return table.containerDigest[slot] as number;
  }

  private reject(slot: number, reason: number): void {
    const { table, steps } = this;
    table.stage[slot] = PodStage.Ended;
    table.reason[slot] = reason;
    const name = podReasons[reason] as EventReason;
    steps.kubeletOf(slot).recorder.record(name, kinds.pods, table.key[slot] as ObjectKey);
    steps.report(slot, PodPhase.Failed, PodCondition.Reported);
    const { recorder, simulation } = this.clientGo;
    recorder.counter('kubelet_admission_rejections_total', { reason: name }).add();
    this.rejectedAge ??= recorder.histogram('plimsoll_rejected_pod_age_seconds');
    this.rejectedAge.recordSpan(between(table.createdAt[slot] as SimTime, simulation.now));
  }

  /** A pod that runs already, of which a new process of the kubelet asks, has had its volumes all the time. */
  private onVolumesMounted(slot: number): void {
    if (this.table.stage[slot] !== PodStage.Preparing) return;
    this.probes.begin(slot, false);
    this.sandboxes.start(slot);
  }

  private onSandboxReady(slot: number): void {
    const { table } = this;
    table.stage[slot] = PodStage.Active;
    if (this.parameters.podReadyToStartContainers) {
      table.conditions[slot] = (table.conditions[slot] as number) | PodCondition.ReadyToStartContainers;
      this.statuses.tell(slot, PodPhase.Pending);
    }
    if (this.steps.planOfPod(slot).usesResources) this.evictions.watch(this.steps.kubeletOf(slot));
    this.syncs.act(slot);
  }

  // ---- running -------------------------------------------------------------------------------------------------------------------

  /** A container is ready, or is not any more, or has started up: that is told at once, and the pod is synced. */
  private onProbed(slot: number): void {
    const { stage } = this.table;
    if (stage[slot] === PodStage.Active || stage[slot] === PodStage.Stopping) this.statuses.report(slot);
    this.syncs.request(slot);
  }

  /** The API says that the pod runs, and the kubelet's own watch soon shows it: that ends its start (pod_startup_latency_tracker.go). */
  statusWritten(slot: number): void {
    const { table } = this;
    if (table.measured[slot] === 1 || table.phase[slot] !== PodPhase.Running) return;
    table.measured[slot] = 1;
    const { now } = this.clientGo.simulation;
    const total = between(table.createdAt[slot] as SimTime, now);
    this.startSeconds.recordSpan((total - (table.excluded[slot] as number)) as Nanoseconds);
    this.totalStartSeconds.recordSpan(total);
    this.kubeletStartSeconds.recordSpan(between(table.seenAt[slot] as SimTime, now));
  }

  /** A node has one more image: it reports it, and its disk may be full. */
  private onPulled(kubelet: Kubelet): void {
    this.around.conditionChanged(kubelet);
    this.garbage.consider(kubelet);
    if (this.garbage.isFull(kubelet)) this.evictions.watch(kubelet);
  }

  // ---- the end -------------------------------------------------------------------------------------------------------------------

  /** The API server wants the pod gone: SIGTERM, the grace period, and what follows. */
  stop(slot: number): void {
    this.terminations.delete(slot);
  }

  /** Its kubelet needs the room of a pod: it is stopped, and has failed once nothing of it runs any more. */
  private evict(slot: number, grace: Nanoseconds): void {
    const { table } = this;
    table.isEvicted[slot] = 1;
    table.reason[slot] = podReasons.indexOf('Evicted');
    table.conditions[slot] = (table.conditions[slot] as number) | PodCondition.DisruptionTarget;
    this.terminations.begin(slot, grace);
  }

  /** The pod is gone from the API: whatever is left on the node is killed and forgotten. */
  forget(slot: number): void {
    const { table, steps } = this;
    const kubelet = steps.kubeletOf(slot);
    if (table.gone[slot] === 1) return;
    if (table.stage[slot] !== PodStage.Ended) kubelet.resources.release(steps.templateOf(slot));
    kubelet.pods.delete(table.key[slot] as ObjectKey);
    this.lose(slot);
  }

  /** The pod is gone from its node, or its node has lost power: nothing of it runs. */
  lose(slot: number): void {
    this.volumes.forget(slot);
    this.probes.end(slot);
    this.runs.lose(slot);
    this.sandboxes.stop(slot);
    this.table.remove(slot);
  }

  /** The CNI plugin that gives pods their addresses. */
  connect(network: PodNetwork): void {
    this.sandboxes.network = network;
  }

  // ---- static pods ---------------------------------------------------------------------------------------------------------------

  /** When the program in the first container of a pod is up [ns]; undefined = the container does not run. */
  upAt(slot: number): number | undefined {
    const row = this.table.firstRow[slot] as number;
    return this.steps.rows.state[row] === ContainerState.Running ? this.applications.upAt(row) : undefined;
  }

  /** The program in the first container of a pod has ended by itself. */
  endContainers(slot: number): void {
    const row = this.table.firstRow[slot] as number;
    if (this.steps.rows.state[row] === ContainerState.Running) this.runs.exit(row, CRASHED);
  }

  // ---- the kubelet's process -----------------------------------------------------------------------------------------------------

  /** The kubelet's process has ended: it keeps no Secrets and ConfigMaps any more, pulls no images and evicts nobody. */
  processEnded(kubelet: Kubelet): void {
    this.volumes.settings.stop(kubelet);
    this.work.forget(kubelet);
    this.images.interrupt(kubelet);
    this.evictions.forget(kubelet);
  }

  /** The kubelet's process has ended: what it had planned is void, and nobody notices when the containers, which run on, exit. */
  detach(slot: number): void {
    const { table } = this;
    table.epoch[slot] = (table.epoch[slot] as number) + 1;
    table.busy[slot] = 0;
    table.pending[slot] = 0;
    // What was to be cleaned up is begun anew; a stop goes on for the reason that it had.
    if (table.stage[slot] !== PodStage.Stopping) table.deleting[slot] = 0;
    table.deletable[slot] = 0;
    this.probes.end(slot);
    this.terminations.detach(slot);
    // Nobody looks until there is a new process.
    table.relistAwaited[slot] = 1;
  }

  /** A new process of the kubelet finds the pod in its first list: it goes on from where the runtime is, and tells of it anew. */
  readopt(slot: number): void {
    const { table } = this;
    table.epoch[slot] = (table.epoch[slot] as number) + 1;
    table.relistAwaited[slot] = 0;
    table.seenAt[slot] = this.clientGo.simulation.now;
    if (this.parameters.restartLosesReadiness) this.probes.forgetReadiness(slot);
    this.statuses.tellAnew(slot);
    switch (table.stage[slot]) {
      case PodStage.Preparing:
        this.volumes.mount(slot);
        break;
      case PodStage.Active:
        this.volumes.mount(slot);
        this.probes.begin(slot, true);
        this.syncs.resume(slot);
        if (this.steps.planOfPod(slot).usesResources) this.evictions.watch(this.steps.kubeletOf(slot));
        break;
      case PodStage.Stopping:
        this.terminations.resume(slot);
        break;
    }
  }
}
