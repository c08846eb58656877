/** What a user reads of servers fits together: Little's law, and what is served is not counted as waiting. */
import { describe, expect, it } from 'vitest';
import type { Process } from '../../src/engine/index.ts';
import { seconds, simTime } from '../../src/units/index.ts';
import { ApiWorld } from './api-world.ts';

/** How long clients that each create one ConfigMap after the other are watched [s]. */
const SPAN = 2;
/** Time between two samples [ns]: in step with nothing that happens. */
const SAMPLING = 1_234_567;

/** The series of a store with so many clients by "metric labels". */
function measured(clients: number) {
  const world = new ApiWorld({ host: { controlPlaneCores: 16 } });
  let created = 0;
  for (let number = 0; number < clients; number++) {
    const client = world.client();
    world.simulation.processes.spawn(
      'client',
      (function* (): Process {
        for (;;) yield* world.createConfigMap(client, `c${created++}`);
      })(),
    );
  }
  world.simulation.run(simTime(seconds(1)));
  world.recorder.startStatistics();
  for (let at: number = seconds(1); at < seconds(1 + SPAN); at += SAMPLING) {
    world.simulation.run(simTime(at));
    world.recorder.sample();
  }
  const { series } = world.recorder.result();
  return new Map(series.map(({ metric, labels, statistics }) => [`${metric} ${labels}`, statistics]));
}

describe.each([4, 256])('a store with %d clients', (clients) => {
  const series = measured(clients);

  // With few clients most of what waits at the disk waits for the quorum, with many for the sync before.
  it.each(['etcd disk (WAL)', 'etcd apply'])('%s: as many wait as come, times how long they wait', (server) => {
    const queue = series.get(`plimsoll_server_queue_length server=${server}`)?.mean ?? 0;
    const waits = series.get(`plimsoll_server_waiting_seconds kind=server;server=${server}`);
    const expected = (waits?.sum ?? 0) / SPAN;
    if (clients > 4) expect(expected).toBeGreaterThan(0.05);
    expect(Math.abs(queue - expected)).toBeLessThan(0.1 * expected + 0.01);
  });

  it('is never busy for more than the time there is', () => {
    for (const [name, { max }] of series) {
      if (name.startsWith('plimsoll_server_utilisation server=etcd')) expect(max).toBeLessThanOrEqual(1 + 1e-9);
    }
  });
});

it('the disk of the leader is busy for a share of the time, whoever leads', () => {
  const world = new ApiWorld({ kubeApiserver: { etcdEndpoints: 'all' } });
  let created = 0;
  for (let number = 0; number < 64; number++) {
    const client = world.client();
    world.simulation.processes.spawn(
      'client',
      (function* (): Process {
        for (;;) yield* world.createConfigMap(client, `c${created++}`);
      })(),
    );
  }
  const utilisation = () => {
    world.recorder.sample();
    const { timeseries } = world.recorder.result();
    const values = timeseries.find(
      ({ metric, labels }) => metric === 'plimsoll_server_utilisation' && labels === 'server=etcd disk (WAL)',
    )?.values;
    return values?.at(-1) ?? -1;
  };
  const seen: number[] = [];
  for (let step = 1; step <= 300; step++) {
    if (step === 50 || step === 150) world.store.killLeader();
    world.simulation.run(simTime(seconds(0.05 * step)));
    seen.push(utilisation());
  }
  expect(Math.min(...seen)).toBe(0);
  expect(Math.max(...seen)).toBeLessThanOrEqual(1);
  expect(seen.at(-1)).toBeGreaterThan(0.1);
});
