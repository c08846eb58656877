/** Node choosers against what is known of bin packing: how far any fit can be from the best packing, and instances at which it gets there. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CellWorld } from '../components/scheduling-cell/cell-world.ts';

/** A size of one task: CPUs and GiB of a node of 1 CPU and 1 GiB. */
type Size = readonly [cpu: number, memory: number];

/** Nodes in use after tasks of these sizes have come one after the other. */
function nodesUsed(placement: string, sizes: readonly Size[]): number {
  const instant = { distribution: 'constant', value: 0 } as const;
  const settings = { placement, decisionTimePerJob: instant, decisionTimePerTask: instant };
  const world = new CellWorld([{ settings }]);
  world.nodes(sizes.length, 1, 1);
  for (const [cpu, memory] of sizes) {
    world.submit({ cpu, memory });
    world.run(0);
  }
  expect(world.cell.running).toBe(sizes.length);
  return world.cell.nodes.pods.filter((pods) => pods > 0).length;
}

const share = fc.integer({ min: 10, max: 700 }).map((milli) => milli / 1000);
const anyFits = ['first-fit', 'best-fit'] as const;

describe('packing', () => {
  it.each(anyFits)('%s needs at most 1.7 times the best, and one more, in one dimension', (placement) => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 40 }), (sizes) => {
        const used = nodesUsed(
          placement,
          sizes.map((size) => [size, 0]),
        );
        // No packing needs less than the sum, or than the tasks of which no two fit together.
        const sum = Math.ceil(sizes.reduce((total, size) => total + size, 0) - 1e-9);
        const large = sizes.filter((size) => size > 0.5).length;
        expect(used).toBeLessThanOrEqual(1.7 * Math.max(sum, large) + 1);
      }),
      { numRuns: 30 },
    );
  });

  it.each(anyFits)(
    '%s needs five thirds of the best at the instance that is worst for it when sizes come in this order',
    (placement) => {
      // 143 + 334 + 501 thousandths fill a node of the best packing; in ascending order six, two and one fit together.
      const best = 12;
      const sizes = [0.143, 0.334, 0.501].flatMap((size) => Array.from({ length: best }, (): Size => [size, 0]));
      expect(nodesUsed(placement, sizes)).toBe(best / 6 + best / 2 + best);
      // In falling order nothing is lost.
      expect(nodesUsed(placement, [...sizes].reverse())).toBe(best);
    },
  );

  it.each(anyFits)('%s takes a new node only where two nodes would hold more than one together', (placement) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(share, share), { minLength: 1, maxLength: 30 }), (sizes) => {
        const used = nodesUsed(placement, sizes);
        // The first task of a node fitted on none before: in some dimension it and what is there ask for more than a node has.
        const sum = sizes.reduce((total, [cpu, memory]) => total + cpu + memory, 0);
        expect(used).toBeLessThanOrEqual(2 * sum + 1);
      }),
      { numRuns: 30 },
    );
  });
});
