/** A few nodes and pods for tests of plugins that look at other pods: what they say in the plain form, checked against the column form. */
import { expect } from 'vitest';
import { type Labels, ObjectTables, type PodTemplate, type Taint } from '../../../src/cluster/index.ts';
import {
  type FilterPlugin,
  type NodeFacts,
  normaliseScores,
  type ScorePlugin,
} from '../../../src/components/kube-scheduler/framework.ts';
import {
  defaultProfile,
  type PluginArguments,
  type PluginName,
  pluginRegistry,
} from '../../../src/components/kube-scheduler/index.ts';
import { NodeColumns } from '../../../src/components/kube-scheduler/node-columns.ts';
import type { PluginDefinition } from '../../../src/components/kube-scheduler/plugins/index.ts';
import {
  ExtendedResources,
  type PodController,
  type PodRequirements,
  PodRequirementTable,
} from '../../../src/components/kube-scheduler/pod-requirements.ts';
import { materialiseParameters } from '../../../src/scenario/index.ts';
import { nodeOf, templateOf } from './scheduler-world.ts';

/** Where a pod belongs, beside its template. */
interface PodSurroundings {
  readonly namespace?: string;
  readonly controller?: PodController;
  readonly terminating?: boolean;
}

export class CrossNodeWorld {
  private readonly extended = new ExtendedResources();
  private readonly tables = new ObjectTables();
  private readonly table = new PodRequirementTable(this.extended);
  private templates = 0;
  readonly columns = new NodeColumns(this.tables.keysOf('nodes'), this.extended);
  readonly filter: FilterPlugin;
  readonly score: ScorePlugin;

  constructor(plugin: PluginName, settings: Partial<PluginArguments> = {}) {
    const made = (pluginRegistry[plugin] as PluginDefinition).create?.({
      nodes: this.columns,
      arguments: { ...defaultProfile('default-scheduler').arguments, ...settings },
      parameters: materialiseParameters({}).kubeScheduler,
    });
    this.filter = made?.filter as FilterPlugin;
    this.score = made?.score as ScorePlugin;
  }

  slot(name: string): number {
    return this.tables.keysOf('nodes').intern('', name);
  }

  facts(name: string): NodeFacts {
    return this.columns.facts(this.slot(name));
  }

  /** Adds a node, or gives it other labels and taints. */
  node(name: string, labels: Labels, taints: readonly Taint[] = [], images: NodeFacts['images'] = []): void {
    const { nodes } = this.tables;
    const version = nodes.allocate(this.tables.keysOf('nodes').intern('', name));
    nodes.specification.set(version, nodeOf({ labels, taints, images }));
    nodes.taints.set(version, taints);
    this.columns.setNode(nodes, version);
  }

  pod(template: Partial<PodTemplate>, { namespace, controller }: PodSurroundings = {}): PodRequirements {
    return this.table.of(templateOf(this.templates++, template), namespace, controller);
  }

  place(count: number, template: Partial<PodTemplate>, node: string, surroundings: PodSurroundings = {}): void {
    const pod = this.pod(template, surroundings);
    for (let i = 0; i < count; i++) this.columns.count(this.slot(node), pod, 1, surroundings.terminating);
  }

  /** Names of the nodes to which a pod may go. */
  admitted(template: Partial<PodTemplate>, surroundings: PodSurroundings = {}): string[] {
    const pod = this.pod(template, surroundings);
    const cluster = this.columns.clusterFacts([]);
    const nodes = [...cluster.nodes].sort((one, other) => (one.name < other.name ? -1 : 1));
    const names = nodes.filter((node) => this.filter.admits(pod, node, cluster)).map(({ name }) => name);
    const slots = Int32Array.from(nodes, ({ name }) => this.slot(name));
    const kept = this.filter.keep(pod, slots, slots.length);
    expect([...slots.subarray(0, kept)].map((slot) => this.columns.nameOf(slot))).toEqual(names);
    return names;
  }

  /** Scores of some nodes for a pod. */
  scores(template: Partial<PodTemplate>, names: readonly string[], surroundings: PodSurroundings = {}): number[] {
    const pod = this.pod(template, surroundings);
    const slots = names.map((name) => this.slot(name));
    const cluster = this.columns.clusterFacts(slots);
    const rated = Float64Array.from(names, (name) => this.score.rate(pod, this.facts(name), cluster));
    const scores = new Float64Array(names.length);
    this.score.rateAll(pod, Int32Array.from(slots), slots.length, scores);
    expect([...scores]).toEqual([...rated]);
    normaliseScores(scores, scores.length, this.score.normalisation);
    return [...scores];
  }
}
