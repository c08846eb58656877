/**
 * How the containers of a pod come up, one after the other: images checked or pulled, init containers run to their end, sidecars and containers
 * started in the order of the specification. K:pkg/kubelet/kuberuntime/kuberuntime_manager.go:SyncPod, K:pkg/kubelet/images.
 */
import {
  type Container,
  kinds,
  type ObjectKey,
  PodCondition,
  PodPhase,
  type PodTemplate,
} from '../../cluster/index.ts';
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import { FLOW_POD_STARTUP } from '../../metrics/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import { Draw, type PodSteps } from './pod-steps.ts';
import type { PodTable } from './pod-table.ts';

/** The starts of containers on all nodes. */
export class ContainerStarts {
  private readonly clientGo: ClientGo;
  private readonly steps: PodSteps;
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly table: PodTable;
  private readonly kubelets: readonly Kubelet[];
  /** Step "it is noticed that all containers run". */
  private readonly allRunning: EventType;
  private readonly evContainerStarted: EventType;
  private readonly evInitContainerExited: EventType;
  private readonly evInitContainerNoticed: EventType;
  private readonly evImageChecked: EventType;
  private readonly evImagePulled: EventType;
  private readonly pullServer: number;
  private readonly startup: number;

  constructor(clientGo: ClientGo, steps: PodSteps, allRunning: EventType) {
    this.clientGo = clientGo;
    this.steps = steps;
    this.simulation = steps.simulation;
    this.parameters = steps.parameters;
    this.table = steps.table;
    this.kubelets = steps.kubelets;
    this.allRunning = allRunning;
    this.evContainerStarted = steps.onRuntime('container started', (slot) => this.onContainerStarted(slot));
    this.evInitContainerExited = steps.on('init container exited', (slot) =>
      steps.awaitRelist(slot, this.evInitContainerNoticed),
    );
    this.evInitContainerNoticed = steps.onRuntime('init container exit noticed', (slot) =>
      this.onInitContainerDone(slot),
    );
    this.evImageChecked = steps.onRuntime('image checked', (slot) => this.startContainer(slot));
    this.evImagePulled = steps.simulation.on('kubelet: image pulled', (kubelet, epoch) =>
      this.onImagePulled(kubelet, epoch),
    );
    this.pullServer = clientGo.waits.server('kubelet image pulls', 'server');
    this.startup = clientGo.waits.flow(FLOW_POD_STARTUP);
  }

  /** The sandbox is ready: the first container has its turn. */
  begin(slot: number): void {
    this.prepare(slot);
  }

  /** The container whose turn it is: init containers first. */
  private currentContainer(slot: number): Container | undefined {
    const template = this.table.template[slot] as PodTemplate;
    const index = this.table.container[slot] as number;
    return template.initContainers[index] ?? template.containers[index - template.initContainers.length];
  }

  /** Prepares the container whose turn it is; without one all run, which the next relist notices. */
  private prepare(slot: number): void {
    const container = this.currentContainer(slot);
    if (container === undefined) {
      this.table.runningAt[slot] = this.simulation.now;
      this.steps.awaitRelist(slot, this.allRunning);
      return;
    }
    const { images } = this.steps.kubeletOf(slot);
    if (this.parameters.imagesPresent || images.has(container.image)) {
      if (container.imagePullPolicy === 'Always') {
        this.steps.plan(
          slot,
          this.parameters.imageCheck.keyedSample(
            this.steps.draws,
            this.steps.entity(slot),
            this.steps.drawOf(slot, Draw.Pull),
          ),
          this.evImageChecked,
        );
      } else {
        this.startContainer(slot);
      }
      return;
    }
    this.steps
      .kubeletOf(slot)
      .recorder.record('Pulling', kinds.pods, this.table.key[slot] as ObjectKey, this.table.container[slot]);
    const pull = images.want(container.image, slot, this.table.epoch[slot] as number, this.simulation.now);
    if (pull !== undefined) this.startPull(this.steps.kubeletOf(slot));
  }

  private startPull(kubelet: Kubelet): void {
    const pull = kubelet.images.current;
    const first = pull?.waiting[0];
    if (first === undefined) return;
    const span = this.parameters.imagePull.keyedSample(
      this.steps.draws,
      this.steps.entity(first.slot),
      this.steps.drawOf(first.slot, Draw.Pull),
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
      this.steps.exclude(waiting.slot, this.simulation.now - waiting.since);
      const queued = Math.max(0, startedAt - waiting.since);
      this.clientGo.waits.passed(this.pullServer, queued);
      this.clientGo.waits.add(this.startup, this.pullServer, queued);
      this.startContainer(waiting.slot);
    }
    this.startPull(kubelet);
  }

  private startContainer(slot: number): void {
    const recorder = this.steps.kubeletOf(slot).recorder;
    recorder.record('Pulled', kinds.pods, this.table.key[slot] as ObjectKey, this.table.container[slot]);
    const span = this.parameters.containerStart.keyedSample(
      this.steps.draws,
      this.steps.entity(slot),
      this.steps.drawOf(slot, Draw.Container),
    );
    this.steps.plan(slot, span, this.evContainerStarted);
  }

  private onContainerStarted(slot: number): void {
    const { table } = this;
    const recorder = this.steps.kubeletOf(slot).recorder;
    const key = table.key[slot] as ObjectKey;
    const index = table.container[slot] as number;
    recorder.record('Created', kinds.pods, key, index);
    recorder.record('Started', kinds.pods, key, index);
    const template = table.template[slot] as PodTemplate;
    const init = template.initContainers[index];
    if (init !== undefined && !init.sidecar) {
      const span = this.parameters.initContainerRun.keyedSample(
        this.steps.draws,
        this.steps.entity(slot),
        this.steps.drawOf(slot, Draw.Init),
      );
      this.steps.exclude(slot, span);
      this.steps.plan(slot, span, this.evInitContainerExited);
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
    this.steps.report(slot, PodPhase.Pending, conditions);
    this.nextContainer(slot);
  }

  private nextContainer(slot: number): void {
    this.table.container[slot] = (this.table.container[slot] as number) + 1;
    this.prepare(slot);
  }
}
