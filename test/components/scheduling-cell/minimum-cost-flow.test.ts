/** The minimum-cost flow against a twin that is obviously right, and against cases that can be seen through. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MinimumCostFlow } from '../../../src/components/scheduling-cell/architectures/minimum-cost-flow.ts';

/** An arc of a small network. */
interface Arc {
  readonly from: number;
  readonly to: number;
  readonly capacity: number;
  readonly cost: number;
}

/** Flow and cost by one unit at a time along the cheapest path that Bellman and Ford find, without potentials, heaps or blocking flows. */
function slowTwin(vertices: number, arcs: readonly Arc[], source: number, sink: number) {
  const residual = arcs.flatMap(({ from, to, capacity, cost }) => [
    { from, to, left: capacity, cost },
    { from: to, to: from, left: 0, cost: -cost },
  ]);
  let flow = 0;
  let cost = 0;
  for (;;) {
    const distance = new Array<number>(vertices).fill(Number.POSITIVE_INFINITY);
    const via = new Array<number>(vertices).fill(-1);
    distance[source] = 0;
    for (let round = 0; round < vertices; round++) {
      residual.forEach((arc, i) => {
        const along = (distance[arc.from] as number) + arc.cost;
        if (arc.left > 0 && along < (distance[arc.to] as number)) {
          distance[arc.to] = along;
          via[arc.to] = i;
        }
      });
    }
    if (distance[sink] === Number.POSITIVE_INFINITY) return { flow, cost };
    flow++;
    cost += distance[sink] as number;
    for (let vertex = sink; vertex !== source; ) {
      const i = via[vertex] as number;
      (residual[i] as { left: number }).left--;
      (residual[i ^ 1] as { left: number }).left++;
      vertex = (residual[i] as { from: number }).from;
    }
  }
}

const networks = fc.integer({ min: 2, max: 9 }).chain((vertices) =>
  fc.record({
    vertices: fc.constant(vertices),
    arcs: fc.array(
      fc.record({
        from: fc.nat(vertices - 1),
        to: fc.nat(vertices - 1),
        capacity: fc.nat(5),
        cost: fc.nat(7),
      }),
      { maxLength: 30 },
    ),
  }),
);

describe('the minimum-cost flow', () => {
  it('sends as much, at the same cost, as one unit at a time along cheapest paths; what enters a vertex leaves it', () => {
    const solver = new MinimumCostFlow();
    fc.assert(
      fc.property(networks, ({ vertices, arcs: all }) => {
        const arcs = all.filter(({ from, to }) => from !== to);
        solver.reset(vertices);
        const numbers = arcs.map(({ from, to, capacity, cost }) => solver.addArc(from, to, capacity, cost));
        solver.solve(0, vertices - 1);
        const { flow, cost } = solver;
        expect({ flow, cost }).toEqual(slowTwin(vertices, arcs, 0, vertices - 1));
        const balance = new Array<number>(vertices).fill(0);
        let paid = 0;
        arcs.forEach((arc, i) => {
          const units = solver.flowOn(numbers[i] as number);
          expect(units).toBeGreaterThanOrEqual(0);
          expect(units).toBeLessThanOrEqual(arc.capacity);
          balance[arc.from] = (balance[arc.from] as number) - units;
          balance[arc.to] = (balance[arc.to] as number) + units;
          paid += units * arc.cost;
        });
        expect(paid).toBe(cost);
        expect(balance).toEqual(balance.map((_, i) => (i === 0 ? 0 - flow : i === vertices - 1 ? flow : 0)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('sends a dear task elsewhere to make room for one that has no choice', () => {
    // Source 0, tasks 1 and 2, machines 3 and 4 with a slot each, sink 5. Task 2 can go to machine 3 only.
    const solver = new MinimumCostFlow();
    solver.reset(6);
    solver.addArc(0, 1, 1, 0);
    solver.addArc(0, 2, 1, 0);
    const cheap = solver.addArc(1, 3, 1, 1);
    const dear = solver.addArc(1, 4, 1, 9);
    const only = solver.addArc(2, 3, 1, 5);
    solver.addArc(3, 5, 1, 0);
    solver.addArc(4, 5, 1, 0);
    solver.solve(0, 5);
    expect([solver.flow, solver.cost]).toEqual([2, 14]);
    expect([cheap, dear, only].map((arc) => solver.flowOn(arc))).toEqual([0, 1, 1]);
  });

  it('fills machines evenly where each further task on one costs more', () => {
    const machines = 50;
    const tasks = 120;
    const solver = new MinimumCostFlow();
    const sink = machines + 2;
    solver.reset(machines + 3);
    solver.addArc(0, 1, tasks, 0);
    const slots = Array.from({ length: machines }, (_, machine) => {
      solver.addArc(2 + machine, sink, 5, 0);
      return Array.from({ length: 5 }, (_, load) => solver.addArc(1, 2 + machine, 1, load));
    });
    solver.solve(0, sink);
    expect(solver.flow).toBe(tasks);
    const loads = slots.map((arcs) => arcs.reduce((sum, arc) => sum + solver.flowOn(arc), 0));
    expect(Math.max(...loads) - Math.min(...loads)).toBe(1);
  });
});
