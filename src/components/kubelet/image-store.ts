/** The images of one node: what it has, what is being pulled, and who waits for that. Layers that images share are not modelled: each takes its own room. */

import type { NodeImage } from '../../cluster/index.ts';
import { bytes, type SimTime } from '../../units/index.ts';

/** A pull that waits or is under way. */
export interface ImagePull {
  readonly image: string;
  /** Compressed size [B]. */
  readonly size: number;
  /** Containers (rows) that wait for it, each with the epoch in which its pod asked and when [ns]. */
  readonly waiting: { readonly row: number; readonly epoch: number; readonly since: number }[];
  /** When the kubelet began with it [ns], -1 = it waits, state. */
  startedAt: number;
}

/** An image that is there. */
export interface StoredImage {
  readonly name: string;
  /** Compressed size [B]. */
  readonly size: number;
  /** When it came, and when a pod of the node last used it [ns], state. */
  readonly since: number;
  usedAt: number;
}

/** Images and pulls of one node. */
export class ImageStore {
  readonly stored = new Map<string, StoredImage>();
  /** Pulls in the order in which they were wanted: those under way first, state. */
  private readonly pulls: ImagePull[] = [];
  /** Pulls under way [pull], state. */
  underWay = 0;
  /** Raised whenever an image comes or goes, state. */
  version = 0;
  /** What {@link listed} has given last, and of which version, state. */
  private list: readonly NodeImage[] = [];
  private listVersion = 0;
  /** Compressed bytes of all images, state. */
  bytes = 0;
  /** Pulls that the node may still begin, and when that was counted [ns], state. */
  tokens = Number.POSITIVE_INFINITY;
  tokensAt = 0;
  /** When images are deleted next if the disk is too full [ns], in the past = that is not planned, state. */
  collectionAt = -1 as SimTime;

  /** Whether the image is on the node. */
  has(image: string): boolean {
    return this.stored.has(image);
  }

  /** A container wants an image that is not there. Returns the pull that was made for it; undefined if it joined one that is there. */
  want(image: string, size: number, row: number, epoch: number, since: number): ImagePull | undefined {
    const known = this.pulls.find((pull) => pull.image === image);
    if (known !== undefined) {
      known.waiting.push({ row, epoch, since });
      return undefined;
    }
    const pull: ImagePull = { image, size, waiting: [{ row, epoch, since }], startedAt: -1 };
    this.pulls.push(pull);
    return pull;
  }

  /** The next pull that waits. */
  nextWaiting(): ImagePull | undefined {
    return this.pulls.find(({ startedAt }) => startedAt < 0);
  }

  /** Pulls that wait for their turn [pull]. */
  get waiting(): number {
    return this.pulls.length - this.underWay;
  }

  /** A pull under way has come to its end. */
  ended(pull: ImagePull): void {
    this.underWay--;
    this.pulls.splice(this.pulls.indexOf(pull), 1);
  }

  /** An image is there from now on. */
  add(name: string, size: number, now: number): void {
    if (this.stored.has(name)) return;
    this.stored.set(name, { name, size, since: now, usedAt: now });
    this.bytes += size;
    this.version++;
  }

  /** An image was deleted. */
  remove(name: string): void {
    const image = this.stored.get(name);
    if (image === undefined) return;
    this.stored.delete(name);
    this.bytes -= image.size;
    this.version++;
  }

  /** Its `most` largest images, as node status tells them (kubelet_node_status.go, nodestatus.Images). */
  listed(most: number): readonly NodeImage[] {
    if (this.listVersion !== this.version) {
      const images = [...this.stored.values()].sort((left, right) => right.size - left.size);
      this.list = images.slice(0, most).map(({ name, size }) => ({ name, size: bytes(size) }));
      this.listVersion = this.version;
    }
    return this.list;
  }

  /** A pod that used the image goes on to use it, or did until now. */
  used(name: string, now: number): void {
    const image = this.stored.get(name);
    if (image !== undefined) image.usedAt = now;
  }

  /** The kubelet's process has ended: its pulls are broken off, images stay. */
  interrupt(): void {
    this.pulls.length = 0;
    this.underWay = 0;
  }
}
