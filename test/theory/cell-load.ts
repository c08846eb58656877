/** Jobs that come to a scheduling cell in a Poisson stream, cheaply: many thousands in a test. */
import { createDistribution, type DistributionSpec } from '../../src/engine/index.ts';
import { type Nanoseconds, simTime } from '../../src/units/index.ts';
import type { CellWorld, ShortJob } from '../components/scheduling-cell/cell-world.ts';

/** Has jobs of one class that are alike but for their duration come at a rate [1/s] until an instant [s]; durations are in nanoseconds. */
export function poissonJobs(
  {
    simulation,
    world,
    specification,
  }: { simulation: CellWorld['simulation']; world: CellWorld['world']; specification: CellWorld['specification'] },
  job: ShortJob,
  duration: DistributionSpec,
  rate: number,
  untilSeconds: number,
): void {
  const usual = specification(job);
  const durations = createDistribution(duration);
  const gaps = createDistribution({ distribution: 'exponential', mean: 1e9 / rate });
  const [forDurations, forGaps] = [
    simulation.streams.stream(`test.durations.${usual.className}`),
    simulation.streams.stream(`test.gaps.${usual.className}`),
  ];
  const until = simTime(untilSeconds * 1e9);
  const arrival = simulation.on(`test: a job of class ${usual.className} comes`, () => {
    world.submit({ ...usual, durations: [durations.sample(forDurations)] });
    schedule();
  });
  const schedule = () => {
    const gap: Nanoseconds = gaps.sample(forGaps);
    if (simulation.now + gap <= until) simulation.after(gap, arrival);
  };
  schedule();
}
