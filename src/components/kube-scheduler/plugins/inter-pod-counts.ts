/** The counts by which InterPodAffinity judges: of pods that a pod's own terms select, and of pods whose terms select it. */
import type { InterPodAffinityArguments } from '../configuration.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import {
  type AffinityTerm,
  allTermsSelect,
  type TermKind,
  termKinds,
  termSelects,
  weightedTermsOf,
} from '../topology/affinity-term.ts';
import type { DomainCounts } from '../topology/domain-counts.ts';
import type { PodSet } from '../topology/pod-set.ts';
import { tagOfCarriers } from '../topology/pod-tags.ts';
import type { PodTopology } from '../topology/pod-topology.ts';
import { TagIndex } from '../topology/tag-index.ts';

/** Counts that make a node better, or worse if `worth` is negative. */
interface RatedCounts {
  readonly counts: DomainCounts;
  readonly worth: number;
}

/** The counts that matter for a pod. */
export interface PodCounts {
  /** By term of required affinity: pods that all of these terms select. */
  readonly wanted: readonly DomainCounts[];
  /** Whether all terms of its required affinity select the pod itself. */
  readonly selectsItself: boolean;
  /** By term of required anti-affinity: pods that it selects. */
  readonly avoided: readonly DomainCounts[];
  /** Pods whose required anti-affinity selects the pod. */
  readonly repelling: readonly DomainCounts[];
  readonly rated: readonly RatedCounts[];
}

/** The pods that carry one term, of one kind. */
interface Carriers {
  readonly kind: TermKind;
  readonly term: AffinityTerm;
  readonly counts: DomainCounts;
}

/** Pods and the nodes on which they lie. */
interface Extent {
  readonly pods: number;
  readonly nodes: number;
}

/** All counts of one profile's plugin. */
export class InterPodCounts {
  private readonly placed: PodTopology;
  /** What a term of a kind that a pod carries is worth to those whom it selects. */
  private readonly worths: Readonly<Record<TermKind, number>>;
  /** Terms that placed pods carry. */
  private readonly carriers = new TagIndex<Carriers>();
  private readonly carrierNames = new Set<string>();
  /** Kinds of placed pods whose terms are among the carriers. */
  private kindsSeen = 0;
  /** By requirements, with what the answer was worked out from. */
  private readonly known: ({ counts: PodCounts; carriers: number; namespaces: number } | undefined)[] = [];

  constructor(placed: PodTopology, { hardPodAffinityWeight }: InterPodAffinityArguments) {
    this.placed = placed;
    this.worths = {
      requiredAffinity: hardPodAffinityWeight,
      requiredAntiAffinity: 0,
      preferredAffinity: 1,
      preferredAntiAffinity: -1,
    };
  }

  /** The counts that matter for a pod. */
  of(pod: PodRequirements): PodCounts {
    this.learn();
    const carriers = this.carriers.all.length;
    const namespaces = this.placed.namespacesVersion;
    let known = this.known[pod.id];
    if (known === undefined || known.carriers !== carriers || known.namespaces !== namespaces) {
      known = { counts: this.work(pod), carriers, namespaces };
      this.known[pod.id] = known;
    }
    return known.counts;
  }

  /** Pods that have required anti-affinity, and their nodes. */
  withRequiredAntiAffinity(): Extent {
    return this.extentOf('with required anti-affinity', ({ interPod }) => interPod.requiredAntiAffinity.length > 0);
  }

  /** Pods that have any terms, and their nodes. */
  withTerms(): Extent {
    return this.extentOf('with terms', ({ interPod }) => termKinds.some((kind) => interPod[kind].length > 0));
  }

  private extentOf(name: string, isIn: (pod: PodRequirements) => boolean): Extent {
    const set = this.placed.set(name, () => ({
      tag: undefined,
      skipsTerminating: false,
      asksNamespaces: false,
      weightOf: (pod) => (isIn(pod) ? 1 : 0),
    }));
    return { pods: set.counts.total, nodes: set.counts.occupied };
  }

  // ---- terms that pods carry -----------------------------------------------------------------------------------------------------

  /** Takes note of the terms of kinds of pods that were placed since. */
  private learn(): void {
    const { kinds } = this.placed;
    for (; this.kindsSeen < kinds.length; this.kindsSeen++) {
      const { pod } = kinds[this.kindsSeen] as { readonly pod: PodRequirements };
      for (const kind of termKinds) {
        for (const { term } of weightedTermsOf(pod.interPod, kind)) this.addCarriers(kind, term);
      }
    }
  }

  private addCarriers(kind: TermKind, term: AffinityTerm): void {
    const tag = tagOfCarriers(kind, term.name);
    if (this.carrierNames.has(tag)) return;
    this.carrierNames.add(tag);
    const set = this.placed.set(tag, () => ({
      tag,
      skipsTerminating: false,
      asksNamespaces: false,
      weightOf: (pod) => weightIn(pod, kind, term),
    }));
    this.carriers.add(term.tag, { kind, term, counts: this.placed.countsByDomain(set, term.topologyKey) });
  }

  // ---- one pod -------------------------------------------------------------------------------------------------------------------

  private work(pod: PodRequirements): PodCounts {
    const { requiredAffinity, requiredAntiAffinity, preferredAffinity, preferredAntiAffinity } = pod.interPod;
    const { placed } = this;
    const namespaceLabels = placed.namespaces.of(pod.namespace);
    const selectedByAll = requiredAffinity.length > 0 ? this.selectedBy(requiredAffinity) : undefined;
    const byTerm = (term: AffinityTerm, set: PodSet) => placed.countsByDomain(set, term.topologyKey);
    const rated: RatedCounts[] = [
      ...preferredAffinity.map(({ weight, term }) => ({
        counts: byTerm(term, this.selectedBy([term])),
        worth: weight,
      })),
      ...preferredAntiAffinity.map(({ weight, term }) => ({
        counts: byTerm(term, this.selectedBy([term])),
        worth: -weight,
      })),
    ];
    const repelling: DomainCounts[] = [];
    this.carriers.forEachConcerning(pod.tags, ({ kind, term, counts }) => {
      if (!termSelects(term, pod, namespaceLabels)) return;
      if (kind === 'requiredAntiAffinity') repelling.push(counts);
      else if (this.worths[kind] !== 0) rated.push({ counts, worth: this.worths[kind] });
    });
    return {
      wanted: selectedByAll === undefined ? [] : requiredAffinity.map((term) => byTerm(term, selectedByAll)),
      selectsItself: allTermsSelect(requiredAffinity, pod, namespaceLabels),
      avoided: requiredAntiAffinity.map((term) => byTerm(term, this.selectedBy([term]))),
      repelling,
      rated,
    };
  }

  /** The pods that all of some terms select. */
  private selectedBy(terms: readonly AffinityTerm[]): PodSet {
    const { namespaces } = this.placed;
    return this.placed.set(`selected by ${terms.map(({ name }) => name).join(' ')}`, () => ({
      tag: terms[0]?.tag,
      skipsTerminating: false,
      asksNamespaces: terms.some(({ namespaceSelector }) => namespaceSelector !== undefined),
      weightOf: (pod) => (allTermsSelect(terms, pod, namespaces.of(pod.namespace)) ? 1 : 0),
    }));
  }
}

/** Sum of the weights that a pod gives a term of a kind, which it may carry more than once. */
function weightIn(pod: PodRequirements, kind: TermKind, { name }: AffinityTerm): number {
  let sum = 0;
  for (const { weight, term } of weightedTermsOf(pod.interPod, kind)) if (term.name === name) sum += weight;
  return sum;
}
