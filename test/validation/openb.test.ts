/** A few of the published runs of the openb study; all of them by `plimsoll validate openb`. The data lies beside the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
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
});
