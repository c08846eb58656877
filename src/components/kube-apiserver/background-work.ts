/** What an API server computes without requests (health checks, metrics, its own informers, the runtime): small jobs on its host, at distances that
 * vary, so that they keep no time with what clients do. */
import type { Simulation } from '../../engine/index.ts';
import { milliseconds, nanoseconds } from '../../units/index.ts';
import type { Host } from '../host/host.ts';

/** Mean distance of the jobs: short enough that none holds up requests for long. */
const INTERVAL = milliseconds(100);

/** What background work needs. */
export interface BackgroundWorkOptions {
  readonly host: Host;
  /** Cores of the host that it uses on the average. */
  readonly cores: number;
  /** Whether the process runs. */
  isRunning(): boolean;
  /** Each time, with the work: the process looks after itself. */
  look(): void;
}

/** Starts the background work of a process. */
export function startBackgroundWork(simulation: Simulation, name: string, options: BackgroundWorkOptions): void {
  const { host } = options;
  const owner = host.register(() => {}, name);
  const work = nanoseconds(options.cores * INTERVAL);
  const distances = simulation.streams.stream(`${name} background work`);
  const next = () => void simulation.after(nanoseconds(INTERVAL * (1 / 2 + distances.next())), evDue);
  const evDue = simulation.on(`${name}: background work`, () => {
    if (options.isRunning()) {
      if (work > 0) host.run(owner, work, 0);
      options.look();
    }
    next();
  });
  next();
}
