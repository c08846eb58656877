/**
 * The client-side limiters of all clients of one name (all kubelets, one controller): their utilisation, the busiest one's, and how many requests
 * wait for a token. A utilisation above 1 means that saved-up tokens of the burst are being used.
 */
import type { Simulation } from '../../engine/index.ts';
import { type MetricRecorder, publishServer } from '../../metrics/index.ts';
import { NS_PER_SECOND } from '../../units/index.ts';

/** Limiters of one name. All have the same rate. */
export class LimiterGroup {
  private readonly simulation: Simulation;
  private readonly recorder: MetricRecorder;
  private readonly name: string;
  private readonly qps: number;
  /** Limiters of the group. */
  private limiters = 0;
  /** Requests let pass since the start of the run, statistic. */
  private passed = 0;
  /** Requests that wait for a token now, state. */
  waiting = 0;
  /** Number of the interval between two samples; limiters count their own requests by it. */
  interval = 0;
  /** Most requests that one limiter has let pass in this interval. */
  private most = 0;
  private sampledAt = 0;

  constructor(simulation: Simulation, recorder: MetricRecorder, name: string, qps: number) {
    this.simulation = simulation;
    this.recorder = recorder;
    this.name = name;
    this.qps = qps;
    publishServer(recorder, simulation, name, () => ({
      busyNanoseconds: (this.passed * NS_PER_SECOND) / qps,
      capacity: Math.max(1, this.limiters),
      queueLength: this.waiting,
    }));
  }

  /** Adds a limiter. */
  add(): void {
    this.limiters++;
    if (this.limiters === 2) this.publishBusiest();
  }

  /** A limiter has let a request pass, its `count`-th of this interval. */
  pass(count: number): void {
    this.passed++;
    if (count > this.most) this.most = count;
  }

  /** Of several limiters the busiest one is told beside the mean. */
  private publishBusiest(): void {
    const busiest = this.recorder.gauge('plimsoll_server_utilisation', { server: `${this.name} (busiest)` });
    this.recorder.onSample(() => {
      const { now } = this.simulation;
      if (now === this.sampledAt) return;
      busiest.setPast((this.most * NS_PER_SECOND) / (this.qps * (now - this.sampledAt)));
      this.sampledAt = now;
      this.most = 0;
      this.interval++;
    });
  }
}
