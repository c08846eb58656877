import { expect, it } from 'vitest';
import { SchedulingWindows } from '../../src/components/scheduling-windows.ts';
import { MetricRecorder } from '../../src/metrics/index.ts';
import { type SimTime, seconds, simTime } from '../../src/units/index.ts';

function windows() {
  const clock = { now: simTime(0) };
  const recorder = new MetricRecorder(clock);
  const counted = new SchedulingWindows(recorder);
  return {
    recorder,
    /** Binds a pod at each of these instants [s]. */
    bind: (...instants: readonly number[]) => {
      for (const instant of instants) {
        clock.now = seconds(instant) as number as SimTime;
        counted.podBound(clock.now);
      }
    },
    conclude: () => counted.conclude(),
    statistics: () =>
      recorder.result().series.find(({ metric }) => metric === 'plimsoll_scheduling_window_pods_per_second')
        ?.statistics,
  };
}

it('counts the pods of each second from the first binding on, without that one and without the last second', () => {
  const { bind, statistics } = windows();
  bind(10, 10.2, 10.4, 10.9, 11, 11.5, 12.1);
  expect(statistics()).toMatchObject({ count: 2, min: 2, max: 3, mean: 2.5 });
});

it('shares a count among the seconds before it in which nothing was bound', () => {
  const { bind, statistics } = windows();
  bind(0, 0.5, 0.6, 4.5);
  expect(statistics()).toMatchObject({ count: 4, sum: 2, mean: 0.5 });
});

it('begins anew with the statistics', () => {
  const { bind, statistics, recorder } = windows();
  bind(0, 0.1, 0.2, 5);
  recorder.startStatistics();
  bind(20, 20.5, 21);
  expect(statistics()).toMatchObject({ count: 1, mean: 1 });
});

it('tells of a burst that is over within a second by the time that it took', () => {
  const { bind, statistics, conclude } = windows();
  bind(3, 3.1, 3.2, 3.3, 3.4);
  conclude();
  expect(statistics()).toMatchObject({ count: 1 });
  expect(statistics()).toHaveProperty('mean', expect.closeTo(10, 6));
});

it('tells no more of the last second where there are others', () => {
  const { bind, statistics, conclude } = windows();
  bind(0, 0.5, 1.1, 1.2);
  conclude();
  expect(statistics()).toMatchObject({ count: 1 });
});
