/**
 * API priority and fairness at one API server: each request belongs to a flow of a schema of a level; levels have seats, requests take some
 * while they execute, and wait in the queues of their level for them. K:apiserver/pkg/util/flowcontrol, pkg/server/filters/priority-and-fairness.go.
 *
 * Watches take a seat until they are initialised. Left out: health checks and other requests for no resource.
 */
import type { Kind } from '../../../cluster/index.ts';
import type { EventType } from '../../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../../units/index.ts';
import { type RequestId, WaitPlace } from '../../api-machinery/index.ts';
import type { FilterDuties, RequestFilter } from '../request-filter.ts';
import { RequestWatermark } from '../request-watermark.ts';
import type { PriorityLevel } from './configuration.ts';
import type { LevelReading, RefusalReason } from './flow-control-metrics.ts';
import type { FlowControlSurroundings } from './flow-control-surroundings.ts';
import { FlowRequests } from './flow-requests.ts';
import { QueueSet, Verdict } from './queue-set.ts';
import { RetryAfter } from './retry-after.ts';
import { divideSeats, type SeatLimits, seatLimits } from './seat-limits.ts';
import { type CountedResource, type EstimatorValues, WorkEstimator } from './work-estimator.ts';

/** What a request that did not wait costs beside its own. */
const NO_CPU = nanoseconds(0);

/** Parameters that priority and fairness reads. */
export type FlowControlValues = EstimatorValues & {
  readonly maxRequestsInflight: number;
  readonly maxMutatingRequestsInflight: number;
  readonly requestTimeout: Nanoseconds;
};

/** What flow control needs of its server. */
export interface FlowControlOptions {
  readonly around: FlowControlSurroundings;
  readonly name: string;
  readonly parameters: FlowControlValues;
  /** The cache of a resource, for the estimate of work. */
  readonly resource: (kind: Kind) => CountedResource;
  readonly duties: FilterDuties;
}

/** One level at this server. */
interface Level {
  readonly set: QueueSet;
  readonly limits: SeatLimits;
  /** Number in the wait ledger. */
  readonly waitServer: number;
  retryAfter: RetryAfter;
}

/** Flow control of one server. */
export class FlowControl implements RequestFilter {
  private readonly options: FlowControlOptions;
  private readonly columns = new FlowRequests();
  private readonly watermark = new RequestWatermark();
  private readonly estimator: WorkEstimator;
  private readonly levels: readonly Level[];
  /** Requests that wait and that execute, by schema; state. */
  private readonly waiting: Int32Array;
  private readonly executing: Int32Array;
  private readonly evDeadline: EventType;
  private readonly evBorrowing: EventType;

  constructor(options: FlowControlOptions) {
    const { around, name, parameters } = options;
    const { simulation, requests, tables } = around;
    this.options = options;
    this.estimator = new WorkEstimator({ simulation, requests, tables, parameters, resource: options.resource });
    this.evDeadline = simulation.on(`${name}: waited too long in a queue`, (request) =>
      this.onDeadline(request as RequestId),
    );
    this.evBorrowing = simulation.on(`${name}: seats are lent anew`, () => this.onBorrowing());
    const total = parameters.maxRequestsInflight + parameters.maxMutatingRequestsInflight;
    const limits = seatLimits(around.table.levels, total);
    this.levels = around.table.levels.map((level, number) => this.newLevel(level, limits[number] as SeatLimits));
    this.waiting = new Int32Array(around.table.schemas.length);
    this.executing = new Int32Array(around.table.schemas.length);
    around.metrics.addServer({
      waiting: this.waiting,
      executing: this.executing,
      level: (number) => this.read(number),
    });
    around.addServer((number) => (this.levels[number] as Level).set);
    // The process has run for long, idle, when the run begins.
    if (parameters.borrowing) this.onBorrowing();
  }

  arrive(request: RequestId): void {
    const { columns, options } = this;
    const { requests, table } = options.around;
    columns.ensure(request);
    const schema = table.schemaOf(request);
    const number = table.levelOfSchema[schema] as number;
    const level = this.levels[number] as Level;
    columns.schema[request] = schema;
    columns.level[request] = number;
    this.estimator.estimate(request, columns, level.limits.widest);
    switch (level.set.arrive(request, table.hands, table.flowOf(request, schema))) {
      case Verdict.Executing:
        this.begin(request, level, 0);
        break;
      case Verdict.Waiting:
        requests.flowControlServer[request] = level.waitServer;
        this.waiting[schema] = (this.waiting[schema] as number) + 1;
        break;
      default:
        this.refuse(request, level, level.set.level.queuing === null ? 'concurrency-limit' : 'queue-full', 0);
    }
  }

  release(request: RequestId): void {
    const { columns, options } = this;
    const { requests, simulation, metrics } = options.around;
    const { set } = this.levels[columns.level[request] as number] as Level;
    this.watermark.end(requests.verb[request] as number);
    const schema = columns.schema[request] as number;
    this.executing[schema] = (this.executing[schema] as number) - 1;
    metrics.finished(schema, nanoseconds(simulation.now - (columns.startedAt[request] as number)));
    set.finish(request);
  }

  clear(): void {
    for (const level of this.levels) {
      level.set.clear((request) => this.options.duties.breakOff(request));
      level.set.setLimit(this.firstLimit(level.set.level, level.limits));
      level.retryAfter = this.newRetryAfter();
    }
    this.waiting.fill(0);
    this.executing.fill(0);
    this.watermark.clear();
    this.estimator.clear();
  }

  takePeak(mutating: boolean): number {
    return this.watermark.takePeak(mutating);
  }

  // ---- inside ---------------------------------------------------------------------------------------------------------------------

  private read(number: number): LevelReading {
    const { set, limits } = this.levels[number] as Level;
    return { nominalLimit: limits.nominal, limit: set.limit, seatsInUse: set.seatsInUse };
  }

  private newLevel(level: PriorityLevel, limits: SeatLimits): Level {
    const { around, name, parameters } = this.options;
    const set = new QueueSet({
      simulation: around.simulation,
      name: `${name} ${level.name}`,
      level,
      limit: this.firstLimit(level, limits),
      columns: this.columns,
      estimatedServiceDuration: parameters.estimatedServiceDuration,
      waitLimit: (request) => this.waitLimit(request),
      evDeadline: this.evDeadline,
      dispatched: (request) => this.onDispatched(request),
    });
    return { set, limits, waitServer: around.waitServer(level), retryAfter: this.newRetryAfter() };
  }

  /** A part of the time that its client gives a request, or that the server does. */
  private waitLimit(request: RequestId): Nanoseconds {
    const { around, parameters } = this.options;
    const asked = around.requests.timeout[request] as number;
    const span = asked > 0 ? Math.min(asked, parameters.requestTimeout) : parameters.requestTimeout;
    return nanoseconds(Math.min(span * parameters.queueWaitShare, parameters.queueWaitMaximum));
  }

  /** Seats with which a process starts. */
  private firstLimit(level: PriorityLevel, limits: SeatLimits): number {
    return this.options.parameters.borrowing && !level.exempt ? limits.initial : limits.nominal;
  }

  private newRetryAfter(): RetryAfter {
    return new RetryAfter(this.options.parameters.retryAfterMaximum);
  }

  private begin(request: RequestId, level: Level, wait: number): void {
    const { around, duties, parameters } = this.options;
    const { requests, metrics, waits } = around;
    const schema = this.columns.schema[request] as number;
    this.executing[schema] = (this.executing[schema] as number) + 1;
    metrics.dispatched(schema, nanoseconds(wait));
    waits.passed(level.waitServer, wait);
    this.watermark.begin(requests.verb[request] as number);
    duties.serve(request, wait > 0 ? parameters.queueCpu : NO_CPU);
  }

  private onDispatched(request: RequestId): void {
    const level = this.levels[this.columns.level[request] as number] as Level;
    this.begin(request, level, this.endWait(request));
  }

  private onDeadline(request: RequestId): void {
    const level = this.levels[this.columns.level[request] as number] as Level;
    const wait = this.endWait(request);
    level.set.expire(request);
    this.refuse(request, level, 'time-out', wait);
  }

  /** A request waits no more; returns how long it has. */
  private endWait(request: RequestId): number {
    const { requests, simulation } = this.options.around;
    const wait = simulation.now - (this.columns.arrivedAt[request] as number);
    requests.addWait(request, WaitPlace.FlowControl, wait);
    const schema = this.columns.schema[request] as number;
    this.waiting[schema] = (this.waiting[schema] as number) - 1;
    return wait;
  }

  private refuse(request: RequestId, level: Level, reason: RefusalReason, wait: number): void {
    const { around, duties } = this.options;
    around.requests.flowControlServer[request] = level.waitServer;
    around.metrics.refused(this.columns.schema[request] as number, reason, nanoseconds(wait));
    around.waits.passed(level.waitServer, wait);
    duties.refuse(request, level.retryAfter.drop(around.simulation.now));
  }

  /** Divides the seats by what each level has asked for since the last time (updateBorrowing). */
  private onBorrowing(): void {
    const { around, parameters } = this.options;
    const claims = this.levels.map(({ set, limits }) => {
      set.endDemandPeriod(parameters.seatDemandSmoothing);
      const { highWatermark, smoothed } = set.demand;
      const least = Math.max(limits.least, Math.min(limits.nominal, highWatermark));
      return { least, most: limits.most, target: Math.max(least, smoothed) };
    });
    const total = this.levels.reduce((sum, { limits }) => sum + limits.nominal, 0);
    const seats = divideSeats(total, claims);
    this.levels.forEach(({ set }, number) => {
      set.setLimit(Math.round(seats[number] as number));
    });
    around.simulation.after(parameters.borrowingPeriod, this.evBorrowing);
  }
}
