/**
 * What each of several queues deserves of a whole by its weight and by what it wants: Volcano's proportion plugin
 * (volcano-sh/volcano pkg/scheduler/plugins/proportion/proportion.go). Round after round what is left is dealt out by weight; a queue that has all
 * that it wants, or all that it may have, drops out, so that the others get more.
 */
import { type CellAmounts, cellResources, noAmounts } from '../cell-totals.ts';

/** A queue that wants something. */
export interface Claimant {
  readonly weight: number;
  /** What it has and what it waits for. */
  readonly wants: Readonly<CellAmounts>;
  /** What it must not exceed. */
  readonly max: Readonly<Partial<CellAmounts>>;
}

/** Below this share of the whole nothing is dealt out any more: halves of halves never end. */
const SMALLEST_SHARE = 1e-9;

/** What each claimant deserves. */
export function proportionalShares(claimants: readonly Claimant[], whole: Readonly<CellAmounts>): CellAmounts[] {
  const deserved = claimants.map(noAmounts);
  for (const resource of cellResources) {
    const limits = claimants.map(({ wants, max }) =>
      Math.min(wants[resource], max[resource] ?? Number.POSITIVE_INFINITY),
    );
    let open = claimants.map((_, i) => i).filter((i) => (limits[i] as number) > 0);
    let left = whole[resource];
    while (open.length > 0 && left > whole[resource] * SMALLEST_SHARE) {
      const weights = open.reduce((sum, i) => sum + (claimants[i] as Claimant).weight, 0);
      const dealt = left;
      for (const i of open) {
        const amounts = deserved[i] as CellAmounts;
        const more = (dealt * (claimants[i] as Claimant).weight) / weights;
        const taken = Math.min(more, (limits[i] as number) - amounts[resource]);
        amounts[resource] += taken;
        left -= taken;
      }
      open = open.filter((i) => (deserved[i] as CellAmounts)[resource] < (limits[i] as number));
    }
  }
  return deserved;
}
