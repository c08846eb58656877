/** A node-choosing algorithm of kube-scheduler at work in a cell: over the cell's own columns, or those of a copy. */
import type { RandomStream, ValuesOf } from '../../engine/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import type { AlgorithmDefinition } from '../kube-scheduler/algorithms/index.ts';
import {
  type AlgorithmName,
  type AlgorithmSettings,
  algorithmRegistry,
  Decision,
  type SchedulingAlgorithm,
  type SettingValues,
} from '../kube-scheduler/algorithms/index.ts';
import { defaultConfiguration } from '../kube-scheduler/default-configuration.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler/kube-scheduler.parameters.ts';
import type { NodeColumns } from '../kube-scheduler/node-columns.ts';
import type { NodeUsage } from '../kube-scheduler/node-usage.ts';
import type { PodRequirements } from '../kube-scheduler/pod-requirements.ts';
import { makeProfiles, type Profile } from '../kube-scheduler/profile.ts';
import type { TypicalPod } from '../kube-scheduler/typical-pods.ts';
import type { SchedulerStatistics } from './cell-metrics.ts';
import type { CellNodes } from './cell-nodes.ts';

/** What a chooser is made with. */
export interface NodeChooserOptions {
  readonly algorithm: AlgorithmName;
  /** Settings of the algorithm as plain data, and as values. */
  readonly plainSettings: AlgorithmSettings;
  readonly settings: SettingValues;
  readonly nodes: NodeColumns;
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  readonly tieBreak: RandomStream;
  readonly register: CellNodes;
  readonly usage: (period: Nanoseconds) => NodeUsage;
  readonly typicalPods: readonly TypicalPod[] | undefined;
  readonly statistics: SchedulerStatistics;
}

/** Chooses nodes for tasks. */
export class NodeChooser {
  /** What was decided last. */
  readonly decision = new Decision();
  private readonly algorithm: SchedulingAlgorithm;
  private readonly profile: Profile;
  private readonly statistics: SchedulerStatistics;

  constructor(options: NodeChooserOptions) {
    const { nodes, parameters, tieBreak, register, settings, typicalPods, plainSettings, usage } = options;
    const definition: AlgorithmDefinition = algorithmRegistry[options.algorithm];
    const defaults = defaultConfiguration('cell');
    const configuration = definition.configure?.(defaults, plainSettings) ?? defaults;
    this.profile = makeProfiles(configuration, nodes, parameters)[0] as Profile;
    this.statistics = options.statistics;
    this.algorithm = definition.create({
      nodes,
      parameters,
      settings,
      tieBreak,
      usage,
      rankOf: (slot) => register.rank[slot] as number,
      ...(typicalPods === undefined ? {} : { typicalPods }),
    });
  }

  /** The node for a task with these requirements, -1 if none fits; `decision.devices` says which GPUs, if the algorithm minds. */
  choose(requirements: PodRequirements): number {
    const { decision } = this;
    decision.reset();
    this.algorithm.decide(requirements, this.profile, decision);
    this.statistics.looked(decision.examined, decision.scored);
    return decision.node;
  }
}
