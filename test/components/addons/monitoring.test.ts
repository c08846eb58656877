/** metrics-server and Prometheus: whom they ask and when, what it costs the API servers and themselves, and what becomes of nodes that do not answer. */
import { describe, expect, it } from 'vitest';
import { ClusterWorld } from '../cluster-world.ts';

const NODES = (count: number) => `
    - createNodes: { count: ${count}, allocatable: { cpu: "8", memory: 32Gi, pods: 110 }, preload: true }
    - createDeployment: { name: web, replicas: ${count * 10}, requests: { cpu: 100m }, preload: true }`;

function world(addons: string, parameters = '', nodes = 8, operations = ''): ClusterWorld {
  const spec = `addons: { ${addons} }\nparameters: { kubelet.imagesPresent: true${parameters === '' ? '' : `, ${parameters}`} }`;
  return new ClusterWorld({ operations: NODES(nodes) + operations, spec });
}

const final = (from: ClusterWorld, metric: string, labels = ''): number =>
  from.series(metric, labels)?.statistics.final ?? 0;

describe('metrics-server', () => {
  it('asks every kubelet once each fifteen seconds, spread over 8 ms for each', () => {
    const asked = world('metricsServer: {}');
    asked.runFor(75);
    const answers = final(asked, 'metrics_server_kubelet_request_total', 'success=true');
    expect(answers % 8).toBe(0);
    expect(answers / 8).toBeGreaterThanOrEqual(4);
    expect(answers / 8).toBeLessThanOrEqual(5);
    const ticks = asked.series('metrics_server_manager_tick_duration_seconds')?.statistics;
    expect(ticks?.max).toBeLessThan(8 * 0.008 + 1);
    expect(final(asked, 'metrics_server_storage_points', 'type=node')).toBe(8);
    expect(final(asked, 'metrics_server_storage_points', 'type=container')).toBe(80);
    expect(final(asked, 'plimsoll_metrics_server_oldest_sample_seconds')).toBeLessThan(16);
  });

  it('uses a milli-CPU for each node', () => {
    const asked = world('metricsServer: {}', 'metricsServer.cores: 1', 40);
    asked.runFor(5);
    asked.recorder.sample();
    asked.runFor(150);
    asked.recorder.sample();
    const used = final(asked, 'plimsoll_server_utilisation', 'server=metrics-server CPU');
    expect(used).toBeGreaterThan(0.035);
    expect(used).toBeLessThan(0.045);
  });

  it('falls behind where answers take longer than the resolution', () => {
    const slow = world('metricsServer: {}', 'metricsServer.cpuPerScrape: 4s, metricsServer.cores: 1');
    slow.runFor(200);
    const ticks = slow.series('metrics_server_manager_tick_duration_seconds')?.statistics;
    // Eight answers of 4 s one after the other.
    expect(ticks?.p50).toBeGreaterThan(31);
    expect(ticks?.p50).toBeLessThan(34);
    expect(ticks?.count).toBeLessThanOrEqual(6);
  });

  it('waits ten seconds for a node that has died, and keeps its old sample', () => {
    const dying = world('metricsServer: {}', '', 4, '\n    - fault: { kind: nodeCrash, nodes: 1 }');
    dying.runFor(20);
    dying.perform();
    dying.runFor(40);
    expect(final(dying, 'metrics_server_kubelet_request_total', 'success=false')).toBeGreaterThanOrEqual(2);
    expect(dying.series('metrics_server_manager_tick_duration_seconds')?.statistics.max).toBeGreaterThan(10);
    expect(final(dying, 'plimsoll_metrics_server_oldest_sample_seconds')).toBeGreaterThan(30);
  });
});

describe('Prometheus', () => {
  it('scrapes each kubelet and each API server once an interval, twice with two replicas', () => {
    const one = world('prometheus: { replicas: 1 }');
    const two = world('prometheus: { replicas: 2 }');
    for (const each of [one, two]) each.runFor(300.5);
    const scrapes = (from: ClusterWorld, job: string) =>
      from.series('plimsoll_scrape_duration_seconds', `job=${job}`)?.statistics.count ?? 0;
    expect(scrapes(one, 'kubelet')).toBe(80);
    expect(scrapes(one, 'apiserver')).toBe(10);
    expect(scrapes(two, 'kubelet')).toBe(160);
    expect(scrapes(two, 'apiserver')).toBe(20);
    // A kubelet: 1,500 + 10 x 100; an API server: 8 MB / 120 B.
    expect(final(one, 'prometheus_tsdb_head_series')).toBe(8 * 2500 + 66_667);
    expect(final(one, 'prometheus_tsdb_head_samples_appended_total')).toBeLessThanOrEqual(80 * 2500 + 10 * 66_667);
  });

  it('costs an API server a quarter of a second of CPU for each scrape', () => {
    const busy = (addons: string) => {
      const from = world(addons, 'prometheus.scrapeInterval: 5s');
      from.runFor(200);
      return from.cluster.hosts[0]?.busyCoreNanoseconds() ?? 0;
    };
    const difference = (busy('prometheus: { replicas: 1 }') - busy('metricsServer: {}')) / 1e9;
    // 40 scrapes x 8 MB x 30 ns, and what its watches and heap add.
    expect(difference).toBeGreaterThan(0.95 * 40 * 0.24);
    expect(difference).toBeLessThan(1.6 * 40 * 0.24);
  });

  it('keeps the series of pods that have gone in memory', () => {
    const churned = world('prometheus: { replicas: 1 }', '', 4, '\n    - rollout: { deployments: web }');
    churned.runFor(60);
    const before = final(churned, 'prometheus_tsdb_head_series');
    churned.perform();
    churned.runFor(200);
    // 40 pods were replaced by 40 others of 100 series.
    expect(final(churned, 'prometheus_tsdb_head_series') - before).toBeGreaterThanOrEqual(4000);
    expect(churned.readyPods()).toBe(40);
  });
});
