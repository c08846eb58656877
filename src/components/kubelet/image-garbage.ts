/**
 * Image garbage collection: when the disk of a node is fuller than one threshold, images that no pod uses are deleted until it is down to another, those
 * used longest ago first. K:pkg/kubelet/images/image_gc_manager.go. A disk that is not full costs no event.
 */
import { kinds } from '../../cluster/index.ts';
import type { EventType } from '../../engine/index.ts';
import type { CounterSeries } from '../../metrics/index.ts';
import { nanoseconds, plus } from '../../units/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { StoredImage } from './image-store.ts';
import type { Kubelet } from './kubelet.ts';
import type { NodeUsage } from './node-usage.ts';
import type { PodSteps } from './pod-steps.ts';
import { PodStage } from './pod-table.ts';

/** The image garbage collectors of all kubelets. */
export class ImageGarbage {
  private readonly steps: PodSteps;
  private readonly usage: NodeUsage;
  /** Told that the images of a node have changed. */
  private readonly changed: (kubelet: Kubelet) => void;
  private readonly evCollect: EventType;
  private readonly deleted: CounterSeries;

  constructor(clientGo: ClientGo, steps: PodSteps, usage: NodeUsage, changed: (kubelet: Kubelet) => void) {
    this.steps = steps;
    this.usage = usage;
    this.changed = changed;
    this.evCollect = steps.simulation.on('kubelet: image garbage', (index, epoch) => this.onCollect(index, epoch));
    this.deleted = clientGo.recorder.counter('kubelet_image_garbage_collected_total', { reason: 'space' });
  }

  /** The disk of a node may have become fuller: whether the next pass has something to do. */
  consider(kubelet: Kubelet): void {
    const { simulation, parameters } = this.steps;
    if (kubelet.images.collectionAt >= simulation.now || !this.isFull(kubelet)) return;
    kubelet.images.collectionAt = kubelet.nextTick(plus(simulation.now, nanoseconds(1)), parameters.imageGcPeriod);
    simulation.at(kubelet.images.collectionAt, this.evCollect, kubelet.index, kubelet.epoch);
  }

  /** Whether the disk of a node is fuller than it may be. */
  isFull(kubelet: Kubelet): boolean {
    const used = 1 - this.usage.availableDisk(kubelet) / this.usage.diskSize(kubelet);
    return used >= this.steps.parameters.imageGcHighThreshold;
  }

  private onCollect(index: number, epoch: number): void {
    const kubelet = this.steps.kubelets[index] as Kubelet;
    if (kubelet.epoch !== epoch || !this.isFull(kubelet)) return;
    const { imageGcLowThreshold } = this.steps.parameters;
    const wanted = (1 - imageGcLowThreshold) * this.usage.diskSize(kubelet) - this.usage.availableDisk(kubelet);
    const freed = this.free(kubelet, wanted);
    if (freed < wanted) {
      kubelet.recorder.record('FreeDiskSpaceFailed', kinds.nodes, kubelet.nodeKey);
      this.consider(kubelet);
    }
  }

  /** Deletes images that no pod uses, up to an amount [B]. Returns what that freed [B]. */
  free(kubelet: Kubelet, amount: number): number {
    const { simulation, parameters } = this.steps;
    const used = this.imagesInUse(kubelet);
    const old = simulation.now - parameters.imageMinimumGcAge;
    const candidates = [...kubelet.images.stored.values()].filter(({ name, since }) => !used.has(name) && since <= old);
    candidates.sort((left, right) => left.usedAt - right.usedAt || left.since - right.since);
    let freed = 0;
    for (const image of candidates) {
      if (freed >= amount) break;
      freed += this.delete(kubelet, image);
    }
    if (freed > 0) this.changed(kubelet);
    return freed;
  }

  private delete(kubelet: Kubelet, { name, size }: StoredImage): number {
    kubelet.images.remove(name);
    this.deleted.add();
    return size * this.steps.parameters.imageDiskFactor;
  }

  /** Images of pods that are on the node and have not ended. */
  private imagesInUse(kubelet: Kubelet): ReadonlySet<string> {
    const used = new Set<string>();
    for (const slot of kubelet.pods.values()) {
      if (this.steps.table.stage[slot] === PodStage.Ended) continue;
      for (const { container } of this.steps.planOfPod(slot).containers) used.add(container.image);
    }
    return used;
  }
}
