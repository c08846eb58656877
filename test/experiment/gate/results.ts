/** Results for gates, made by hand: values of one or more statistics by replication. */
import {
  type GateReplication,
  type GateResults,
  type GateStatistic,
  statisticKey,
} from '../../../src/experiment/gate/index.ts';

/** What a test says of a side; everything else is as usual. */
export interface Side {
  readonly seed?: string;
  readonly nodeMajor?: number;
  readonly holds?: boolean;
  readonly scenario?: string;
  readonly variant?: string;
  readonly fingerprint?: string;
  /** Statistics that are there, by replication. */
  readonly statistics: readonly (Pick<GateStatistic, 'metric' | 'statistic'> & {
    readonly labels?: string;
    readonly values: readonly number[];
  })[];
}

/** p99 of the start of pods, by replication. */
export function p99(...values: readonly number[]): Side['statistics'][number] {
  return { metric: 'pod_startup_latency_seconds', labels: 'phase=total', statistic: 'p99', values };
}

/** One side of a gate. */
export function results(side: Side): GateResults {
  const { seed = '1', nodeMajor = 20, holds = true, scenario = 'example', variant = '', fingerprint = 'f' } = side;
  const count = Math.max(0, ...side.statistics.map(({ values }) => values.length));
  const replications: GateReplication[] = Array.from({ length: count }, (_, i) => ({
    replication: i + 1,
    seed: `${seed}-${i + 1}`,
    fingerprint: `${fingerprint}${i}`,
  }));
  const statistics = side.statistics.map(({ metric, labels = '', statistic, values }): GateStatistic => {
    return { metric, labels, statistic, unit: 's', values: new Map(values.map((value, i) => [i + 1, value])) };
  });
  const point = {
    variant,
    holds,
    replications,
    statistics: new Map(statistics.map((one) => [statisticKey(one), one])),
  };
  return { source: `seed ${seed}`, scenario, program: '0.1.0', nodeMajor, points: [point] };
}
