/** A few of the published runs of the openb study; all of them by `plimsoll validate openb`. The data lies beside the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CellReplication } from '../../src/experiment/cell-replication.ts';
import { type Files, loadScenario } from '../../src/scenario/index.ts';
import { validateOpenb } from '../../src/validation/index.ts';

const directory = path.join(import.meta.dirname, '../../../shared/data/openb');
const folder = {
  readText: (file: string) => readFileSync(path.join(directory, file), 'utf8'),
  list: (name: string) => readdirSync(path.join(directory, name)),
};

describe.skipIf(!existsSync(directory))('openb (skipped where its data is not beside the project)', () => {
  it.each([
    ['default', '42', '06-FGD', 10_866],
    ['default', '42', '05-BestFit', 10_866],
    ['gpuspec20', '43', '06-FGD', 0],
    ['multigpu50', '42', '02-DotProd', 0],
    ['multigpu50', '42', '03-GpuClustering', 0],
    ['multigpu50', '42', '04-GpuPacking', 0],
  ])(
    '%s, seed %s: %s gives the published curves point by point',
    { timeout: 120_000 },
    async (trace, seed, policy, placements) => {
      const select = (run: { trace: string; seed: string; policy: string }) =>
        run.trace === trace && run.seed === seed && run.policy === policy;
      const { comparisons, holds } = await validateOpenb({ folder, workers: 1, select });
      expect(comparisons).toHaveLength(1);
      expect(comparisons[0]).toMatchObject({ points: 3 * 131, placements, placementsOff: 0 });
      for (const deviation of Object.values(comparisons[0]?.deviation ?? {}))
        expect(deviation).toBeLessThanOrEqual(0.011);
      expect(holds).toBe(true);
    },
  );

  it('PWR saves the power that a replay of its study saves against FGD', { timeout: 120_000 }, () => {
    const [fgd, pwr] = [powerOf('fgd', {}), powerOf('pwr', { powerWeight: 1 })];
    const saved = [20, 40, 60, 80].map(
      (arrived) => 100 * (1 - (pwr.get(arrived) as number) / (fgd.get(arrived) as number)),
    );
    // The replay has 15.5, 13.6, 12.5 and 12.5 %.
    [15.5, 13.6, 12.5, 12.5].forEach((percent, i) => {
      expect(saved[i]).toBeCloseTo(percent, 0);
    });
  });
});

/** Power of the cluster [W] by percent arrived, on the default trace with the arrival order of seed 42. */
function powerOf(algorithm: string, settings: Readonly<Record<string, number>>): ReadonlyMap<number, number> {
  const order = 'arrival-orders/default-42.json';
  const spec = {
    model: 'schedulingCell',
    until: '1h',
    schedulers: [
      {
        name: 'main',
        algorithm,
        settings: {
          ...settings,
          tieBreak: 'rank',
          whenFull: 'reject',
          decisionTimePerJob: '0s',
          decisionTimePerTask: '0s',
        },
      },
    ],
    operations: [
      {
        createNodes: {
          from: 'csv/openb_node_list_gpu_node.csv',
          allocatable: { pods: 1001 },
          ranks: { files: [order] },
          preload: true,
        },
      },
      {
        submitJobs: {
          from: 'csv/openb_pod_list_default.csv',
          order: { files: [order] },
          inflate: { resource: 'gpu', to: '130%' },
        },
      },
    ],
  };
  const text = JSON.stringify({ apiVersion: 'plimsoll.dev/v1', kind: 'Scenario', metadata: { name: 'power' }, spec });
  const files: Files = {
    readText: (file) => (file === 'power.yaml' ? text : folder.readText(file)),
    resolve: (_, relative) => relative,
  };
  const { metrics } = new CellReplication(loadScenario(files, 'power.yaml'), { seed: '1', replication: 1 }).run();
  return new Map(
    metrics.series
      .filter(({ metric }) => metric === 'plimsoll_cell_inflation_power_watts')
      .map(({ labels, statistics }) => [Number(/arrived=(\d+)/.exec(labels)?.[1]), statistics.final ?? Number.NaN]),
  );
}
