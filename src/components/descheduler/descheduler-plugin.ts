/** What a plugin of the descheduler is: it asks for evictions one after the other, and learns of each what came of it. */
import type { ParameterSet } from '../../engine/index.ts';
import type { DeschedulingView, ViewNode, ViewPod } from './descheduling-view.ts';

/** What came of an eviction: it was carried out, somebody refused it, or a limit of the pass was reached. */
export type EvictionAnswer = 'evicted' | 'refused' | 'node limit' | 'namespace limit' | 'total limit';

/** A wish to evict. */
export interface EvictionWish {
  readonly pod: ViewPod;
  readonly node: ViewNode;
}

/** Evictions that a plugin wants, in its order. */
export type Wishes = Generator<EvictionWish, void, EvictionAnswer>;

/** What a plugin may ask of the evictor. */
export interface EvictorRules {
  /** Whether a pod may be evicted at all: somebody makes it anew, it is not on its way out, and below the threshold of priority (Filter). */
  isEvictable(pod: ViewPod): boolean;
  /** Whether it may be evicted now: with nodeFit, whether it fits on another node (PreEvictionFilter). */
  mayEvict(pod: ViewPod, node: ViewNode): boolean;
}

/** What the registry holds of each plugin. */
export interface DeschedulerPluginDefinition {
  readonly help: string;
  readonly settings: ParameterSet;
  /** One run of it over a view; `settings` with all defaults. */
  readonly balance: (
    view: DeschedulingView,
    settings: Readonly<Record<string, number | boolean>>,
    evictor: EvictorRules,
  ) => Wishes;
}
