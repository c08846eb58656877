/** Random orders. */
import type { RandomStream } from './random-streams.ts';

/** All entries in a random order, each as likely (Fisher and Yates). */
export function shuffled<T>(entries: readonly T[], random: RandomStream): T[] {
  const order = [...entries];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}
