/** The columns of every CSV, in order, with their meaning: the header of the files and the dictionary in results/README.md. */

/** One column. */
export interface Column {
  readonly name: string;
  readonly meaning: string;
}

/** One CSV file of a results directory. */
export interface CsvFile {
  readonly file: string;
  /** What a row is. */
  readonly row: string;
  readonly columns: readonly Column[];
}

const scenario = { name: 'scenario', meaning: 'name of the scenario (`metadata.name`)' };
const variant = {
  name: 'variant',
  meaning: 'point of a sweep as sorted `PATH=VALUE;…`, name of a variant of a comparison; empty for a plain run',
};
const replication = { name: 'replication', meaning: 'number of the replication, from 1' };
const metric = { name: 'metric', meaning: 'name of the metric; `plimsoll explain METRIC` tells what it is' };
const labels = { name: 'labels', meaning: '`k=v;k=v` sorted by key, absent labels left out' };
const statistic = { name: 'statistic', meaning: 'which statistic of the series, see below' };
const unit = { name: 'unit', meaning: 'unit of the value: `s`, `B`, `1` (a plain number), `1/s`' };

export const csvFiles = {
  summary: {
    file: 'summary.csv',
    row: 'one statistic of one series of one replication',
    columns: [scenario, variant, replication, metric, labels, statistic, { name: 'value', meaning: 'its value' }, unit],
  },
  timeseries: {
    file: 'timeseries.csv',
    row: 'one sample of one series of one replication',
    columns: [
      scenario,
      variant,
      replication,
      { name: 'time_s', meaning: 'virtual time since the start of the run [s]' },
      { ...metric, meaning: `${metric.meaning}; a histogram's number of observations is \`<metric>_count\`` },
      labels,
      { name: 'value', meaning: 'a gauge at that instant; counters and `_count` since statistics began' },
      unit,
    ],
  },
  histograms: {
    file: 'histograms.csv',
    row: 'one Prometheus bucket of one histogram of one replication',
    columns: [
      scenario,
      variant,
      replication,
      metric,
      labels,
      { name: 'le', meaning: "upper bound of the bucket in the metric's unit, inclusive; `+Inf` for the last" },
      { name: 'count', meaning: 'observations at or below the bound (cumulative, counted exactly)' },
    ],
  },
  timeline: {
    file: 'timeline.csv',
    row: 'one thing that happened in one replication beside its load: a fault, an election, a member or server that ended or came back',
    columns: [
      scenario,
      variant,
      replication,
      { name: 'time_s', meaning: 'virtual time since the start of the run [s]' },
      { name: 'subject', meaning: 'to whom: `etcd`, `etcd member 1`, `kube-apiserver 0`, `fault`' },
      { name: 'what', meaning: 'what happened, in words' },
    ],
  },
  aggregate: {
    file: 'aggregate.csv',
    row: 'one statistic of one series over all replications that ran to their end',
    columns: [
      scenario,
      variant,
      metric,
      labels,
      statistic,
      { name: 'mean', meaning: 'mean over the replications' },
      { name: 'sd', meaning: 'sample standard deviation; empty for a single replication' },
      { name: 'ci95_low', meaning: "lower end of the mean's 95 % confidence interval (Student's t)" },
      { name: 'ci95_high', meaning: 'upper end of it' },
      { name: 'n', meaning: 'replications that have the statistic' },
      unit,
    ],
  },
  comparison: {
    file: 'comparison.csv',
    row: 'one measure of one variant of a comparison beside the baseline (`plimsoll compare` only)',
    columns: [
      scenario,
      { name: 'topic', meaning: 'what the measure tells of: throughput, latency, control-plane load, …' },
      metric,
      { ...labels, meaning: 'labels that select the series: histograms are merged, counters added up' },
      statistic,
      { name: 'better', meaning: '`lower` or `higher`; empty where neither is better' },
      variant,
      { name: 'baseline', meaning: 'name of the variant that it is compared with' },
      { name: 'mean', meaning: "mean over the variant's replications" },
      { name: 'baseline_mean', meaning: "mean over the baseline's replications" },
      { name: 'difference', meaning: 'mean over the pairs with the same seed of (variant - baseline)' },
      {
        name: 'ci95_low',
        meaning: "lower end of its 95 % confidence interval (Student's t over the pairs); empty for one pair",
      },
      { name: 'ci95_high', meaning: 'upper end of it' },
      {
        name: 'bootstrap_low',
        meaning: 'lower end of its 95 % bootstrap interval (BCa over the pairs); empty for fewer than five pairs',
      },
      { name: 'bootstrap_high', meaning: 'upper end of it' },
      {
        name: 'relative',
        meaning: "the difference as a share of the baseline's mean over the pairs; empty if that is 0",
      },
      { name: 'pairs', meaning: 'pairs of which both replications have the measure' },
      { name: 'above', meaning: 'pairs in which the variant is above the baseline' },
      { name: 'below', meaning: 'pairs in which it is below' },
      { name: 'p', meaning: 'two-sided probability of so large a mean difference if there were none' },
      { name: 'p_holm', meaning: "the same after Holm's correction over all rows of the file" },
      { name: 'effect', meaning: '`higher` or `lower` where the interval excludes 0, otherwise empty' },
      unit,
    ],
  },
  capacity: {
    file: 'capacity.csv',
    row: 'one probe of a search (`plimsoll capacity` only)',
    columns: [
      scenario,
      {
        name: 'with',
        meaning: 'values of other paths that stay in this search, as `PATH=VALUE;…`; empty if there are none',
      },
      { name: 'search', meaning: 'empty for the first search, `lift=SERVER` for the one with its bottleneck lifted' },
      { name: 'path', meaning: 'what is searched' },
      { name: 'value', meaning: 'its value in this probe' },
      { name: 'value_unit', meaning: 'unit of the value as the scenario writes it; empty for a plain number' },
      replication,
      { name: 'seed', meaning: 'seed of the replication; no two probes of a search share one' },
      { name: 'holds', meaning: '1 if every objective and barrier held, otherwise 0' },
      { name: 'failed', meaning: 'what did not: `objective N` or `barrier N`, counted from 0, separated by `;`' },
      { name: 'fingerprint', meaning: 'fingerprint of the replication' },
    ],
  },
  sweep: {
    file: 'sweep.csv',
    row: 'what one objective measured in one replication of one point (`plimsoll sweep` only); behind `scenario` stands a column for each value that varies, named by its path',
    columns: [
      scenario,
      replication,
      { ...metric, meaning: 'metric of the objective' },
      { ...labels, meaning: 'labels of the objective, which select series' },
      statistic,
      { name: 'value', meaning: 'what was measured; empty without data' },
      unit,
      { name: 'holds', meaning: '1 if the objective held in this replication, otherwise 0' },
    ],
  },
  sensitivity: {
    file: 'sensitivity.csv',
    row: 'one parameter of `plimsoll sweep --sensitivity`, the most influential first',
    columns: [
      scenario,
      { name: 'parameter', meaning: 'path of what was varied' },
      { name: 'low', meaning: 'lower end of its range; `x0.5` = half of its value' },
      { name: 'high', meaning: 'upper end of its range' },
      { name: 'assumption', meaning: '1 if its default is an assumption, otherwise 0' },
      {
        name: 'mean_absolute_effect',
        meaning: "Morris' mean absolute effect on the measure of a change over the whole range",
      },
      { name: 'mean_effect', meaning: 'mean of the effects: their direction' },
      { name: 'effect_sd', meaning: 'spread of the effects: large where the effect depends on the other parameters' },
      {
        name: 'first_order',
        meaning:
          "Sobol's first-order index: share of the variance that it explains alone; empty if not among the first",
      },
      { name: 'first_order_low', meaning: 'lower end of its 95 % bootstrap interval' },
      { name: 'first_order_high', meaning: 'upper end of it' },
      { name: 'total', meaning: "Sobol's total index: share of the variance in which it has a part" },
      { name: 'total_low', meaning: 'lower end of its 95 % bootstrap interval' },
      { name: 'total_high', meaning: 'upper end of it' },
    ],
  },
} as const satisfies Record<string, CsvFile>;
