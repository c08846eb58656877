/**
 * Scheduler extenders: HTTP services that the scheduler asks about every pod that concerns them. K:pkg/scheduler/extender.go, and
 * findNodesThatPassExtenders, prioritizeNodes and extendersBinding of K:pkg/scheduler/schedule_one.go.
 *
 * Filters are called one after the other, while the loop waits; those that rate all at once; a binder in place of the scheduler's own POST. A call that
 * fails, or takes longer than its timeout, fails the attempt unless the extender is ignorable. What an extender decides is drawn
 * (extenders.parameters.ts): which nodes pass, and scores of 0 to 10. Where pods are to be preempted, it accepts the nodes that its filter would let pass, with
 * the victims that it is told. Left out: connections, TLS, whether the nodes that a filter turns down could be mended by preemption.
 */
import type { KeyedStream, RandomStream, ValuesOf } from '../../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../../units/index.ts';
import { MAX_NODE_SCORE } from '../framework.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { ExtenderConfiguration } from './extender-configuration.ts';
import type { extenderParameters } from './extenders.parameters.ts';

/** The best score that an extender can give (K:staging kube-scheduler/extender/v1/types.go:MaxExtenderPriority). */
const MAX_EXTENDER_PRIORITY = 10;
/** Extenders that keep their draws apart. */
const MOST_EXTENDERS = 64;

/** One call. */
export interface ExtenderCall {
  readonly span: Nanoseconds;
  readonly failed: boolean;
}

/** What filtering came to. */
export interface ExtenderFiltering {
  /** Nodes that are left. */
  readonly kept: number;
  /** How long the loop waited for answers, and CPU that it spent on requests and answers [ns]. */
  readonly span: number;
  /** An extender that matters failed: the attempt ends in an error. */
  readonly failed: boolean;
}

/** The extenders of one scheduler. */
export class Extenders {
  readonly configurations: readonly ExtenderConfiguration[];
  private readonly parameters: ValuesOf<typeof extenderParameters>;
  private readonly calls: RandomStream;
  private readonly verdicts: KeyedStream;

  constructor(
    configurations: readonly ExtenderConfiguration[],
    parameters: ValuesOf<typeof extenderParameters>,
    calls: RandomStream,
    verdicts: KeyedStream,
  ) {
    this.configurations = configurations;
    this.parameters = parameters;
    this.calls = calls;
    this.verdicts = verdicts;
  }

  /** Whether any extender filters, or rates: then one feasible node is not enough to end a search. */
  get asksForNodes(): boolean {
    return this.configurations.some(({ filters, prioritizes }) => filters || prioritizes);
  }

  /** Keeps those of the first `count` slots that all extenders let pass, in order. */
  filter(pod: PodRequirements, key: number, slots: Int32Array, count: number): ExtenderFiltering {
    return this.ask('filters', pod, key, slots, count);
  }

  /** Keeps those of the first `count` slots, each a node with victims, on which all extenders accept preemption (ProcessPreemption). */
  preempt(pod: PodRequirements, key: number, slots: Int32Array, count: number): ExtenderFiltering {
    return this.ask('preempts', pod, key, slots, count);
  }

  private ask(
    verb: 'filters' | 'preempts',
    pod: PodRequirements,
    key: number,
    slots: Int32Array,
    count: number,
  ): ExtenderFiltering {
    let kept = count;
    let span = 0;
    this.configurations.forEach((extender, index) => {
      if (span < 0 || kept === 0 || !extender[verb] || !isInterested(extender, pod)) return;
      const call = this.call(extender, kept);
      span += call.span;
      if (!call.failed) kept = this.keep(index, key, slots, kept);
      else if (!extender.ignorable) span = -span;
    });
    return { kept: span < 0 ? 0 : kept, span: Math.abs(span), failed: span < 0 };
  }

  /** Adds what extenders think of the first `count` slots to `totals`; returns how long the slowest took. One that fails gives no scores. */
  rate(pod: PodRequirements, key: number, slots: Int32Array, count: number, totals: Float64Array): number {
    let longest = 0;
    this.configurations.forEach((extender, index) => {
      if (!extender.prioritizes || !isInterested(extender, pod)) return;
      const call = this.call(extender, count);
      longest = Math.max(longest, call.span);
      if (call.failed) return;
      const factor = extender.weight * (MAX_NODE_SCORE / MAX_EXTENDER_PRIORITY);
      for (let i = 0; i < count; i++) {
        const draw = this.verdicts.uniform(entity(key, index), -1 - (slots[i] as number));
        const score = Math.floor(draw * (MAX_EXTENDER_PRIORITY + 1));
        totals[i] = (totals[i] as number) + factor * score;
      }
    });
    return longest;
  }

  /** The first extender from `from` on that binds this pod; -1 = none does. */
  binderOf(pod: PodRequirements, from: number): number {
    return this.configurations.findIndex(
      (extender, index) => index >= from && extender.binds && isInterested(extender, pod),
    );
  }

  /** The call by which an extender is asked to bind a pod. */
  bindCall(index: number): ExtenderCall {
    return this.call(this.configurations[index] as ExtenderConfiguration, 0);
  }

  private keep(index: number, key: number, slots: Int32Array, count: number): number {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (this.verdicts.uniform(entity(key, index), slot) < this.parameters.extenderPasses) slots[kept++] = slot;
    }
    return kept;
  }

  private call({ nodeCacheCapable, timeout }: ExtenderConfiguration, nodes: number): ExtenderCall {
    const { extenderCallTime, extenderFailures, extenderEncodingPerName, extenderEncodingPerNode } = this.parameters;
    const answer = extenderCallTime.quantile(this.calls.next());
    // Always drawn, so that variants of a scenario keep their numbers in step.
    const failed = this.calls.next() < extenderFailures || answer > timeout;
    const encoding = nodes * (nodeCacheCapable ? extenderEncodingPerName : extenderEncodingPerNode);
    return { span: nanoseconds(encoding + Math.min(answer, timeout)), failed };
  }
}

/** A pod as an extender sees it, as one number for its draws. */
function entity(key: number, index: number): number {
  return key * MOST_EXTENDERS + index;
}

/** IsInterested. */
function isInterested({ managedResources }: ExtenderConfiguration, { template }: PodRequirements): boolean {
  if (managedResources.length === 0) return true;
  const { extended } = template.requests;
  return managedResources.some((name) => (extended[name] ?? 0) > 0);
}
