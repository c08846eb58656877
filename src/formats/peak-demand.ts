/** What jobs ask for at once at most, if each starts when it arrives. */

/** A job as far as it asks for something. */
export interface Demand {
  /** [s] */
  readonly arrival: number;
  /** [s]; undefined = it never ends. */
  readonly duration: number | undefined;
  readonly tasks: number;
  /** Of each task. */
  readonly cpu: number;
  readonly memory: number;
  readonly gpus: number;
}

/** The largest sums over time, each resource by itself. A job that ends makes room for one that arrives at that instant. */
export function peakDemand(jobs: readonly Demand[]): { cpu: number; memory: number; gpus: number } {
  const changes = jobs.flatMap((job) => [
    { at: job.arrival, sign: 1, job },
    ...(job.duration === undefined ? [] : [{ at: job.arrival + job.duration, sign: -1, job }]),
  ]);
  changes.sort((a, b) => a.at - b.at || a.sign - b.sign);
  const now = { cpu: 0, memory: 0, gpus: 0 };
  const peak = { cpu: 0, memory: 0, gpus: 0 };
  for (const { sign, job } of changes) {
    for (const resource of ['cpu', 'memory', 'gpus'] as const) {
      now[resource] += sign * job.tasks * job[resource];
      peak[resource] = Math.max(peak[resource], now[resource]);
    }
  }
  return peak;
}
