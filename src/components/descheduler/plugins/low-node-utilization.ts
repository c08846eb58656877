/**
 * LowNodeUtilization: pods of nodes that are used much are evicted while there are nodes that are used little, so that load evens out.
 * kubernetes-sigs/descheduler: pkg/framework/plugins/nodeutilization/lownodeutilization.go.
 */
import {
  count,
  defineParameters,
  documentation,
  flag,
  real,
  sourceCode,
  type ValuesOf,
} from '../../../engine/index.ts';
import type { DeschedulerPluginDefinition, EvictorRules, Wishes } from '../descheduler-plugin.ts';
import type { DeschedulingView } from '../descheduling-view.ts';
import {
  capped,
  evictFrom,
  isAbove,
  isBelow,
  type Judged,
  judgedResources,
  mapped,
  resourcesOf,
  sortByUse,
  type UsedNode,
  usedNodes,
} from '../node-utilization.ts';

const EXAMPLE = 'kubernetes-sigs/descheduler: README.md (LowNodeUtilization: thresholds 20, targetThresholds 50)';
const UPSTREAM = 'kubernetes-sigs/descheduler: pkg/framework/plugins/nodeutilization/types.go';
/** The whole [%]. */
const PERCENT = 100;
/** Thresholds of the documentation's example [%]. */
const LOW = 20;
/** Targets of it [%]. */
const HIGH = 50;
/** Most that a limit can be. */
const MOST = 1e9;

const threshold = (help: string, usual: number) =>
  real({ help, unit: '%', default: usual, range: [0, PERCENT], source: documentation(EXAMPLE) });

/** What it can be set to. */
const settings = defineParameters({
  cpu: threshold(
    'Nodes of which no more than this share of the CPU is requested are used little; 100 = CPU does not count.',
    LOW,
  ),
  memory: threshold('The same of memory.', LOW),
  pods: threshold('The same of the number of pods.', LOW),
  targetCpu: threshold(
    'Nodes of which more than this share of the CPU is requested are used much; 100 = CPU does not count.',
    HIGH,
  ),
  targetMemory: threshold('The same of memory.', HIGH),
  targetPods: threshold('The same of the number of pods.', HIGH),
  useDeviationThresholds: flag({
    help: 'Whether the thresholds are distances below and above the mean of all nodes.',
    default: false,
    source: sourceCode(UPSTREAM),
  }),
  numberOfNodes: count({
    help: 'It does something only if more nodes than this are used little.',
    unit: 'node',
    default: 0,
    range: [0, MOST],
    source: sourceCode(UPSTREAM),
  }),
  evictionLimitPerNode: count({
    help: 'Most pods that it evicts from one node in a pass (evictionLimits.node); 0 = no limit.',
    unit: 'pod',
    default: 0,
    range: [0, MOST],
    source: sourceCode(UPSTREAM),
  }),
});

/** Thresholds of a pass [%], and by which resources nodes are told apart. */
interface Thresholds {
  readonly low: Judged;
  readonly high: Judged;
  readonly counting: readonly (keyof Judged)[];
}

function* balance(view: DeschedulingView, written: object, evictor: EvictorRules): Wishes {
  const chosen = written as ValuesOf<typeof settings>;
  const nodes = usedNodes(view);
  const { low, high, counting } = thresholdsOf(chosen, nodes);
  const little = nodes.filter((node) => !node.node.isUnschedulable && isBelow(node, low, counting));
  const much = nodes.filter((node) => !little.includes(node) && isAbove(node, high, counting));
  if (little.length <= chosen.numberOfNodes || little.length === nodes.length || much.length === 0) return;
  yield* evictFrom(
    {
      sources: sortByUse(much, -1),
      destinations: little,
      limitOf: (node) => capped(node, high),
      isEnough: (node) => {
        const limit = capped(node, high);
        return judgedResources.every((resource) => node.used[resource] <= limit[resource]);
      },
      mostPerNode: chosen.evictionLimitPerNode,
    },
    evictor,
  );
}

function thresholdsOf(chosen: ValuesOf<typeof settings>, nodes: readonly UsedNode[]): Thresholds {
  const low: Judged = { cpu: chosen.cpu, memory: chosen.memory, pods: chosen.pods };
  const high: Judged = { cpu: chosen.targetCpu, memory: chosen.targetMemory, pods: chosen.targetPods };
  const counting = judgedResources.filter(
    (resource) => resourcesOf(low).includes(resource) || resourcesOf(high).includes(resource),
  );
  if (!chosen.useDeviationThresholds) return { low, high, counting };
  const mean = mapped((resource) => nodes.reduce((sum, { share }) => sum + share[resource], 0) / nodes.length);
  const within = (value: number) => Math.min(PERCENT, Math.max(0, value));
  const deviated = (from: Judged, sign: 1 | -1) =>
    mapped((resource) => (counting.includes(resource) ? within(mean[resource] + sign * from[resource]) : PERCENT));
  return { low: deviated(low, -1), high: deviated(high, 1), counting };
}

export const lowNodeUtilization: DeschedulerPluginDefinition = {
  help: 'Evicts pods of nodes that are used much while others are used little.',
  settings,
  balance,
};
