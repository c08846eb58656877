/**
 * Trimaran, load-aware scheduling: nodes are rated by what they use, not by what is requested. kubernetes-sigs/scheduler-plugins pkg/trimaran.
 * TargetLoadPacking packs up to a target and spreads beyond it (targetloadpacking.go); LoadVariationRiskBalancing prefers nodes whose load is low and steady
 * (loadvariationriskbalancing.go, analysis.go).
 *
 * Use is known as a metrics server knows it: measured every period, and not of pods that came since. Where nothing is measured (a control plane), requests
 * stand for use. Left out: limits (a prediction goes by requests), differing weights of the deviation other than its margin.
 */
import { defineParameters, documentation, duration, real, sourceCode } from '../../../engine/index.ts';
import { type Nanoseconds, seconds } from '../../../units/index.ts';
import { MAX_NODE_SCORE, type NodeFacts } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { NodeUsage } from '../node-usage.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import { scoringKnobs } from './knobs.ts';
import type { AlgorithmContext, AlgorithmDefinition } from './scheduling-algorithm.ts';
import { type NodeRater, ScoredChoice } from './scored-choice.ts';

/** How old what is known of nodes may be. */
const usageKnob = defineParameters({
  metricsPeriod: duration({
    help: 'Time between two measurements of what nodes use: what is known is up to so old.',
    default: seconds(60),
    range: [seconds(1), seconds(3600)],
    source: documentation('kubernetes-sigs/scheduler-plugins pkg/trimaran/README.md: metrics are about a minute old'),
  }),
});

/** Settings of the packer. */
const packingSettings = defineParameters({
  targetUtilisation: real({
    help: 'CPU utilisation up to which nodes are packed.',
    unit: '%',
    default: 40,
    range: [1, 99],
    source: sourceCode('kubernetes-sigs/scheduler-plugins apis/config/v1/defaults.go: DefaultTargetUtilizationPercent'),
  }),
  requestsMultiplier: real({
    help: 'CPU that a pod is predicted to use, as a multiple of what it requests.',
    unit: '1',
    default: 1.5,
    range: [0, 10],
    source: sourceCode('kubernetes-sigs/scheduler-plugins apis/config/v1/defaults.go: DefaultRequestsMultiplier'),
  }),
  ...usageKnob,
  ...scoringKnobs,
});

/** Settings of the balancer. */
const balancingSettings = defineParameters({
  safeVarianceMargin: real({
    help: 'Weight of the deviation of load beside its mean.',
    unit: '1',
    default: 1,
    range: [0, 10],
    source: sourceCode('kubernetes-sigs/scheduler-plugins apis/config/v1/defaults.go: DefaultSafeVarianceMargin'),
  }),
  ...usageKnob,
  ...scoringKnobs,
});

/** Requests in place of use, where nothing is measured. */
class RequestsAsUsage implements NodeUsage {
  private readonly nodes: NodeColumns;

  constructor(nodes: NodeColumns) {
    this.nodes = nodes;
  }

  latestCpu(slot: number): number {
    return this.nodes.requestedCpu[slot] as number;
  }

  meanCpu(slot: number): number {
    return this.nodes.requestedCpu[slot] as number;
  }

  deviationCpu(): number {
    return 0;
  }

  meanMemory(slot: number): number {
    return this.nodes.requestedMemory[slot] as number;
  }

  deviationMemory(): number {
    return 0;
  }

  unmeasuredCpu(): number {
    return 0;
  }
}

function usageOf({ nodes, usage, settings }: AlgorithmContext): NodeUsage {
  return usage?.(settings.metricsPeriod as Nanoseconds) ?? new RequestsAsUsage(nodes);
}

/** What raters by use have in common: the plain form finds its node by name, as use is known by slot. */
abstract class UsageRater implements NodeRater {
  protected readonly nodes: NodeColumns;
  protected readonly usage: NodeUsage;

  constructor(context: AlgorithmContext) {
    this.nodes = context.nodes;
    this.usage = usageOf(context);
  }

  rate(pod: PodRequirements, { name, allocatable }: NodeFacts): number {
    return this.score(pod, this.nodes.find(name), allocatable.cpu, allocatable.memory);
  }

  rateAll(pod: PodRequirements, slots: Int32Array, count: number, scores: Float64Array): void {
    const { allocatableCpu, allocatableMemory } = this.nodes;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      scores[i] = this.score(pod, slot, allocatableCpu[slot] as number, allocatableMemory[slot] as number);
    }
  }

  protected abstract score(pod: PodRequirements, slot: number, cpu: number, memory: number): number;
}

/** Packs up to the target. */
class TargetRater extends UsageRater {
  private readonly target: number;
  private readonly multiplier: number;

  constructor(context: AlgorithmContext) {
    super(context);
    this.target = context.settings.targetUtilisation as number;
    this.multiplier = context.settings.requestsMultiplier as number;
  }

  protected score(pod: PodRequirements, slot: number, cpu: number): number {
    const { target, multiplier, usage } = this;
    const predicted = multiplier * (pod.cpu + usage.unmeasuredCpu(slot));
    const utilisation = (MAX_NODE_SCORE * (usage.latestCpu(slot) + predicted)) / cpu;
    if (utilisation > MAX_NODE_SCORE) return 0;
    const room = MAX_NODE_SCORE - target;
    return Math.round(
      utilisation <= target ? (room * utilisation) / target + target : (target * (MAX_NODE_SCORE - utilisation)) / room,
    );
  }
}

/** Prefers low and steady load. */
class RiskRater extends UsageRater {
  private readonly margin: number;

  constructor(context: AlgorithmContext) {
    super(context);
    this.margin = context.settings.safeVarianceMargin as number;
  }

  protected score(pod: PodRequirements, slot: number, cpu: number, memory: number): number {
    const { usage } = this;
    const ofCpu = this.risk(usage.meanCpu(slot) + pod.cpu, usage.deviationCpu(slot), cpu);
    const ofMemory = this.risk(usage.meanMemory(slot) + pod.memory, usage.deviationMemory(slot), memory);
    return MAX_NODE_SCORE * (1 - Math.max(ofCpu, ofMemory));
  }

  /** Risk that a resource runs short, 0 to 1. */
  private risk(mean: number, deviation: number, capacity: number): number {
    if (capacity === 0) return 1;
    const load = Math.min(1, mean / capacity);
    const spread = Math.min(1, (this.margin * deviation) / capacity);
    return (load + Math.sqrt(spread)) / 2;
  }
}

export const targetLoadPacking: AlgorithmDefinition = {
  help: 'Packs nodes up to a target of CPU use, and spreads beyond it (TargetLoadPacking of Trimaran).',
  settings: packingSettings,
  create: (context) => new ScoredChoice(context, new TargetRater(context)),
};

export const loadVariationRiskBalancing: AlgorithmDefinition = {
  help: 'Nodes whose use is low and steady (LoadVariationRiskBalancing of Trimaran).',
  settings: balancingSettings,
  create: (context) => new ScoredChoice(context, new RiskRater(context)),
};
