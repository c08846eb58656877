/** Images that nodes have, and how many nodes have each. K:pkg/scheduler/backend/cache/cache.go (imageStates). */
import type { NodeImage } from '../../cluster/index.ts';

/** An image somewhere in the cluster. */
export interface ImageState {
  /** Nodes that have it, in no order that may decide anything, with the size that each tells [B]. */
  readonly sizes: ReadonlyMap<number, number>;
}

const NONE: readonly NodeImage[] = [];

/** Images by node, and nodes by image. */
export class NodeImages {
  /** Raised at each change. */
  version = 0;
  private readonly byNode: (readonly NodeImage[] | undefined)[] = [];
  private readonly byName = new Map<string, Map<number, number>>();

  /** Images of the node in a slot. */
  of(slot: number): readonly NodeImage[] {
    return this.byNode[slot] ?? NONE;
  }

  /** Where an image is; undefined = nowhere. */
  find(name: string): ImageState | undefined {
    const sizes = this.byName.get(name);
    return sizes && { sizes };
  }

  /** Takes over the images of a node; undefined = it has none, or is gone. */
  set(slot: number, images: readonly NodeImage[] | undefined): void {
    const before = this.byNode[slot];
    if (before === images) return;
    this.version++;
    for (const { name } of before ?? NONE) this.drop(name, slot);
    for (const { name, size } of images ?? NONE) {
      const nodes = this.byName.get(name);
      if (nodes === undefined) this.byName.set(name, new Map([[slot, size]]));
      else nodes.set(slot, size);
    }
    this.byNode[slot] = images;
  }

  private drop(name: string, slot: number): void {
    const nodes = this.byName.get(name);
    nodes?.delete(slot);
    if (nodes?.size === 0) this.byName.delete(name);
  }
}
