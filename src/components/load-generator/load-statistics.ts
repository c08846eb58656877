/** What a load counts: its requests by their outcome, and its operations with all their attempts. */
import type { CounterSeries, HistogramSeries, MetricRecorder } from '../../metrics/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { isSuccess, StatusCode } from '../api-machinery/index.ts';

/** How an operation ended. */
export const OperationResult = {
  /** It did what it was to do. */
  Ok: 0,
  /** It was refused as often as its retry policy allows. */
  Exhausted: 1,
  /** It met an answer that is not tried again. */
  Failed: 2,
  /** The load came to its end before the operation did. */
  Unfinished: 3,
} as const;

/** Names of the results in the metric's label, by number. */
const operationResults = ['ok', 'exhausted', 'failed', 'unfinished'] as const;

/** What an answer's status code is counted as. */
function requestResult(code: number): string {
  if (isSuccess(code)) return 'ok';
  switch (code) {
    case StatusCode.Conflict:
      return 'conflict';
    case StatusCode.TooManyRequests:
      return 'too_many_requests';
    case StatusCode.NotFound:
      return 'not_found';
    case StatusCode.ConnectionBroken:
      return 'connection_broken';
    default:
      return 'error';
  }
}

/** Statistics of one load. */
export class LoadStatistics {
  private readonly recorder: MetricRecorder;
  private readonly load: string;
  /** plimsoll_load_requests_total by status code; made on first use. */
  private readonly requests = new Map<number, CounterSeries>();
  private readonly operations: readonly CounterSeries[];
  private readonly seconds: HistogramSeries;
  private readonly attempts: HistogramSeries;

  constructor(recorder: MetricRecorder, load: string) {
    this.recorder = recorder;
    this.load = load;
    this.operations = operationResults.map((result) =>
      recorder.counter('plimsoll_load_operations_total', { load, result }),
    );
    this.seconds = recorder.histogram('plimsoll_load_operation_duration_seconds', { load });
    this.attempts = recorder.histogram('plimsoll_load_attempts_per_operation', { load });
  }

  /** A request was answered. */
  answered(code: number): void {
    let counter = this.requests.get(code);
    if (counter === undefined) {
      counter = this.recorder.counter('plimsoll_load_requests_total', {
        load: this.load,
        result: requestResult(code),
      });
      this.requests.set(code, counter);
    }
    counter.add();
  }

  /** An operation is over: its result, how long it took with all its attempts, and how many those were. */
  finished(result: number, span: Nanoseconds, attempts: number): void {
    (this.operations[result] as CounterSeries).add();
    if (result === OperationResult.Unfinished) return;
    this.attempts.record(attempts);
    if (result === OperationResult.Ok) this.seconds.recordSpan(span);
  }
}
