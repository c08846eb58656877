/** Watches of etcd: one writer, N watchers of everything. */
import type { Process } from '../../engine/index.ts';
import { csvRows, numberIn } from '../../manifests/csv-rows.ts';
import { Samples } from '../samples.ts';
import { numberOf, validationCase } from '../validation-case.ts';
import { measuredWorld, referencesOf } from './measured-etcd.ts';

/** Size of the values [B], puts that are measured, and those before them. */
const SIZE = 256;
const PUTS = 100;
const WARM_UP_PUTS = 10;

export const etcdWatchFanout = validationCase({
  component: 'etcd',
  measured: 'one writer at a rate, N watchers of the prefix over 10 connections; latency from the start of the put',
  driven: 'each watcher is a client of etcd that watches everything over a connection of its own',
  data: 'measured/etcd/watch_fanout.csv',
  points: (text) =>
    csvRows(text).map((row) => ({
      name: `watchers=${row.watchers} rate=${row.rate}`,
      conditions: { watchers: numberIn(row, 'watchers'), rate: numberIn(row, 'rate') },
      references: referencesOf(row, [
        ['put p50', 'ms', 'put_p50_ms'],
        ['event p50', 'ms', 'event_p50_ms', 'ev_p50_min', 'ev_p50_max'],
        ['event p99', 'ms', 'event_p99_ms'],
        ['server CPU', 'us', 'server_cpu_us_per_put'],
      ]),
    })),
  predict: (conditions, overrides) => {
    const world = measuredWorld(1, SIZE, overrides);
    const puts = new Samples();
    const events = new Samples();
    let began = 0;
    for (let i = 0; i < numberOf(conditions, 'watchers'); i++) {
      world.watch(() => events.record(began, world.simulation.now));
    }
    const gap = Math.round(1e9 / numberOf(conditions, 'rate'));
    let busy = 0;
    let taken = 0;
    const writer = function* (): Process {
      for (let n = 0; n < WARM_UP_PUTS + PUTS; n++) {
        yield gap;
        if (n === WARM_UP_PUTS) {
          puts.begin(world.simulation.now);
          events.begin(world.simulation.now);
          busy = world.serverBusy;
        }
        began = world.simulation.now;
        yield* world.put(SIZE);
        puts.record(began, world.simulation.now);
      }
      taken = world.serverBusy - busy;
    };
    world.spawn(writer());
    // The writer's own time comes on top of the pauses between its puts.
    world.pass(((WARM_UP_PUTS + PUTS) * (gap + 20e6)) / 1e9);
    return {
      'put p50': puts.quantile(0.5),
      'event p50': events.quantile(0.5),
      'event p99': events.quantile(0.99),
      'server CPU': taken / PUTS / 1000,
    };
  },
});
