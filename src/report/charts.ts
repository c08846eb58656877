/** Which series the page draws, thinned so that the page stays small. */
import type { MetricsResult, TimeSeriesResult } from '../metrics/index.ts';
import { parseLabels } from '../metrics/index.ts';

/** One line of a chart; null = the series did not exist yet. */
export interface ChartLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

/** One chart, over virtual time unless it says what else. */
export interface Chart {
  readonly title: string;
  /** What the vertical axis counts. */
  readonly unit: string;
  /** What the horizontal axis is if it is not virtual time: a share from 0 to 1. */
  readonly over?: string;
  /** Places on the horizontal axis: instants [s], or shares. */
  readonly times_s: readonly number[];
  readonly lines: readonly ChartLine[];
}

/** Points of a line at most: more than a screen shows. */
const MAXIMUM_POINTS = 600;
/** Lines of a chart at most, the largest first: more cannot be told apart. */
const MAXIMUM_LINES = 6;

/** What a chart takes from the result. */
interface ChartDefinition {
  readonly title: string;
  readonly unit: string;
  /** One metric, or the name of a line by metric. */
  readonly metric: string | Readonly<Record<string, string>>;
  /** The label that names a line; undefined = one line for each metric. */
  readonly by?: string;
  /** Only these values of that label, in this order; otherwise the largest lines. */
  readonly only?: readonly string[];
  /** Only values of that label that this is true of. */
  readonly where?: (value: string) => boolean;
  /** Draw the increase per second of a counter instead of its value. */
  readonly rate?: boolean;
  /** Draw it only if it moves: what is always the same tells nothing. */
  readonly moving?: boolean;
}

/** Whether a place where work waits is a limiter: limiters are often fully used and would crowd the servers out. */
function isLimiter(server: string): boolean {
  return /\blimit(er)?\b/.test(server);
}

/** Status codes of requests that were not served as asked; 404 and 422 are answers like others. */
const FAILURES = ['409', '410', '429', '500', '503', '504'];

const definitions: readonly ChartDefinition[] = [
  {
    title: 'Pods by state',
    unit: 'pods',
    metric: 'plimsoll_pods',
    by: 'phase',
    only: ['unbound', 'bound', 'running', 'ready', 'failed', 'terminating'],
  },
  { title: 'Nodes of the cell', unit: 'nodes', metric: 'plimsoll_cell_nodes', by: 'state' },
  { title: 'Tasks by state', unit: 'tasks', metric: 'plimsoll_cell_tasks', by: 'state' },
  { title: 'Requested of what the cell has', unit: 'share', metric: 'plimsoll_cell_allocation_ratio', by: 'resource' },
  { title: 'Jobs that wait', unit: 'jobs', metric: 'plimsoll_cell_pending_jobs', by: 'scheduler' },
  { title: 'Schedulers deciding', unit: 'share', metric: 'plimsoll_cell_scheduler_busyness', by: 'scheduler' },
  {
    title: 'Dominant shares of queues',
    unit: 'share',
    metric: 'plimsoll_cell_dominant_share',
    by: 'queue',
    moving: true,
  },
  { title: 'Scheduling throughput', unit: 'pods/s', metric: 'plimsoll_scheduling_throughput_pods_per_second' },
  { title: 'API requests by verb', unit: 'requests/s', metric: 'apiserver_request_total', by: 'verb', rate: true },
  {
    title: 'Requests not served, by status code',
    unit: 'requests/s',
    metric: 'apiserver_request_total',
    by: 'code',
    only: FAILURES,
    rate: true,
  },
  {
    title: 'Utilisation of servers',
    unit: 'share in use',
    metric: 'plimsoll_server_utilisation',
    by: 'server',
    where: (server) => !isLimiter(server),
  },
  {
    title: 'Utilisation of limiters',
    unit: 'share in use',
    metric: 'plimsoll_server_utilisation',
    by: 'server',
    where: isLimiter,
  },
  { title: 'Queues at servers and limiters', unit: 'waiting', metric: 'plimsoll_server_queue_length', by: 'server' },
  { title: 'Scheduling queues', unit: 'pods', metric: 'scheduler_pending_pods', by: 'queue' },
  { title: 'Work queues of controllers', unit: 'keys', metric: 'workqueue_depth', by: 'name' },
  {
    title: 'Seats in use, by priority level',
    unit: 'seats',
    metric: 'apiserver_flowcontrol_current_executing_seats',
    by: 'priority_level',
  },
  {
    title: 'Requests waiting for seats, by priority level',
    unit: 'requests',
    metric: 'apiserver_flowcontrol_current_inqueue_requests',
    by: 'priority_level',
  },
  { title: 'Watches open', unit: 'watches', metric: 'apiserver_registered_watchers', by: 'resource' },
  {
    title: 'Watch notifications sent',
    unit: 'notifications/s',
    metric: 'apiserver_watch_events_total',
    by: 'resource',
    rate: true,
  },
  {
    title: 'Rings of the watch caches',
    unit: 'changes',
    metric: 'apiserver_watch_cache_capacity',
    by: 'resource',
    moving: true,
  },
  { title: 'etcd has a leader', unit: '1 = yes', metric: 'etcd_server_has_leader', moving: true },
  {
    title: 'Syncs of etcd',
    unit: 'syncs/s',
    metric: {
      etcd_disk_wal_fsync_duration_seconds_count: 'log',
      etcd_disk_backend_commit_duration_seconds_count: 'database',
    },
    rate: true,
  },
  { title: 'Proposals pending in etcd', unit: 'proposals', metric: 'etcd_server_proposals_pending' },
  {
    title: 'etcd database',
    unit: 'bytes',
    metric: {
      etcd_mvcc_db_total_size_in_bytes: 'file',
      etcd_mvcc_db_total_size_in_use_in_bytes: 'in use',
    },
  },
];

/** The charts of a replication; those without any value other than 0, or without a change where that is what matters, are left out. */
export function chartsOf({ timeseries }: MetricsResult): Chart[] {
  return definitions
    .map((definition) => ({ definition, drawn: chart(definition, timeseries) }))
    .filter(({ definition: { moving }, drawn: { lines } }) =>
      lines.some(({ values }) => {
        const nothing = moving === true ? values.find((value) => value !== null) : 0;
        return values.some((value) => value !== null && value !== nothing);
      }),
    )
    .map(({ drawn }) => drawn);
}

function chart(definition: ChartDefinition, all: readonly TimeSeriesResult[]): Chart {
  const { title, unit, by, where } = definition;
  const names =
    typeof definition.metric === 'string' ? { [definition.metric]: title.toLowerCase() } : definition.metric;
  const selected = all.filter(({ metric }) => Object.hasOwn(names, metric));
  const times = selected.reduce<readonly number[]>(
    (most, { times_s }) => (times_s.length > most.length ? times_s : most),
    [],
  );
  const groups = new Map<string, (number | null)[]>();
  for (const { metric, labels, values } of selected) {
    const name = by === undefined ? (names[metric] ?? '') : (parseLabels(labels)[by] ?? '');
    if (where?.(name) === false) continue;
    // A series that began later lacks its first samples: it is set to the right.
    const aligned = [...Array<null>(times.length - values.length).fill(null), ...values];
    const sum = groups.get(name);
    groups.set(name, sum === undefined ? aligned : sum.map((value, i) => add(value, aligned[i] ?? null)));
  }
  const lines = linesOf(definition, groups, times);
  const step = Math.ceil(times.length / MAXIMUM_POINTS);
  return {
    title,
    unit,
    times_s: everyNth(times, step),
    lines: lines.map(({ label, values }) => ({ label, values: everyNth(values, step).map(rounded) })),
  };
}

/** The lines to draw: the ones named, or the largest. */
function linesOf(
  { only, rate }: ChartDefinition,
  groups: ReadonlyMap<string, readonly (number | null)[]>,
  times: readonly number[],
): ChartLine[] {
  const lines = [...groups].map(([label, values]) => ({
    label,
    values: rate === true ? increasePerSecond(values, times) : values,
  }));
  if (only !== undefined) return only.flatMap((name) => lines.find(({ label }) => label === name) ?? []);
  const peak = ({ values }: ChartLine): number => values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  return lines.sort((a, b) => peak(b) - peak(a) || (a.label < b.label ? -1 : 1)).slice(0, MAXIMUM_LINES);
}

/** Differences over time; a counter that goes down was reset, and counts from 0. */
function increasePerSecond(values: readonly (number | null)[], times: readonly number[]): (number | null)[] {
  return values.map((value, i) => {
    const span = (times[i] ?? 0) - (times[i - 1] ?? 0);
    if (value === null || i === 0 || span <= 0) return null;
    const before = values[i - 1] ?? 0;
    return (value >= before ? value - before : value) / span;
  });
}

function add(a: number | null, b: number | null): number | null {
  return a === null ? b : a + (b ?? 0);
}

/** More digits than a screen shows only make the page larger. */
const DIGITS = 5;

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(DIGITS));
}

/** Every `step`-th element, the last of each stretch, so that the end is kept. */
function everyNth<T>(values: readonly T[], step: number): T[] {
  return values.filter((_, i) => (values.length - 1 - i) % step === 0);
}
