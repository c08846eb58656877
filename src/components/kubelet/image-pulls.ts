/**
 * Images for containers that are about to start: whether they are there, and the pulls of those that are not. K:pkg/kubelet/images/image_manager.go.
 * Pulls of a node are made one at a time (serializeImagePulls).
 */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import type { EventType } from '../../engine/index.ts';
import { FLOW_POD_STARTUP } from '../../metrics/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { Kubelet } from './kubelet.ts';
import { Draw, type PodSteps } from './pod-steps.ts';

/** The image managers of all kubelets. */
export class ImagePulls {
  private readonly clientGo: ClientGo;
  private readonly steps: PodSteps;
  private readonly evChecked: EventType;
  private readonly evPulled: EventType;
  private readonly pullServer: number;
  private readonly startup: number;
  /** Told that the image of a container is there, or cannot be had for now. */
  onReady: (row: number) => void = () => {};
  onFailed: (row: number) => void = () => {};

  constructor(clientGo: ClientGo, steps: PodSteps) {
    this.clientGo = clientGo;
    this.steps = steps;
    this.evChecked = steps.onRuntime('image checked', (slot) =>
      this.ready((steps.table.firstRow[slot] as number) + (steps.table.cursor[slot] as number)),
    );
    this.evPulled = steps.simulation.on('kubelet: image pulled', (kubelet, epoch) => this.onPulled(kubelet, epoch));
    this.pullServer = clientGo.waits.server('kubelet image pulls', 'server');
    this.startup = clientGo.waits.flow(FLOW_POD_STARTUP);
  }

  /** EnsureImageExists: {@link onReady} follows, perhaps at once. */
  ensure(row: number): void {
    const { steps } = this;
    const { table, parameters } = steps;
    const slot = steps.rows.pod[row] as number;
    const { images, recorder } = steps.kubeletOf(slot);
    const { image, imagePullPolicy } = steps.planOf(row).container;
    if (parameters.imagesPresent || images.has(image)) {
      if (imagePullPolicy !== 'Always') {
        this.ready(row);
        return;
      }
      const span = parameters.imageCheck.keyedSample(steps.draws, steps.entity(slot), steps.drawOf(row, Draw.Pull));
      steps.plan(slot, span, this.evChecked);
      return;
    }
    recorder.record('Pulling', kinds.pods, table.key[slot] as ObjectKey, steps.indexOf(row));
    const pull = images.want(image, row, table.epoch[slot] as number, steps.simulation.now);
    if (pull !== undefined) this.startPull(steps.kubeletOf(slot));
  }

  private ready(row: number): void {
    const { steps } = this;
    const slot = steps.rows.pod[row] as number;
    const key = steps.table.key[slot] as ObjectKey;
    steps.kubeletOf(slot).recorder.record('Pulled', kinds.pods, key, steps.indexOf(row));
    this.onReady(row);
  }

  private startPull(kubelet: Kubelet): void {
    const { steps } = this;
    const first = kubelet.images.current?.waiting[0];
    if (first === undefined) return;
    const entity = steps.entity(steps.rows.pod[first.row] as number);
    const span = steps.parameters.imagePull.keyedSample(steps.draws, entity, steps.drawOf(first.row, Draw.Pull));
    steps.simulation.after(span, this.evPulled, kubelet.index, kubelet.epoch);
    // The pod that starts a pull waits for nothing; the pull itself is service.
    kubelet.images.startedAt = steps.simulation.now;
  }

  private onPulled(index: number, epoch: number): void {
    const { steps } = this;
    const kubelet = steps.kubelets[index] as Kubelet;
    if (kubelet.epoch !== epoch) return;
    const { startedAt } = kubelet.images;
    const pull = kubelet.images.pulled();
    for (const waiting of pull.waiting) {
      const slot = steps.rows.pod[waiting.row] as number;
      if (steps.table.epoch[slot] !== waiting.epoch) continue;
      steps.exclude(slot, steps.simulation.now - waiting.since);
      const queued = Math.max(0, startedAt - waiting.since);
      this.clientGo.waits.passed(this.pullServer, queued);
      this.clientGo.waits.add(this.startup, this.pullServer, queued);
      this.ready(waiting.row);
    }
    this.startPull(kubelet);
  }
}
