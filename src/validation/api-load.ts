/** Loads on the API server over a window after a warm-up, with what the load generator itself measures. */

import type { ApiClient } from '../components/client-go/index.ts';
import { LoadGenerator, type LoadPattern } from '../components/load-generator/index.ts';
import { constantDistribution } from '../engine/index.ts';
import type { StatisticName } from '../metrics/index.ts';
import { type ApiWorld, WithClientCpu } from './api-world.ts';

/** Warm-up, and a window that is long enough for several collections of the servers' heaps [s]. */
const WARM_UP_S = 0.5;
const WINDOW_S = 15;

/** What is run. */
export interface ApiLoad {
  readonly pattern: LoadPattern;
  readonly clients: number;
  /** CPU of a client for an operation [ns]. */
  readonly clientCpu: number;
  /** Window [s]; that of most measurements if left out. */
  readonly window?: number;
  /** Connections; one for each client, of an administrator, if left out. */
  readonly connections?: readonly ApiClient[];
}

/** What a window shows. */
export interface ApiLoadResult {
  /** Operations that succeeded, per second. */
  readonly rate: number;
  /** Duration of those that did [ms]. */
  readonly milliseconds: (statistic: StatisticName) => number;
  /** CPU of API server and etcd for one answered request [us]. */
  readonly serverCpu: number;
  /** Answers by their result. */
  readonly answers: (result: string) => number;
  /** Mean attempts of an operation. */
  readonly attempts: number;
}

/** Clients in a closed loop. */
export function runApiLoad(
  world: ApiWorld,
  { pattern, clients, clientCpu, window = WINDOW_S, connections }: ApiLoad,
): ApiLoadResult {
  const load = new LoadGenerator({
    name: 'benchmark',
    clientGo: world.clientGo,
    pattern: new WithClientCpu(world, pattern, clientCpu),
    connections: connections ?? world.clients(clients),
    operations: Number.POSITIVE_INFINITY,
  });
  load.closedLoop(clients, constantDistribution(0));
  world.pass(WARM_UP_S);
  world.recorder.startStatistics();
  const busy = world.host.busyCoreNanoseconds();
  world.pass(window);
  const spent = world.host.busyCoreNanoseconds() - busy;
  const { series } = world.recorder.result();
  const of = (metric: string, statistic: StatisticName, label = ''): number =>
    series.find((one) => one.metric === metric && one.labels.includes(label))?.statistics[statistic] ?? 0;
  const answers = series
    .filter(({ metric }) => metric === 'plimsoll_load_requests_total')
    .reduce((sum, { statistics }) => sum + (statistics.final ?? 0), 0);
  return {
    rate: of('plimsoll_load_operations_total', 'rate', 'result=ok'),
    milliseconds: (statistic) => 1000 * of('plimsoll_load_operation_duration_seconds', statistic),
    serverCpu: spent / answers / 1000,
    answers: (result) => of('plimsoll_load_requests_total', 'final', `result=${result}`),
    attempts: of('plimsoll_load_attempts_per_operation', 'mean'),
  };
}
