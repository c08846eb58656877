/**
 * What all clients of one name (all kubelets, one controller) count together: answers by method and code, waiting for tokens, and how much of
 * their limiters is used. A utilisation above 1 means that saved-up tokens of the burst are being used.
 */
import type { Simulation } from '../../engine/index.ts';
import {
  type CounterSeries,
  type HistogramSeries,
  type MetricRecorder,
  publishServer,
  type WaitLedger,
} from '../../metrics/index.ts';
import { type Nanoseconds, NS_PER_SECOND } from '../../units/index.ts';

/** HTTP methods by verb number, as rest_client_requests_total has them. */
const methodNames = ['GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'DELETE'] as const;
/** The modelled codes differ in their lowest six bits. */
const CODE_NUMBERS = 64;

/** Statistics of the clients of one name. All have the same rate. */
export class ClientStatistics {
  /** Number of their limiter in the wait ledger. */
  readonly limiterServer: number;
  private readonly simulation: Simulation;
  private readonly recorder: MetricRecorder;
  private readonly waits: WaitLedger;
  private readonly name: string;
  private readonly limiterName: string;
  /** Tokens per second of each limiter; 0 or below = they have none. */
  private readonly qps: number;
  private readonly limiterSeconds: HistogramSeries;
  /** rest_client_requests_total by verb and code; made on first use. */
  private readonly counters = new Array<CounterSeries | undefined>(methodNames.length * CODE_NUMBERS).fill(undefined);
  /** Clients. */
  private clients = 0;
  /** Requests let pass since the start of the run, statistic. */
  private passed = 0;
  /** Requests that wait for a token now, state. */
  waiting = 0;
  /** Number of the interval between two samples; clients count their own requests by it. */
  interval = 0;
  /** Most requests that one client has let pass in this interval. */
  private most = 0;
  /** When the busiest was last looked for [ns], state. */
  private sampledAt = 0;

  constructor(simulation: Simulation, recorder: MetricRecorder, waits: WaitLedger, name: string, qps: number) {
    this.simulation = simulation;
    this.recorder = recorder;
    this.waits = waits;
    this.name = name;
    this.limiterName = `${name} client limiter`;
    this.qps = qps;
    this.limiterServer = waits.server(this.limiterName, 'limiter');
    this.limiterSeconds = recorder.histogram('rest_client_rate_limiter_duration_seconds', { client: name });
    if (qps <= 0) return;
    publishServer(recorder, simulation, this.limiterName, () => ({
      busyNanoseconds: (this.passed * NS_PER_SECOND) / qps,
      capacity: Math.max(1, this.clients),
      queueLength: this.waiting,
    }));
  }

  /** Adds a client. */
  addClient(): void {
    this.clients++;
    if (this.clients === 2 && this.qps > 0) this.publishBusiest();
  }

  /** A client's process has ended for good. */
  removeClient(): void {
    this.clients--;
  }

  /** A request has asked for a token and waits this long for it [ns]. */
  asked(wait: number): void {
    this.limiterSeconds.recordSpan(wait as Nanoseconds);
    this.waits.passed(this.limiterServer, wait);
  }

  /** A client has let a request pass, its `count`-th of this interval. */
  pass(count: number): void {
    this.passed++;
    if (count > this.most) this.most = count;
  }

  /** An answer came. */
  answered(verb: number, code: number): void {
    const number = verb * CODE_NUMBERS + (code % CODE_NUMBERS);
    let counter = this.counters[number];
    if (counter === undefined) {
      counter = this.recorder.counter('rest_client_requests_total', {
        client: this.name,
        method: methodNames[verb] as string,
        code: String(code),
      });
      this.counters[number] = counter;
    }
    counter.add();
  }

  /** Of several limiters the busiest one is told beside the mean. */
  private publishBusiest(): void {
    const busiest = this.recorder.gauge('plimsoll_server_utilisation', { server: `${this.limiterName} (busiest)` });
    this.recorder.onSample(() => {
      const { now } = this.simulation;
      if (now === this.sampledAt) return;
      busiest.setPast((this.most * NS_PER_SECOND) / (this.qps * (now - this.sampledAt)));
      this.sampledAt = now;
      this.most = 0;
      this.interval++;
    }, `busiest of ${this.limiterName}`);
  }
}
