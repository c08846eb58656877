/**
 * The client-side limiters of all clients of one name (all kubelets, one controller): their utilisation, the busiest one's, and how many requests
 * wait for a token. A utilisation above 1 means that saved-up tokens of the burst are being used.
 */
import type { Simulation } from '../../engine/index.ts';
import { type MetricRecorder, publishServer } from '../../metrics/index.ts';
import { NS_PER_SECOND } from '../../units/index.ts';

/** What a group knows of one of its limiters. */
export interface CountedLimiter {
  /** Tokens taken since the start of the run. */
  readonly taken: number;
  /** Tokens per second; 0 or below = no limiter. */
  readonly qps: number;
}

/** Limiters of one name. */
export class LimiterGroup {
  private readonly limiters: CountedLimiter[] = [];
  /** Tokens taken at the last sample, by limiter. */
  private readonly takenBefore: number[] = [];
  /** Requests that wait for a token now, state. */
  waiting = 0;
  private sampledAt = 0;

  private readonly simulation: Simulation;
  private readonly recorder: MetricRecorder;
  private readonly name: string;

  constructor(simulation: Simulation, recorder: MetricRecorder, name: string) {
    this.simulation = simulation;
    this.recorder = recorder;
    this.name = name;
    publishServer(recorder, simulation, name, () => ({
      busyNanoseconds: this.limiters.reduce(
        (sum, { taken, qps }) => sum + (qps > 0 ? (taken * NS_PER_SECOND) / qps : 0),
        0,
      ),
      capacity: Math.max(1, this.limiters.length),
      queueLength: this.waiting,
    }));
  }

  /** Adds a limiter. */
  add(limiter: CountedLimiter): void {
    this.limiters.push(limiter);
    this.takenBefore.push(limiter.taken);
    if (this.limiters.length === 2) this.publishBusiest();
  }

  /** Of several limiters the busiest one is told beside the mean. */
  private publishBusiest(): void {
    const busiest = this.recorder.gauge('plimsoll_server_utilisation', { server: `${this.name} (busiest)` });
    this.recorder.onSample(() => {
      const { now } = this.simulation;
      if (now === this.sampledAt) return;
      busiest.setPast(this.busiestSince(now - this.sampledAt));
      this.sampledAt = now;
    });
  }

  private busiestSince(span: number): number {
    let most = 0;
    this.limiters.forEach(({ taken, qps }, index) => {
      const used = taken - (this.takenBefore[index] as number);
      this.takenBefore[index] = taken;
      if (qps > 0) most = Math.max(most, (used * NS_PER_SECOND) / (qps * span));
    });
    return most;
  }
}
