/** A set of placed pods, counted by node and, where somebody asks for it, by domain. */
import type { PodRequirements } from '../pod-requirements.ts';
import type { DomainCounts } from './domain-counts.ts';
import { SlotCounts } from './slot-counts.ts';

/** Which pods are in a set. */
export interface PodSetRule {
  /** A tag (see pod-tags.ts) that every pod in the set has; undefined = none is common to them. It only makes the search for them short. */
  readonly tag: string | undefined;
  /** Whether pods that are being deleted are left out. */
  readonly skipsTerminating: boolean;
  /** Whether which pods are in it depends on the labels of namespaces. */
  readonly asksNamespaces: boolean;
  /** How often a pod counts; 0 = it is not in the set. */
  weightOf(pod: PodRequirements): number;
}

/** Counts of a set of pods. */
export class PodSet {
  readonly rule: PodSetRule;
  /** Weights of the pods on each node. */
  readonly counts = new SlotCounts();
  /** The same by domain, for each label that was asked for. */
  readonly domainCounts: DomainCounts[] = [];

  constructor(rule: PodSetRule) {
    this.rule = rule;
  }

  /** Pods of the set have come to a node or have gone from it. */
  change(slot: number, change: number, capacity: number): void {
    this.counts.add(slot, change, capacity);
    for (const domains of this.domainCounts) domains.change(slot, change);
  }

  /** No pods any more. */
  clear(): void {
    this.counts.clear();
    for (const domains of this.domainCounts) domains.clearPods();
  }
}
