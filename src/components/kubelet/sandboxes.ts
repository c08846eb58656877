/**
 * Sandboxes: the pause container that holds a pod's namespaces, and the address that the pod keeps as long as its sandbox lives, whatever its
 * containers do. K:pkg/kubelet/kuberuntime/kuberuntime_sandbox.go, kuberuntime_manager.go:SyncPod.
 * A sandbox that cannot be made is told of by an event and made anew when the pod worker tries again (pod_workers.go:completeWork).
 */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import type { EventType } from '../../engine/index.ts';
import type { CounterSeries } from '../../metrics/index.ts';
import { nanoseconds } from '../../units/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { PodNetwork } from './pod-network.ts';
import { Draw, type PodSteps } from './pod-steps.ts';
import type { RuntimeWork } from './runtime-work.ts';

/** The sandboxes of all nodes. */
export class Sandboxes {
  /** The CNI plugin of the nodes; undefined = none is modelled. */
  network: PodNetwork | undefined;
  private readonly steps: PodSteps;
  private readonly work: RuntimeWork;
  private readonly onReady: (slot: number) => void;
  private readonly starts: CounterSeries;
  private readonly errors: CounterSeries;
  private readonly evReady: EventType;
  private readonly evPauseRuns: EventType;
  private readonly evFailed: EventType;
  private readonly evTriedAgain: EventType;

  /** `onReady`: the sandbox of a pod is there, with its address. */
  constructor(clientGo: ClientGo, steps: PodSteps, work: RuntimeWork, onReady: (slot: number) => void) {
    this.steps = steps;
    this.work = work;
    this.starts = clientGo.recorder.counter('kubelet_started_pods_total');
    this.errors = clientGo.recorder.counter('kubelet_started_pods_errors_total');
    this.onReady = onReady;
    this.evReady = steps.on('sandbox ready', (slot) => this.ready(slot));
    this.evPauseRuns = steps.on('pause container runs', (slot) => this.connect(slot));
    this.evFailed = steps.on('sandbox failed', (slot) => this.failed(slot));
    this.evTriedAgain = steps.on('sandbox tried again', (slot) => this.start(slot));
  }

  /** RunPodSandbox. */
  start(slot: number): void {
    const { steps } = this;
    const { sandboxStart, sandboxWithoutNetwork } = steps.parameters;
    this.starts.add();
    const isConnected = this.usesNetwork(slot);
    const span = isConnected ? sandboxWithoutNetwork : sandboxStart;
    const draw = steps.drawOfAttempt(Draw.Sandbox, steps.table.sandboxAttempts[slot] as number);
    this.work.do(
      slot,
      span.keyedSample(steps.draws, steps.entity(slot), draw),
      isConnected ? this.evPauseRuns : this.evReady,
    );
  }

  /** A pod that runs since before the run has its address. */
  startedBefore(slot: number): void {
    const { table } = this.steps;
    table.hasIp[slot] = 1;
    if (!this.usesNetwork(slot)) return;
    const { nodeKey } = this.steps.kubeletOf(slot);
    if (this.network?.adopt(nodeKey, table.key[slot] as ObjectKey) === true) table.isConnected[slot] = 1;
  }

  /** The sandbox of a pod is stopped, or was lost: its address can be another pod's. */
  stop(slot: number): void {
    const { table } = this.steps;
    if (table.isConnected[slot] === 0) return;
    table.isConnected[slot] = 0;
    this.network?.remove(this.steps.kubeletOf(slot).nodeKey, table.key[slot] as ObjectKey);
  }

  private usesNetwork(slot: number): boolean {
    return this.network !== undefined && !this.steps.templateOf(slot).hostNetwork;
  }

  private connect(slot: number): void {
    const { steps } = this;
    const { nodeKey } = steps.kubeletOf(slot);
    const answer = (this.network as PodNetwork).add(nodeKey, steps.table.key[slot] as ObjectKey);
    const { span, succeeded } = answer;
    if (succeeded) steps.table.isConnected[slot] = 1;
    steps.plan(slot, span, succeeded ? this.evReady : this.evFailed);
  }

  private ready(slot: number): void {
    const { table } = this.steps;
    table.hasIp[slot] = 1;
    table.sandboxAttempts[slot] = 0;
    this.onReady(slot);
  }

  private failed(slot: number): void {
    const { steps } = this;
    const { table, parameters } = steps;
    this.errors.add();
    steps.kubeletOf(slot).recorder.record('FailedCreatePodSandBox', kinds.pods, table.key[slot] as ObjectKey);
    table.sandboxAttempts[slot] = (table.sandboxAttempts[slot] as number) + 1;
    const share = steps.draws.uniform(
      steps.entity(slot),
      steps.drawOfAttempt(Draw.Retry, table.sandboxAttempts[slot] as number),
    );
    const pause = parameters.podWorkerBackoff * (1 + parameters.podWorkerBackoffJitter * share);
    steps.plan(slot, nanoseconds(pause), this.evTriedAgain);
  }
}
