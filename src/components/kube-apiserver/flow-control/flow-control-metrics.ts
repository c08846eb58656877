/** What priority and fairness exports, under the real names; all API servers of a cluster share the series. */
import type { CounterSeries, HistogramSeries, MetricRecorder } from '../../../metrics/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { FlowSchema, PriorityLevel } from './configuration.ts';
import type { FlowTable } from './flow-table.ts';

/** Why a request is refused. */
export type RefusalReason = 'queue-full' | 'concurrency-limit' | 'time-out';

/** What a server tells of one level. */
export interface LevelReading {
  readonly nominalLimit: number;
  readonly limit: number;
  readonly seatsInUse: number;
}

/** What a server tells of its requests. */
export interface ServerReading {
  /** Requests that wait and that execute, by schema. */
  readonly waiting: Int32Array;
  readonly executing: Int32Array;
  level(number: number): LevelReading;
}

/** The series of one schema. */
interface SchemaSeries {
  readonly dispatched: CounterSeries;
  readonly waited: HistogramSeries;
  readonly waitedInVain: HistogramSeries;
  readonly executed: HistogramSeries;
}

/** The metrics of all API servers. */
export class FlowControlMetrics {
  private readonly recorder: MetricRecorder;
  private readonly table: FlowTable;
  /** Series by schema, made on first use. */
  private readonly series: (SchemaSeries | undefined)[];
  private readonly servers: ServerReading[] = [];

  constructor(recorder: MetricRecorder, table: FlowTable) {
    this.recorder = recorder;
    this.table = table;
    this.series = table.schemas.map(() => undefined);
    this.publishSchemas();
    this.publishLevels();
  }

  /** Adds a server, which is asked at each sample. */
  addServer(server: ServerReading): void {
    this.servers.push(server);
  }

  /** A request executes from now on, after a wait. */
  dispatched(schema: number, wait: Nanoseconds): void {
    const series = this.of(schema);
    series.dispatched.add();
    series.waited.recordSpan(wait);
  }

  /** A request has been answered after it executed for a span. */
  finished(schema: number, span: Nanoseconds): void {
    this.of(schema).executed.recordSpan(span);
  }

  /** A request is refused after a wait. */
  refused(schema: number, reason: RefusalReason, wait: Nanoseconds): void {
    this.of(schema).waitedInVain.recordSpan(wait);
    this.recorder.counter('apiserver_flowcontrol_rejected_requests_total', { ...this.labels(schema), reason }).add();
  }

  private labels(schema: number): { priority_level: string; flow_schema: string } {
    const { name, priorityLevel } = this.table.schemas[schema] as FlowSchema;
    return { priority_level: priorityLevel, flow_schema: name };
  }

  private of(schema: number): SchemaSeries {
    let series = this.series[schema];
    if (series === undefined) {
      const { recorder } = this;
      const labels = this.labels(schema);
      const waited = (execute: string) =>
        recorder.histogram('apiserver_flowcontrol_request_wait_duration_seconds', { ...labels, execute });
      series = {
        dispatched: recorder.counter('apiserver_flowcontrol_dispatched_requests_total', labels),
        waited: waited('true'),
        waitedInVain: waited('false'),
        executed: recorder.histogram('apiserver_flowcontrol_request_execution_seconds', labels),
      };
      this.series[schema] = series;
    }
    return series;
  }

  private publishSchemas(): void {
    const { recorder } = this;
    this.table.schemas.forEach((_, schema) => {
      const labels = this.labels(schema);
      const inQueue = recorder.gauge('apiserver_flowcontrol_current_inqueue_requests', labels);
      const running = recorder.gauge('apiserver_flowcontrol_current_executing_requests', labels);
      recorder.onSample(() => {
        inQueue.set(this.sum((server) => server.waiting[schema] as number));
        running.set(this.sum((server) => server.executing[schema] as number));
      });
    });
  }

  private publishLevels(): void {
    const { recorder } = this;
    this.table.levels.forEach((level: PriorityLevel, number) => {
      const labels = { priority_level: level.name };
      const seats = recorder.gauge('apiserver_flowcontrol_current_executing_seats', labels);
      const limit = recorder.gauge('apiserver_flowcontrol_current_limit_seats', labels);
      const nominal = recorder.gauge('apiserver_flowcontrol_nominal_limit_seats', labels);
      recorder.onSample(() => {
        seats.set(this.sum((server) => server.level(number).seatsInUse));
        limit.set(this.sum((server) => server.level(number).limit));
        nominal.set(this.sum((server) => server.level(number).nominalLimit));
      });
    });
  }

  private sum(read: (server: ServerReading) => number): number {
    return this.servers.reduce((sum, server) => sum + read(server), 0);
  }
}
