import { beforeEach, describe, expect, it } from 'vitest';
import { type MetricName, MetricRecorder } from '../../src/metrics/index.ts';
import { milliseconds, nanoseconds, type SimTime, seconds, simTime } from '../../src/units/index.ts';

const clock = { now: simTime(0) };
let recorder: MetricRecorder;

function advance(span: number): void {
  clock.now = (clock.now + span) as SimTime;
}

beforeEach(() => {
  clock.now = simTime(0);
  recorder = new MetricRecorder(clock);
});

function seriesOf(metric: string, labels = '') {
  const found = recorder.result().series.find((series) => series.metric === metric && series.labels === labels);
  if (found === undefined) throw new Error(`no series ${metric} {${labels}}`);
  return found;
}

describe('histograms', () => {
  const labels = { verb: 'POST', resource: 'pods', subresource: '', scope: 'resource' };

  it('give the same series for the same labels in any order', () => {
    const series = recorder.histogram('apiserver_request_duration_seconds', labels);
    const again = { scope: 'resource', subresource: '', resource: 'pods', verb: 'POST' };
    expect(recorder.histogram('apiserver_request_duration_seconds', again)).toBe(series);
  });

  it('tell statistics in seconds and count Prometheus buckets exactly, bounds included', () => {
    const series = recorder.histogram('apiserver_request_duration_seconds', labels);
    series.recordSpan(milliseconds(5));
    series.recordSpan(nanoseconds(5_000_001));
    series.record(0.1);
    series.record(100);
    advance(seconds(2));
    const result = seriesOf('apiserver_request_duration_seconds', 'resource=pods;scope=resource;verb=POST');
    expect(result.statistics).toMatchObject({ count: 4, sum: 100.110000001, min: 0.005, max: 100, rate: 2 });
    expect(result.buckets?.slice(0, 4)).toEqual([
      [0.005, 1],
      [0.025, 2],
      [0.05, 2],
      [0.1, 3],
    ]);
    expect(result.buckets?.at(-1)).toEqual([60, 3]);
    expect(result.histogram?.count).toBe(4);
  });

  it('say only that nothing happened without an observation', () => {
    recorder.histogram('pod_startup_latency_seconds', { phase: 'total' });
    expect(seriesOf('pod_startup_latency_seconds', 'phase=total').statistics).toEqual({ count: 0, sum: 0, rate: 0 });
  });
});

describe('counters and gauges', () => {
  it('a counter tells its final value and rate', () => {
    const counter = recorder.counter('etcd_server_leader_changes_seen_total');
    counter.add();
    counter.add(3);
    advance(seconds(8));
    expect(seriesOf('etcd_server_leader_changes_seen_total').statistics).toEqual({ rate: 0.5, final: 4 });
  });

  it("a gauge's mean is over time from its first value on", () => {
    advance(seconds(5));
    const gauge = recorder.gauge('etcd_server_has_leader');
    gauge.set(1);
    advance(seconds(3));
    gauge.set(0);
    advance(seconds(1));
    expect(seriesOf('etcd_server_has_leader').statistics).toEqual({ mean: 0.75, min: 0, max: 1, final: 0 });
  });
});

it("a gauge told afterwards counts for the time before: an interval's utilisation", () => {
  const gauge = recorder.gauge('plimsoll_server_utilisation', { server: 'disk' });
  advance(seconds(1));
  gauge.setPast(0.5);
  advance(seconds(3));
  gauge.setPast(0.1);
  expect(seriesOf('plimsoll_server_utilisation', 'server=disk').statistics).toEqual({
    mean: 0.2,
    min: 0.1,
    max: 0.5,
    final: 0.1,
  });
  recorder.startStatistics();
  advance(seconds(1));
  gauge.setPast(0.9);
  expect(seriesOf('plimsoll_server_utilisation', 'server=disk').statistics).toMatchObject({ mean: 0.9, min: 0.9 });
});

it('statistics start anew after the warm-up, gauges with the value they have', () => {
  const histogram = recorder.histogram('pod_startup_latency_seconds', { phase: 'total' });
  const counter = recorder.counter('etcd_server_leader_changes_seen_total');
  const gauge = recorder.gauge('plimsoll_pods', { phase: 'running' });
  histogram.record(50);
  counter.add(7);
  gauge.set(100);
  gauge.set(40);
  advance(seconds(10));
  recorder.startStatistics();
  histogram.record(2);
  counter.add(1);
  advance(seconds(10));
  expect(seriesOf('pod_startup_latency_seconds', 'phase=total').statistics).toMatchObject({
    count: 1,
    max: 2,
    rate: 0.1,
  });
  expect(seriesOf('pod_startup_latency_seconds', 'phase=total').buckets?.at(-1)).toEqual([3600, 1]);
  expect(seriesOf('etcd_server_leader_changes_seen_total').statistics).toEqual({ rate: 0.1, final: 1 });
  expect(seriesOf('plimsoll_pods', 'phase=running').statistics).toEqual({ mean: 40, min: 40, max: 40, final: 40 });
  expect(recorder.result().span_s).toBe(10);
});

it('samples every series over time, from the time it exists on; collectors are asked first', () => {
  const early = recorder.counter('etcd_server_leader_changes_seen_total');
  recorder.onSample(() => recorder.gauge('plimsoll_pods', { phase: 'pending' }).set(clock.now / 1e9));
  early.add(2);
  recorder.sample();
  advance(seconds(1));
  recorder.histogram('pod_startup_latency_seconds', { phase: 'total' }).record(3);
  recorder.sample();
  expect(recorder.result().timeseries).toEqual([
    { metric: 'etcd_server_leader_changes_seen_total', labels: '', unit: '1', times_s: [0, 1], values: [2, 2] },
    { metric: 'plimsoll_pods', labels: 'phase=pending', unit: '1', times_s: [0, 1], values: [0, 1] },
    { metric: 'pod_startup_latency_seconds_count', labels: 'phase=total', unit: '1', times_s: [1], values: [1] },
  ]);
});

it('keeps the last of several samples at one instant', () => {
  const gauge = recorder.gauge('etcd_server_has_leader');
  gauge.set(0);
  recorder.sample();
  gauge.set(1);
  recorder.counter('etcd_server_leader_changes_seen_total');
  recorder.sample();
  expect(recorder.result().timeseries).toEqual([
    { metric: 'etcd_server_has_leader', labels: '', unit: '1', times_s: [0], values: [1] },
  ]);
});

it('sorts its result by metric and labels, whatever the order of creation', () => {
  recorder.gauge('plimsoll_pods', { phase: 'running' });
  recorder.gauge('plimsoll_pods', { phase: 'bound' });
  recorder.gauge('etcd_server_has_leader');
  const order = recorder.result().series.map(({ metric, labels }) => `${metric}{${labels}}`);
  expect(order).toEqual(['etcd_server_has_leader{}', 'plimsoll_pods{phase=bound}', 'plimsoll_pods{phase=running}']);
});

it('yields plain data', () => {
  recorder.histogram('pod_startup_latency_seconds', { phase: 'total' }).record(3);
  recorder.gauge('etcd_server_has_leader').set(1);
  recorder.sample();
  const result = recorder.result();
  expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  expect(structuredClone(result)).toEqual(result);
});

it('refuses unknown names, the wrong kind and wrong labels in words', () => {
  expect(() => recorder.counter('etcd_server_leader_changes_seen' as MetricName)).toThrow(
    'unknown metric etcd_server_leader_changes_seen; the nearest name is etcd_server_leader_changes_seen_total',
  );
  expect(() => recorder.gauge('apiserver_request_total')).toThrow('apiserver_request_total is a counter, not a gauge');
  expect(() => recorder.gauge('plimsoll_pods', { state: 'x' })).toThrow('has the labels {phase}, not {state}');
  expect(() => recorder.gauge('plimsoll_pods')).toThrow('has the labels {phase}, not {}');
});
