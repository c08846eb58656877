/** How many pods of a set lie in each domain of a label, over the nodes that count; with the least of these numbers. */
import type { NodeEligibility } from './node-eligibility.ts';
import { NO_DOMAIN, type TopologyKey } from './topology-key.ts';

/** Counts by domain. */
export class DomainCounts {
  readonly topology: TopologyKey;
  readonly eligibility: NodeEligibility;
  /** Whether {@link minimum} is kept. */
  readonly findsLeast: boolean;
  /** Sum over all domains. */
  total = 0;
  /** Domains in which a node counts. */
  domains = 0;
  /** Pods by domain. */
  private counts = new Int32Array(0);
  /** Nodes that count, by domain. */
  private nodes = new Int32Array(0);
  /** Domains with a node, by their number of pods; undefined = nobody asks for the least. */
  private readonly domainsWith: number[] | undefined;
  /** The least number of pods in a domain with a node, 0 without any such domain, state. */
  private least = 0;

  /** `findsLeast` = the least number is wanted: numbers are then never negative. */
  constructor(topology: TopologyKey, eligibility: NodeEligibility, findsLeast: boolean) {
    this.topology = topology;
    this.eligibility = eligibility;
    this.findsLeast = findsLeast;
    this.domainsWith = findsLeast ? [] : undefined;
  }

  /** Pods in a domain. */
  in(domain: number): number {
    return domain >= 0 && domain < this.counts.length ? (this.counts[domain] as number) : 0;
  }

  /** Pods in the domain of a node; 0 if it lies in none. */
  at(slot: number): number {
    return this.in(this.topology.domainOf(slot));
  }

  /** The least number of pods in a domain that has a node, 0 if there is none. */
  get minimum(): number {
    return this.least;
  }

  /** The number of pods on a node has changed. */
  change(slot: number, change: number): void {
    const domain = this.topology.domainOf(slot);
    if (domain === NO_DOMAIN || !this.eligibility.has(slot)) return;
    this.ensure(domain);
    this.setCount(domain, (this.counts[domain] as number) + change);
  }

  /** A node with so many pods comes to count (`sign` 1), or no longer does (-1); its domain and eligibility are those with which it counts. */
  countNode(slot: number, pods: number, sign: 1 | -1): void {
    const domain = this.topology.domainOf(slot);
    if (domain === NO_DOMAIN || !this.eligibility.has(slot)) return;
    this.ensure(domain);
    if (sign === 1) this.addNode(domain);
    this.setCount(domain, (this.counts[domain] as number) + sign * pods);
    if (sign === -1) this.removeNode(domain);
  }

  /** No pods any more; the nodes stay. */
  clearPods(): void {
    for (let domain = 0; domain < this.counts.length; domain++) this.setCount(domain, 0);
  }

  private setCount(domain: number, count: number): void {
    const before = this.counts[domain] as number;
    this.total += count - before;
    this.counts[domain] = count;
    if (this.domainsWith !== undefined && (this.nodes[domain] as number) > 0)
      this.move(this.domainsWith, before, count);
  }

  private move(domainsWith: number[], before: number, count: number): void {
    domainsWith[before] = (domainsWith[before] ?? 0) - 1;
    domainsWith[count] = (domainsWith[count] ?? 0) + 1;
    this.least = Math.min(this.least, count);
    this.settleLeast(domainsWith);
  }

  private addNode(domain: number): void {
    this.nodes[domain] = (this.nodes[domain] as number) + 1;
    if (this.nodes[domain] !== 1) return;
    this.domains++;
    const { domainsWith } = this;
    if (domainsWith === undefined) return;
    const count = this.counts[domain] as number;
    domainsWith[count] = (domainsWith[count] ?? 0) + 1;
    this.least = this.domains === 1 ? count : Math.min(this.least, count);
  }

  private removeNode(domain: number): void {
    this.nodes[domain] = (this.nodes[domain] as number) - 1;
    if (this.nodes[domain] !== 0) return;
    this.domains--;
    const { domainsWith } = this;
    if (domainsWith === undefined) return;
    const count = this.counts[domain] as number;
    domainsWith[count] = (domainsWith[count] as number) - 1;
    this.settleLeast(domainsWith);
  }

  /** The least number only rises over numbers that no domain has any more. */
  private settleLeast(domainsWith: readonly number[]): void {
    if (this.domains === 0) this.least = 0;
    else while ((domainsWith[this.least] ?? 0) === 0) this.least++;
  }

  private ensure(domain: number): void {
    if (domain < this.counts.length) return;
    const { length } = this.counts;
    const size = Math.max(this.topology.count, length * 2);
    const counts = new Int32Array(size);
    counts.set(this.counts);
    this.counts = counts;
    const nodes = new Int32Array(size);
    nodes.set(this.nodes);
    this.nodes = nodes;
  }
}
