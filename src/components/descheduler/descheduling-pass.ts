/**
 * One pass of a descheduler: its plugins one after the other, each on a view of its own, within the limits of the pass.
 * kubernetes-sigs/descheduler: pkg/descheduler/descheduler.go (runDeschedulerLoop), pkg/descheduler/evictions, plugins/defaultevictor.
 */
import { valuesOf } from '../../engine/index.ts';
import type { EvictionAnswer, EvictionWish, EvictorRules } from './descheduler-plugin.ts';
import type { DeschedulerSettings } from './descheduler-settings.ts';
import { type DeschedulingView, fitsElsewhere, type ViewPod } from './descheduling-view.ts';
import { type DeschedulerPluginName, deschedulerPlugins } from './plugins/index.ts';
import type { DeschedulerPolicy } from './policy.ts';

/** An eviction that is to be carried out. */
export interface Eviction extends EvictionWish {
  readonly plugin: DeschedulerPluginName;
}

/** A cluster of fewer nodes is left alone: whatever is evicted there has nowhere to go. */
const FEWEST_NODES = 2;

/** Evictions of a pass, each answered with whether it was carried out. `look` gives a view of how things are now. */
export function* deschedulingPass(
  { settings, plugins }: DeschedulerPolicy,
  look: () => DeschedulingView,
): Generator<Eviction, void, boolean> {
  const limits = new EvictionLimits(settings);
  for (const { name, settings: written } of plugins) {
    const view = look();
    if (view.nodes.length < FEWEST_NODES) return;
    const definition = deschedulerPlugins[name];
    const chosen = valuesOf(definition.settings, written) as Readonly<Record<string, number | boolean>>;
    const wishes = definition.balance(view, chosen, rulesOf(settings, view));
    for (let wish = wishes.next(); wish.done !== true; ) {
      let answer: EvictionAnswer | undefined = limits.verdict(wish.value);
      if (answer === undefined) {
        answer = (yield { ...wish.value, plugin: name }) ? 'evicted' : 'refused';
        if (answer === 'evicted') limits.count(wish.value);
      }
      wish = wishes.next(answer);
    }
  }
}

/** The default evictor: who may be evicted. */
function rulesOf({ nodeFit, priorityThreshold }: DeschedulerSettings, view: DeschedulingView): EvictorRules {
  return {
    isEvictable: ({ owner, isTerminating, priority }: ViewPod) =>
      owner !== '' && !isTerminating && priority < priorityThreshold,
    mayEvict: (pod, node) => !nodeFit || fitsElsewhere(pod, node, view.nodes, view),
  };
}

/** How many a pass has evicted, and how many it may. */
class EvictionLimits {
  private readonly settings: DeschedulerSettings;
  private total = 0;
  private readonly ofNode = new Map<string, number>();
  private readonly ofNamespace = new Map<string, number>();

  constructor(settings: DeschedulerSettings) {
    this.settings = settings;
  }

  /** The limit that stands in the way of an eviction; undefined = none does. */
  verdict({ pod, node }: EvictionWish): EvictionAnswer | undefined {
    const { settings } = this;
    const isReached = (limit: number, evicted: number) => limit > 0 && evicted >= limit;
    if (isReached(settings.maxNoOfPodsToEvictTotal, this.total)) return 'total limit';
    if (isReached(settings.maxNoOfPodsToEvictPerNode, this.ofNode.get(node.name) ?? 0)) return 'node limit';
    const ofNamespace = this.ofNamespace.get(pod.namespace) ?? 0;
    return isReached(settings.maxNoOfPodsToEvictPerNamespace, ofNamespace) ? 'namespace limit' : undefined;
  }

  /** One was evicted. */
  count({ pod, node }: EvictionWish): void {
    this.total++;
    this.ofNode.set(node.name, (this.ofNode.get(node.name) ?? 0) + 1);
    this.ofNamespace.set(pod.namespace, (this.ofNamespace.get(pod.namespace) ?? 0) + 1);
  }
}
