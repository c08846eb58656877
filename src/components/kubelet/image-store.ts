/** The images of one node and the queue of pulls: one at a time (serializeImagePulls). K:pkg/kubelet/images. */

/** A pull that waits or is under way. */
export interface ImagePull {
  readonly image: string;
  /** Containers (rows) that wait for it, each with the epoch in which its pod asked and when [ns]. */
  readonly waiting: { readonly row: number; readonly epoch: number; readonly since: number }[];
}

/** Images and pulls of one node. */
export class ImageStore {
  private readonly present = new Set<string>();
  private readonly queue: ImagePull[] = [];
  /** When the pull under way began [ns], state. */
  startedAt = 0;

  /** Whether the image is on the node. */
  has(image: string): boolean {
    return this.present.has(image);
  }

  /** An image that a pod from before the run has brought. */
  pulledBefore(image: string): void {
    this.present.add(image);
  }

  /** A pod wants an image that is not there. Returns the pull to start now, or undefined if another one is under way or this one waits already. */
  want(image: string, row: number, epoch: number, since: number): ImagePull | undefined {
    const known = this.queue.find((pull) => pull.image === image);
    if (known !== undefined) {
      known.waiting.push({ row, epoch, since });
      return undefined;
    }
    const pull: ImagePull = { image, waiting: [{ row, epoch, since }] };
    this.queue.push(pull);
    return this.queue.length === 1 ? pull : undefined;
  }

  /** The pull under way has ended. Returns it; {@link current} is then the next one. */
  pulled(): ImagePull {
    const pull = this.queue.shift() as ImagePull;
    this.present.add(pull.image);
    return pull;
  }

  /** The pull under way. */
  get current(): ImagePull | undefined {
    return this.queue[0];
  }

  /** The node has lost power: pulls are lost, images stay. */
  interrupt(): void {
    this.queue.length = 0;
  }
}
