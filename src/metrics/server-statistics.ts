/** Utilisation and queue length of one server or limiter, taken at every sample from integrals that the server keeps anyway. */
import type { SimTime } from '../units/index.ts';
import type { MetricRecorder } from './recorder.ts';

/** What a server can tell about itself at an instant. */
export interface ServerReading {
  /** Integral of the units in service (cores, workers, 1 while busy) since the start of the run [ns]. */
  readonly busyNanoseconds: number;
  /** Units that can be in service at once. */
  readonly capacity: number;
  /** Jobs that wait now, without those in service. */
  readonly queueLength: number;
}

/** Publishes a server's utilisation (between samples) and queue length (at the sample). */
export function publishServer(
  recorder: MetricRecorder,
  clock: { readonly now: SimTime },
  name: string,
  read: () => ServerReading,
): void {
  const utilisation = recorder.gauge('plimsoll_server_utilisation', { server: name });
  const queueLength = recorder.gauge('plimsoll_server_queue_length', { server: name });
  let lastBusy = 0;
  let lastAt: number = clock.now;
  recorder.onSample(() => {
    const { busyNanoseconds, capacity, queueLength: jobs } = read();
    const now = clock.now;
    if (now > lastAt) {
      utilisation.setPast((busyNanoseconds - lastBusy) / ((now - lastAt) * capacity));
      lastBusy = busyNanoseconds;
      lastAt = now;
    }
    queueLength.set(jobs);
  }, `server ${name}`);
}
