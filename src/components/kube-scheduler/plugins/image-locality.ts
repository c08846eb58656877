/**
 * ImageLocality: prefers nodes that have a pod's images already. K:pkg/scheduler/framework/plugins/imagelocality/image_locality.go.
 * An image counts the more, the more nodes have it, so that one node with a rare image does not attract everything.
 */
import type { PodTemplate } from '../../../cluster/index.ts';
import { type ClusterFacts, MAX_NODE_SCORE, type NodeFacts, type Plugin, type ScorePlugin } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { PluginContext, PluginDefinition } from './plugin-definition.ts';

/** Sizes below which images count nothing, and above which more counts no more, per container [B]: 23 MiB and 1,000 MiB. */
const LEAST_SIZE = 24_117_248;
const MOST_SIZE = 1_048_576_000;
/** The tag of an image that names none. */
const DEFAULT_TAG = ':latest';

/** Scores of all nodes for the pods of one template. */
interface Scores {
  /** Version of the images and number of nodes for which they hold. */
  readonly version: number;
  readonly nodes: number;
  /** Scores that are not 0, by slot. */
  readonly bySlot: ReadonlyMap<number, number>;
}

class ImageLocality implements ScorePlugin {
  readonly normalisation = 'none';
  private readonly nodes: NodeColumns;
  /** By template. */
  private readonly scores: (Scores | undefined)[] = [];

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  rate({ template }: PodRequirements, node: NodeFacts, { nodes }: ClusterFacts): number {
    let sum = 0;
    for (const name of imagesOf(template)) {
      const image = node.images.find((candidate) => candidate.name === name);
      if (image === undefined) continue;
      const having = nodes.filter(({ images }) => images.some((candidate) => candidate.name === name)).length;
      sum += spreadSize(image.size, having, nodes.length);
    }
    return scoreOf(sum, template);
  }

  /** Nodes without any of the images all score 0. */
  skipsScore({ template }: PodRequirements): boolean {
    return this.scoresFor(template).bySlot.size === 0;
  }

  rateAll({ template }: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    const { bySlot } = this.scoresFor(template);
    for (let i = 0; i < count; i++) scores[i] = bySlot.get(slots[i] as number) ?? 0;
  }

  private scoresFor(template: PodTemplate): Scores {
    const { images, order } = this.nodes;
    let scores = this.scores[template.id];
    if (scores === undefined || scores.version !== images.version || scores.nodes !== order.count) {
      scores = { version: images.version, nodes: order.count, bySlot: this.work(template) };
      this.scores[template.id] = scores;
    }
    return scores;
  }

  private work(template: PodTemplate): ReadonlyMap<number, number> {
    const { images, order } = this.nodes;
    const sums = new Map<number, number>();
    for (const name of imagesOf(template)) {
      const sizes = images.find(name)?.sizes;
      if (sizes === undefined) continue;
      for (const [slot, size] of sizes) {
        sums.set(slot, (sums.get(slot) ?? 0) + spreadSize(size, sizes.size, order.count));
      }
    }
    for (const [slot, sum] of sums) sums.set(slot, scoreOf(sum, template));
    return sums;
  }
}

/** Names of the images of all containers, as nodes tell them. */
function imagesOf({ initContainers, containers }: PodTemplate): readonly string[] {
  return [...initContainers, ...containers].map(({ image }) => withTag(image));
}

/** image_locality.go:normalizedImageName. */
function withTag(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}${DEFAULT_TAG}` : image;
}

/** scaledImageScore: the size, less where few nodes have the image. */
function spreadSize(size: number, having: number, nodes: number): number {
  return Math.trunc(size * (having / nodes));
}

/** calculatePriority. */
function scoreOf(sum: number, { initContainers, containers }: PodTemplate): number {
  const most = MOST_SIZE * (initContainers.length + containers.length);
  const counted = Math.min(Math.max(sum, LEAST_SIZE), most);
  return Math.floor((MAX_NODE_SCORE * (counted - LEAST_SIZE)) / (most - LEAST_SIZE));
}

export const imageLocality: PluginDefinition = {
  help: 'Prefers nodes that have the images already.',
  points: ['score'],
  defaultWeight: 1,
  create: ({ nodes }: PluginContext): Plugin => ({ score: new ImageLocality(nodes) }),
};
