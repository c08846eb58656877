import { expect, it } from 'vitest';
import { milliseconds, seconds } from '../../../src/units/index.ts';
import { CellWorld } from './cell-world.ts';

const quick = { distribution: 'constant', value: milliseconds(1) } as const;

function world(placement: string, settings: Readonly<Record<string, number | string>> = {}): CellWorld {
  return new CellWorld([
    { settings: { placement, tieBreak: 'first', decisionTimePerJob: quick, decisionTimePerTask: quick, ...settings } },
  ]);
}

/** A task that uses a share of the CPUs that it asks for. */
function submit(cell: CellWorld, cpu: number, share: number) {
  return cell.world.submit({ ...cell.specification({ cpu, memory: 1 }), usage: { quantile: () => share } });
}

it('packs nodes up to the target of what they use, whatever is requested', () => {
  const cell = world('target-load-packing', { requestsMultiplier: 1 });
  cell.nodes(2, 10, 64);
  // It asks for six of ten CPUs and uses one tenth of them: the node has room up to the target of 40 %.
  const idle = submit(cell, 6, 0.1);
  cell.run(70);
  const next = submit(cell, 3, 1);
  cell.run(80);
  expect([...cell.placesOf(idle), ...cell.placesOf(next)]).toEqual(['node-0', 'node-0']);
  // Measured again, node 0 uses 3.6 CPUs: one more CPU would be beyond the target there, and not on the other.
  cell.run(130);
  const other = submit(cell, 1, 1);
  cell.run(140);
  expect(cell.placesOf(other)).toEqual(['node-1']);
});

it('counts pods that came since the last measurement by what they request', () => {
  const cell = world('target-load-packing', { requestsMultiplier: 1, metricsPeriod: seconds(3600) });
  cell.nodes(2, 10, 64);
  const first = submit(cell, 4, 0.1);
  const second = submit(cell, 4, 0.1);
  cell.run(10);
  expect([...cell.placesOf(first), ...cell.placesOf(second)]).toEqual(['node-0', 'node-1']);
});

it('balances by mean and deviation: of two nodes with the same load the steady one is taken', () => {
  const cell = world('load-variation-risk-balancing');
  const [steady = -1, restless = -1] = cell.nodes(2, 10, 64);
  const task = (cpu: number, quantile: (u: number) => number) =>
    cell.cell.submit({ ...cell.specification({ cpu, memory: 1, scheduler: 'nobody' }), usage: { quantile } });
  cell.cell.claim(
    task(8, () => 0.5),
    steady,
  );
  cell.cell.claim(
    task(8, (u) => (u < 0.5 ? 0.25 : 0.75)),
    restless,
  );
  cell.run(15 * 60 + 1);
  const job = submit(cell, 1, 1);
  cell.run(15 * 60 + 10);
  expect(cell.placesOf(job)).toEqual(['node-0']);
  expect(cell.statistic('plimsoll_cell_cpu_utilisation', '', 'mean')).toBeGreaterThan(0.35);
});
