import { describe, expect, it } from 'vitest';
import { formatLabels, labelsMatch, metricCatalogue, metricNames, parseLabels } from '../../src/metrics/index.ts';
import type { MetricDefinition } from '../../src/metrics/metric.ts';

/** Counters whose real names break the rule (kubernetes/kubernetes: test/instrumentation lists them as exceptions too). */
const countersNamedOtherwise = new Set<string>([
  'apiserver_admission_webhook_fail_open_count',
  'apiserver_admission_webhook_rejection_count',
  'kubelet_evictions',
  'nginx_ingress_controller_success',
  'problem_counter',
]);

describe.each(metricNames)('metric %s', (name) => {
  const definition: MetricDefinition = metricCatalogue[name];

  it('is complete and named by the rules', () => {
    expect(definition.name).toBe(name);
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(definition.help.length).toBeGreaterThan(20);
    expect(definition.source).not.toBe('');
    expect(new Set(definition.labels).size).toBe(definition.labels.length);
    if (definition.unit === 's') expect(name).toMatch(/_seconds(_total)?$/);
    if (definition.kind === 'counter' && !countersNamedOtherwise.has(name)) expect(name).toMatch(/_total$/);
  });

  it('has ascending buckets if and only if it is a histogram', () => {
    expect(definition.buckets !== undefined).toBe(definition.kind === 'histogram');
    const buckets = definition.buckets ?? [];
    expect([...buckets].sort((a, b) => a - b)).toEqual(buckets);
    expect(new Set(buckets).size).toBe(buckets.length);
  });
});

it('buckets are those of the real metrics', () => {
  expect(metricCatalogue.scheduler_pod_scheduling_sli_duration_seconds.buckets.at(-1)).toBe(5242.88);
  expect(metricCatalogue.scheduler_framework_extension_point_duration_seconds.buckets.at(-1)).toBe(0.2048);
  expect(metricCatalogue.scheduler_scheduling_attempt_duration_seconds.buckets.at(-1)).toBe(16.384);
  expect(metricCatalogue.etcd_disk_wal_fsync_duration_seconds.buckets.at(-1)).toBe(8.192);
  expect(metricCatalogue.workqueue_queue_duration_seconds.buckets.slice(0, 3)).toEqual([1e-8, 1e-7, 1e-6]);
  expect(metricCatalogue.workqueue_queue_duration_seconds.buckets.at(-1)).toBe(1000);
  expect(metricCatalogue.kubeproxy_network_programming_duration_seconds.buckets).toHaveLength(80);
  expect(metricCatalogue.kubeproxy_network_programming_duration_seconds.buckets.at(-1)).toBe(300);
});

describe('labels', () => {
  it('are text sorted by key, absent ones left out, and come back', () => {
    const text = formatLabels({ verb: 'POST', resource: 'pods', subresource: '' });
    expect(text).toBe('resource=pods;verb=POST');
    expect(parseLabels(text)).toEqual({ resource: 'pods', verb: 'POST' });
    expect(parseLabels('')).toEqual({});
  });

  it('are selected by a subset; an empty value selects an absent label', () => {
    expect(labelsMatch({ verb: 'POST', resource: 'pods' }, { verb: 'POST' })).toBe(true);
    expect(labelsMatch({ verb: 'POST', resource: 'pods' }, { subresource: '' })).toBe(true);
    expect(labelsMatch({ verb: 'POST', subresource: 'binding' }, { subresource: '' })).toBe(false);
    expect(labelsMatch({}, {})).toBe(true);
  });
});
