/**
 * HighNodeUtilization: nodes that are used little are emptied, so that they can be taken away; wants a scheduler that packs (MostAllocated).
 * kubernetes-sigs/descheduler: pkg/framework/plugins/nodeutilization/highnodeutilization.go.
 */
import { count, defineParameters, documentation, real, sourceCode, type ValuesOf } from '../../../engine/index.ts';
import type { DeschedulerPluginDefinition, EvictorRules, Wishes } from '../descheduler-plugin.ts';
import type { DeschedulingView } from '../descheduling-view.ts';
import { evictFrom, isBelow, type Judged, resourcesOf, sortByUse, usedNodes } from '../node-utilization.ts';

const EXAMPLE = 'kubernetes-sigs/descheduler: README.md (HighNodeUtilization: thresholds 20)';
const UPSTREAM = 'kubernetes-sigs/descheduler: pkg/framework/plugins/nodeutilization/types.go';
/** The whole [%]. */
const PERCENT = 100;
/** Thresholds of the documentation's example [%]. */
const LOW = 20;
/** Most that a limit can be. */
const MOST = 1e9;

const threshold = (help: string) =>
  real({ help, unit: '%', default: LOW, range: [0, PERCENT], source: documentation(EXAMPLE) });

/** What it can be set to. */
const settings = defineParameters({
  cpu: threshold(
    'Nodes of which no more than this share of the CPU is requested are emptied; 100 = CPU does not count.',
  ),
  memory: threshold('The same of memory.'),
  pods: threshold('The same of the number of pods.'),
  numberOfNodes: count({
    help: 'It does something only if more nodes than this are used little.',
    unit: 'node',
    default: 0,
    range: [0, MOST],
    source: sourceCode(UPSTREAM),
  }),
});

function* balance(view: DeschedulingView, written: object, evictor: EvictorRules): Wishes {
  const { cpu, memory, pods, numberOfNodes } = written as ValuesOf<typeof settings>;
  const thresholds: Judged = { cpu, memory, pods };
  const counting = resourcesOf(thresholds);
  const nodes = usedNodes(view);
  const little = nodes.filter((node) => isBelow(node, thresholds, counting));
  const others = nodes.filter((node) => !little.includes(node) && !node.node.isUnschedulable);
  if (little.length <= numberOfNodes || little.length === nodes.length || others.length === 0) return;
  yield* evictFrom(
    {
      sources: sortByUse(little, 1),
      destinations: others,
      limitOf: ({ capacity }) => ({ ...capacity }),
      isEnough: () => false,
      mostPerNode: 0,
    },
    evictor,
  );
}

export const highNodeUtilization: DeschedulerPluginDefinition = {
  help: 'Empties nodes that are used little, so that fewer are needed.',
  settings,
  balance,
};
