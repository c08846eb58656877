/**
 * Images for containers that are about to start: whether they are there, and the pulls of those that are not, one at a time or several at once, each
 * asking the registry, downloading and unpacking. K:pkg/kubelet/images (image_manager.go, puller.go, helpers.go).
 * Containers of a node that want the same image share one pull. Left out: pull secrets, images that do not exist.
 */
import { type EventReason, kinds, type ObjectKey } from '../../cluster/index.ts';
import {
  createDistribution,
  type Distribution,
  type EventType,
  hashText,
  type KeyedStream,
  Occupancy,
} from '../../engine/index.ts';
import { FLOW_POD_STARTUP, type HistogramSeries, publishServer } from '../../metrics/index.ts';
import { between, NS_PER_SECOND, nanoseconds, type SimTime } from '../../units/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import { WaitingReason } from './container-table.ts';
import { ImageRegistry } from './image-registry.ts';
import type { ImagePull } from './image-store.ts';
import type { Kubelet } from './kubelet.ts';
import { Draw, type PodSteps } from './pod-steps.ts';

/** A pull that has failed this many longest pauses ago is forgotten (flowcontrol.Backoff). */
const PAUSES_REMEMBERED = 2;

/** A pull with the node that makes it and the epoch in which it does. */
interface OpenPull {
  readonly kubelet: Kubelet;
  readonly epoch: number;
  readonly pull: ImagePull;
}

/** Who is told of images. */
export interface ImageListener {
  /** The image of a container is there. */
  ready(row: number): void;
  /** It cannot be had for now. */
  failed(row: number): void;
  /** A node has one more image. */
  pulled(kubelet: Kubelet): void;
}

/** Classes of size in the metric of pulls (K:pkg/kubelet/metrics: GetImageSizeBucket), by their upper bounds [B]. */
const SIZE_CLASSES = [
  { below: 10e6, name: '0-10MB' },
  { below: 100e6, name: '10MB-100MB' },
  { below: 500e6, name: '100MB-500MB' },
  { below: 1e9, name: '500MB-1GB' },
  { below: 5e9, name: '1GB-5GB' },
  { below: Number.POSITIVE_INFINITY, name: 'GT5GB' },
] as const;

/** The image managers of all kubelets. */
export class ImagePulls {
  private readonly clientGo: ClientGo;
  private readonly steps: PodSteps;
  private readonly listener: ImageListener;
  private readonly registry: ImageRegistry;
  /** Sizes that a scenario gives, by image [B]. */
  private readonly sizes: ReadonlyMap<string, number>;
  private readonly sizeOfOthers: Distribution;
  private readonly sizeDraws: KeyedStream;
  /** Pulls under way, by number; numbers are used again. */
  private readonly open: (OpenPull | undefined)[] = [];
  private readonly freeNumbers: number[] = [];
  /** Pulls under way in all nodes, and those that wait there, state. */
  private readonly underWay: Occupancy;
  private waiting = 0;
  private readonly evChecked: EventType;
  private readonly evResolved: EventType;
  private readonly evUnpacked: EventType;
  private readonly pullServer: number;
  private readonly startup: number;

  constructor(clientGo: ClientGo, steps: PodSteps, sizes: ReadonlyMap<string, number>, listener: ImageListener) {
    const { simulation, recorder, waits } = clientGo;
    const { imageSizeMedian: p50, imageSizeP99: p99 } = steps.parameters;
    this.clientGo = clientGo;
    this.steps = steps;
    this.sizes = sizes;
    this.listener = listener;
    this.sizeOfOthers = createDistribution({ distribution: 'lognormal', p50, p99: Math.max(p50, p99) });
    this.sizeDraws = simulation.streams.keyed('kubelet.imageSizes');
    this.evChecked = steps.onRuntime('image checked', (slot) => {
      const row = (steps.table.firstRow[slot] as number) + (steps.table.cursor[slot] as number);
      this.pulled(row);
    });
    this.evResolved = simulation.on('kubelet: image resolved', (number) => this.onResolved(number));
    this.evUnpacked = simulation.on('kubelet: image unpacked', (number) => this.onUnpacked(number));
    this.pullServer = waits.server('kubelet image pulls', 'server');
    this.startup = waits.flow(FLOW_POD_STARTUP);
    this.registry = new ImageRegistry(clientGo, steps.parameters, this.startup, (number) => this.onDownloaded(number));
    this.underWay = new Occupancy(simulation);
    publishServer(recorder, simulation, 'kubelet image pulls', () => ({
      busyNanoseconds: this.underWay.busyNanoseconds(),
      capacity: Math.max(1, steps.kubelets.length),
      queueLength: this.waiting,
    }));
  }

  /** Compressed size of an image [B]: as given, or a draw of its own, the same on all nodes. */
  sizeOf(image: string): number {
    const given = this.sizes.get(image);
    if (given !== undefined) return given;
    const [entity, counter] = hashText(image);
    return Math.round(this.sizeOfOthers.quantile(this.sizeDraws.uniform(entity, counter)));
  }

  /** A node has an image from before the run. */
  presentBefore(kubelet: Kubelet, image: string): void {
    kubelet.images.add(image, this.sizeOf(image), 0);
  }

  // ---- what containers ask -------------------------------------------------------------------------------------------------------

  /** EnsureImageExists: the listener is told, perhaps at once. */
  ensure(row: number): void {
    const { steps } = this;
    const slot = steps.rows.pod[row] as number;
    const kubelet = steps.kubeletOf(slot);
    const { image, imagePullPolicy: policy } = steps.planOf(row).container;
    const isPresent = steps.parameters.imagesPresent || kubelet.images.has(image);
    if (isPresent && policy !== 'Always') {
      kubelet.images.used(image, steps.simulation.now);
      this.pulled(row);
    } else if (policy === 'Never') {
      this.refuse(row, 'ErrImageNeverPull', WaitingReason.ErrImageNeverPull);
    } else if (this.isInBackoff(row)) {
      this.refuse(row, 'BackOff', WaitingReason.ImagePullBackOff);
    } else if (isPresent) {
      const { imageCheck } = steps.parameters;
      const span = imageCheck.keyedSample(steps.draws, steps.entity(slot), steps.drawOf(row, Draw.Pull));
      steps.plan(slot, span, this.evChecked);
    } else {
      this.pull(row, kubelet, image);
    }
  }

  private pull(row: number, kubelet: Kubelet, image: string): void {
    const { steps } = this;
    const slot = steps.rows.pod[row] as number;
    kubelet.recorder.record('Pulling', kinds.pods, steps.table.key[slot] as ObjectKey, steps.indexOf(row));
    const epoch = steps.table.epoch[slot] as number;
    const added = kubelet.images.want(image, this.sizeOf(image), row, epoch, steps.simulation.now);
    if (added === undefined) return;
    this.waiting++;
    this.fill(kubelet);
  }

  /** The image of a container is there. */
  private pulled(row: number): void {
    const { steps } = this;
    const slot = steps.rows.pod[row] as number;
    const key = steps.table.key[slot] as ObjectKey;
    steps.kubeletOf(slot).recorder.record('Pulled', kinds.pods, key, steps.indexOf(row));
    this.listener.ready(row);
  }

  /** The image of a container cannot be had in this sync. */
  private refuse(row: number, reason: EventReason, waiting: number): void {
    const { steps } = this;
    const slot = steps.rows.pod[row] as number;
    // What is told of an image differs from what is told of a container.
    const message = -1 - steps.indexOf(row);
    steps.kubeletOf(slot).recorder.record(reason, kinds.pods, steps.table.key[slot] as ObjectKey, message);
    steps.rows.waiting[row] = waiting;
    steps.fail(slot);
    this.listener.failed(row);
  }

  /** IsInBackOffSinceUpdate. */
  private isInBackoff(row: number): boolean {
    const { rows, simulation, parameters } = this.steps;
    const pause = rows.pullBackoff[row] as number;
    const since = simulation.now - (rows.pullBackoffSetAt[row] as number);
    return pause > 0 && since < pause && since <= PAUSES_REMEMBERED * parameters.imageBackoffMaximum;
  }

  private lengthenBackoff(row: number): void {
    const { rows, simulation, parameters } = this.steps;
    const { imageBackoff, imageBackoffMaximum } = parameters;
    const pause = rows.pullBackoff[row] as number;
    const since = simulation.now - (rows.pullBackoffSetAt[row] as number);
    const isForgotten = pause === 0 || since > PAUSES_REMEMBERED * imageBackoffMaximum;
    rows.pullBackoff[row] = isForgotten ? imageBackoff : Math.min(2 * pause, imageBackoffMaximum);
    rows.pullBackoffSetAt[row] = simulation.now;
  }

  // ---- pulls ---------------------------------------------------------------------------------------------------------------------

  /** Begins as many pulls of a node as it may make at once. */
  private fill(kubelet: Kubelet): void {
    const { serializeImagePulls, maxParallelImagePulls } = this.steps.parameters;
    const parallel = maxParallelImagePulls > 0 ? maxParallelImagePulls : Number.POSITIVE_INFINITY;
    const most = serializeImagePulls ? 1 : parallel;
    while (kubelet.images.underWay < most) {
      const pull = kubelet.images.nextWaiting();
      if (pull === undefined) return;
      this.begin(kubelet, pull);
    }
  }

  private begin(kubelet: Kubelet, pull: ImagePull): void {
    const { steps } = this;
    pull.startedAt = steps.simulation.now;
    kubelet.images.underWay++;
    this.waiting--;
    this.underWay.change(1);
    const number = this.freeNumbers.pop() ?? this.open.length;
    this.open[number] = { kubelet, epoch: kubelet.epoch, pull };
    if (!this.takeToken(kubelet)) {
      this.end(number);
      for (const { row, epoch } of pull.waiting) if (this.isWaiting(row, epoch)) this.fail(row);
      return;
    }
    const first = pull.waiting[0] as ImagePull['waiting'][number];
    const entity = steps.entity(steps.rows.pod[first.row] as number);
    const span = steps.parameters.imageCheck.keyedSample(steps.draws, entity, steps.drawOf(first.row, Draw.Pull));
    steps.simulation.after(span, this.evResolved, number);
  }

  /** throttleImagePulling: a token bucket that nobody waits for. */
  private takeToken({ images }: Kubelet): boolean {
    const { registryPullQps, registryBurst } = this.steps.parameters;
    const { now } = this.steps.simulation;
    if (registryPullQps <= 0) return true;
    const filled = images.tokens + ((now - images.tokensAt) / NS_PER_SECOND) * registryPullQps;
    images.tokens = Math.min(registryBurst, filled);
    images.tokensAt = now;
    if (images.tokens < 1) return false;
    images.tokens--;
    return true;
  }

  private fail(row: number): void {
    this.lengthenBackoff(row);
    this.refuse(row, 'Failed', WaitingReason.ErrImagePull);
  }

  private onResolved(number: number): void {
    const open = this.current(number);
    if (open !== undefined) this.registry.download(open.kubelet.index, open.pull.size, number);
  }

  private onDownloaded(number: number): void {
    const open = this.current(number);
    if (open === undefined) return;
    const { simulation, parameters } = this.steps;
    const span = nanoseconds((open.pull.size / parameters.imageUnpackRate) * NS_PER_SECOND);
    simulation.after(span, this.evUnpacked, number);
  }

  private onUnpacked(number: number): void {
    const open = this.current(number);
    if (open === undefined) return;
    const { kubelet, pull } = open;
    const { now } = this.steps.simulation;
    kubelet.images.add(pull.image, pull.size, now);
    this.end(number);
    this.secondsOf(pull.size).recordSpan(between(pull.startedAt as SimTime, now));
    for (const waiting of pull.waiting) this.served(waiting, pull.startedAt);
    this.listener.pulled(kubelet);
    this.fill(kubelet);
  }

  /** A container has the image that it waited for: first in line, then for the pull. */
  private served({ row, epoch, since }: ImagePull['waiting'][number], startedAt: number): void {
    if (!this.isWaiting(row, epoch)) return;
    const { steps, clientGo } = this;
    steps.exclude(steps.rows.pod[row] as number, steps.simulation.now - since);
    const queued = Math.max(0, startedAt - since);
    clientGo.waits.passed(this.pullServer, queued);
    clientGo.waits.add(this.startup, this.pullServer, queued);
    steps.rows.pullBackoff[row] = 0;
    this.pulled(row);
  }

  /** Whether a container still waits for what its pod asked for in an epoch. */
  private isWaiting(row: number, epoch: number): boolean {
    return this.steps.table.epoch[this.steps.rows.pod[row] as number] === epoch;
  }

  private end(number: number): void {
    const { kubelet, pull } = this.open[number] as OpenPull;
    this.close(number);
    kubelet.images.ended(pull);
    this.underWay.change(-1);
  }

  /** A pull under way; one of a process of the kubelet that has ended is nobody's. */
  private current(number: number): OpenPull | undefined {
    const open = this.open[number];
    if (open === undefined || open.kubelet.epoch === open.epoch) return open;
    this.close(number);
    return undefined;
  }

  /** The process of a kubelet has ended: its pulls are broken off, those that wait are forgotten. */
  interrupt(kubelet: Kubelet): void {
    this.waiting -= kubelet.images.waiting;
    this.underWay.change(-kubelet.images.underWay);
    kubelet.images.interrupt();
    // Of the others an event is still to come, which finds them void.
    for (const number of this.registry.abort(kubelet.index)) this.close(number);
  }

  private close(number: number): void {
    this.open[number] = undefined;
    this.freeNumbers.push(number);
  }

  private secondsOf(size: number): HistogramSeries {
    const { name } = SIZE_CLASSES.find(({ below }) => size < below) ?? SIZE_CLASSES[0];
    return this.clientGo.recorder.histogram('kubelet_image_pull_duration_seconds', { image_size_in_bytes: name });
  }
}
