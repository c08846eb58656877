/**
 * Shuffle sharding: a flow's hash deals it a hand of distinct queues, every hand being as likely as any other, so that two flows seldom share
 * all their queues. K:apiserver/pkg/util/shufflesharding. Upstream hashes by SHA-256; any hash that scatters evenly does.
 */
import { hashText } from '../../../engine/index.ts';

/** Bits of a word of a hash. */
const WORD_BITS = 32n;

/** The 64-bit hash of a flow: of its schema and of what distinguishes it there. */
export function flowHash(schema: string, distinguisher: string): bigint {
  const [high, low] = hashText(`${schema}\u0000${distinguisher}`);
  return (BigInt(high >>> 0) << WORD_BITS) | BigInt(low >>> 0);
}

/** Deals `handSize` of `deckSize` cards by a hash: its digits, each to the base of the cards left, say which of those is next. */
export function deal(hash: bigint, deckSize: number, handSize: number): number[] {
  const hand: number[] = [];
  let rest = hash;
  for (let dealt = 0; dealt < handSize; dealt++) {
    const left = BigInt(deckSize - dealt);
    hand.push(cardLeft(Number(rest % left), hand));
    rest /= left;
  }
  return hand;
}

/** The `position`-th card that is not in the hand yet. */
function cardLeft(position: number, hand: readonly number[]): number {
  let card = position;
  for (const taken of [...hand].sort((a, b) => a - b)) if (taken <= card) card++;
  return card;
}
