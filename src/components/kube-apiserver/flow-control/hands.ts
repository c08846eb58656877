/**
 * The queues that are dealt to flows, by flow: all hands in one column, since a request that need not wait looks at one card of one hand, and
 * there are as many flows as nodes.
 */

/** Hands at the start; doubled. */
const INITIAL_HANDS = 64;

/** The hands of all flows. */
export class Hands {
  /** Places from one hand to the next. */
  private readonly width: number;
  /** By flow: the number of its cards, then the cards. */
  private places: Int16Array;
  private count = 0;

  /** `largest`: cards of the largest hand. */
  constructor(largest: number) {
    this.width = largest + 1;
    this.places = new Int16Array(INITIAL_HANDS * this.width);
  }

  /** Adds the hand of a flow; returns the flow's number. */
  add(hand: readonly number[]): number {
    const first = this.count * this.width;
    if (first === this.places.length) {
      const larger = new Int16Array(this.places.length * 2);
      larger.set(this.places);
      this.places = larger;
    }
    this.places[first] = hand.length;
    this.places.set(hand, first + 1);
    return this.count++;
  }

  /** Cards in the hand of a flow, 0 = it needs no queue. */
  sizeOf(flow: number): number {
    return this.places[flow * this.width] as number;
  }

  /** A card of a flow's hand: the number of a queue. */
  card(flow: number, index: number): number {
    return this.places[flow * this.width + 1 + index] as number;
  }
}
