/** A label of nodes as numbers: each of its values is a domain, in which all nodes with that value lie. */
import type { Labels } from '../../../cluster/index.ts';

/** The domain of a node that does not have the label, or is not known. */
export const NO_DOMAIN = -1;

/** The domains of one label. */
export class TopologyKey {
  readonly key: string;
  /** Domain by slot; {@link NO_DOMAIN} also beyond its end. */
  domains = new Int32Array(0);
  private readonly numbers = new Map<string, number>();

  constructor(key: string) {
    this.key = key;
  }

  /** Domains so far: numbers are given in the order in which values appear, and kept. */
  get count(): number {
    return this.numbers.size;
  }

  /** The domain of a slot. */
  domainOf(slot: number): number {
    return slot < this.domains.length ? (this.domains[slot] as number) : NO_DOMAIN;
  }

  /** Takes over the labels of a node; undefined = the node is not known. */
  set(slot: number, labels: Labels | undefined, capacity: number): void {
    if (slot >= this.domains.length) this.grow(Math.max(capacity, slot + 1));
    const value = labels?.[this.key];
    this.domains[slot] = value === undefined ? NO_DOMAIN : this.numberOf(value);
  }

  private numberOf(value: string): number {
    let number = this.numbers.get(value);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(value, number);
    }
    return number;
  }

  private grow(slots: number): void {
    const bigger = new Int32Array(slots).fill(NO_DOMAIN, this.domains.length);
    bigger.set(this.domains);
    this.domains = bigger;
  }
}
