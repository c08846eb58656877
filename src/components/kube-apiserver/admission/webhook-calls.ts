/**
 * How one API server calls webhooks: CPU to write and read the AdmissionReview, the way there and back, and a timeout over all of it.
 * K:apiserver/pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go.
 */
import type { EventId, EventType, RandomStream } from '../../../engine/index.ts';
import type { CounterSeries, HistogramSeries } from '../../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../../units/index.ts';
import type { Host } from '../../host/host.ts';
import type { ApiServerSurroundings } from '../surroundings.ts';
import type { AdmissionOperation } from './webhook-configuration.ts';
import type { WebhookCaller, WebhookJob, WebhookServer } from './webhook-server.ts';

/** Whoever waits for a call. */
export interface AwaitingAdmission {
  readonly operation: AdmissionOperation;
  /** The call has ended: the request may go on, or not. `waited`: what of it was waiting, not work. */
  onCallEnded(goesOn: boolean, waited: Nanoseconds): void;
}

/** A call on its way. */
interface Call {
  readonly server: WebhookServer;
  readonly awaiting: AwaitingAdmission;
  readonly beganAt: SimTime;
  readonly timeout: EventId;
  /** The call at the webhook, once it is there. */
  job: WebhookJob | undefined;
  waited: Nanoseconds;
}

/** Numbers of calls before they repeat: what the tag of a piece of CPU work can hold, and far more than can be on their way. */
const CALL_NUMBERS = 2 ** 24;
/** Code that a call which failed counts under in the metric of rejections: the API server makes it a ServiceUnavailable. */
const CALL_FAILED_CODE = '503';

/** The calls of one API server. */
export class WebhookCalls implements WebhookCaller {
  private readonly around: ApiServerSurroundings;
  private readonly host: Host;
  private readonly writing: number;
  private readonly delays: RandomStream;
  private readonly evArrived: EventType;
  private readonly evAnswered: EventType;
  private readonly evRefused: EventType;
  private readonly evTimeout: EventType;
  /** Calls by number, state. */
  private readonly calls = new Map<number, Call>();
  private nextNumber = 0;

  constructor(around: ApiServerSurroundings, name: string, host: Host) {
    const { simulation } = around;
    this.around = around;
    this.host = host;
    this.writing = host.register((call) => this.onWritten(call), name);
    this.delays = simulation.streams.stream(`webhook.network.${name}`);
    this.evArrived = simulation.on(`${name}: call at the webhook`, (call) => this.onArrived(call));
    this.evAnswered = simulation.on(`${name}: webhook answered`, (call) => this.end(call, true));
    this.evRefused = simulation.on(`${name}: webhook refused the connection`, (call) => this.end(call, false));
    this.evTimeout = simulation.on(`${name}: webhook timed out`, (call) => this.onTimeout(call));
  }

  /** Calls a webhook. */
  call(server: WebhookServer, awaiting: AwaitingAdmission): void {
    const { simulation, parameters } = this.around;
    const number = this.nextNumber;
    this.nextNumber = (number + 1) % CALL_NUMBERS;
    const timeout = simulation.after(server.configuration.timeout, this.evTimeout, number);
    const beganAt = simulation.now;
    this.calls.set(number, { server, awaiting, beganAt, timeout, job: undefined, waited: nanoseconds(0) });
    this.host.run(this.writing, parameters.webhookCallCpu, number);
  }

  /** The process has ended: nobody waits for these calls any more. */
  clear(): void {
    for (const { job, server, timeout } of this.calls.values()) {
      this.around.simulation.cancel(timeout);
      if (job !== undefined) server.withdraw(job);
    }
    this.calls.clear();
  }

  // ---- a call in the order of its life (what comes after its end finds it gone) ------------------------------------------------------

  private onWritten(number: number): void {
    if (this.calls.has(number)) this.travel(this.evArrived, number);
  }

  private onArrived(number: number): void {
    const call = this.calls.get(number);
    if (call === undefined) return;
    call.job = call.server.arrive(this, number);
    if (call.job === undefined) this.travel(this.evRefused, number);
  }

  onServed(number: number, waited: Nanoseconds): void {
    (this.calls.get(number) as Call).waited = waited;
    this.travel(this.evAnswered, number);
  }

  onRefused(number: number): void {
    this.travel(this.evRefused, number);
  }

  private onTimeout(number: number): void {
    const call = this.calls.get(number) as Call;
    if (call.job !== undefined) call.server.withdraw(call.job);
    call.waited = call.server.configuration.timeout;
    this.conclude(number, call, false);
  }

  /** The answer has come, or the news that there will be none. */
  private end(number: number, succeeded: boolean): void {
    const call = this.calls.get(number);
    if (call === undefined) return;
    this.around.simulation.cancel(call.timeout);
    this.conclude(number, call, succeeded);
  }

  private conclude(number: number, call: Call, succeeded: boolean): void {
    this.calls.delete(number);
    const goesOn = succeeded || call.server.configuration.failurePolicy === 'Ignore';
    this.record(call, succeeded, goesOn);
    call.awaiting.onCallEnded(goesOn, call.waited);
  }

  private travel(arrival: EventType, number: number): void {
    const { simulation, network } = this.around;
    simulation.after(network.nodeDelay.sample(this.delays), arrival, number);
  }

  // ---- metrics -------------------------------------------------------------------------------------------------------------------

  private record({ server, awaiting, beganAt }: Call, succeeded: boolean, goesOn: boolean): void {
    const { name, type } = server.configuration;
    const labels = { name, type: type === 'mutating' ? 'admit' : 'validating' };
    const { operation } = awaiting;
    this.duration({ ...labels, operation, rejected: String(!goesOn) }).recordSpan(
      nanoseconds(this.around.simulation.now - beganAt),
    );
    if (succeeded) return;
    if (goesOn) {
      this.counter('apiserver_admission_webhook_fail_open_count', labels).add();
      return;
    }
    const rejection = { ...labels, operation, error_type: 'calling_webhook_error', rejection_code: CALL_FAILED_CODE };
    this.counter('apiserver_admission_webhook_rejection_count', rejection).add();
  }

  private duration(labels: Readonly<Record<string, string>>): HistogramSeries {
    return this.around.recorder.histogram('apiserver_admission_webhook_admission_duration_seconds', labels);
  }

  private counter(
    metric: 'apiserver_admission_webhook_fail_open_count' | 'apiserver_admission_webhook_rejection_count',
    labels: Readonly<Record<string, string>>,
  ): CounterSeries {
    return this.around.recorder.counter(metric, labels);
  }
}
