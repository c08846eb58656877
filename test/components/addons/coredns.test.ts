/** CoreDNS: what a query costs and where it waits, what search lists do, caches, limits, replicas that come and go. */
import { describe, expect, it } from 'vitest';
import { ClusterWorld } from '../cluster-world.ts';

const SERVICE = '    - createService: { name: shop, selector: { app: shop }, ports: [{ port: 80 }], preload: true }\n';
const NODES = '    - createNodes: { count: 3, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }\n';

/** A cluster with CoreDNS whose one operation is a load of resolutions. */
function dnsWorld(query: string, settings = '{ replicas: 1 }', parameters = ''): ClusterWorld {
  const spec = `addons: { coredns: ${settings} }${parameters === '' ? '' : `\nparameters: { ${parameters} }`}`;
  const world = new ClusterWorld({
    operations: `${NODES}${SERVICE}    - queryDns: { ${query}, background: true }`,
    spec,
  });
  world.perform();
  return world;
}

const count = (world: ClusterWorld, metric: string, labels = ''): number =>
  world.series(metric, labels)?.statistics.count ?? world.series(metric, labels)?.statistics.final ?? 0;
const resolutions = (world: ClusterWorld, name: string, result: string): number =>
  count(world, 'plimsoll_dns_resolutions_total', `load=dns;name=${name};result=${result}`);

describe('a replica of two cores', () => {
  it('answers the 33,669 names a second that were measured, and 88 callers wait 2.6 ms each (Little)', () => {
    const world = dnsWorld('callers: 88, ipv6: false', '{ replicas: 1 }', 'coredns.packetDelay: 1us');
    world.runFor(2);
    const answered = resolutions(world, 'service', 'answered');
    expect(answered / 2 / 33_669).toBeGreaterThan(0.98);
    expect(answered / 2 / 33_669).toBeLessThan(1.01);
    const mean = world.series('plimsoll_dns_resolution_duration_seconds', 'load=dns;name=service')?.statistics.mean;
    expect(mean).toBeCloseTo(0.0026, 4);
  });

  it('answers a fifth of that of names outside, for each takes five queries along the search list', () => {
    const world = dnsWorld(
      'callers: 88, ipv6: false, externalShare: 100%, externalNames: 10',
      '{ replicas: 1 }',
      'coredns.packetDelay: 1us, coredns.upstreamDelay: 1us',
    );
    world.runFor(2);
    expect(resolutions(world, 'external', 'answered') / 2 / 6733).toBeGreaterThan(0.98);
    expect(resolutions(world, 'external', 'answered') / 2 / 6733).toBeLessThan(1.02);
  });

  it('takes two queries where A and AAAA are asked for', () => {
    const world = dnsWorld('rate: 100/s, arrivals: constant');
    world.runFor(10.005);
    const answered = resolutions(world, 'service', 'answered');
    expect(answered).toBe(1000);
    expect(count(world, 'coredns_dns_requests_total', 'type=A')).toBe(1000);
    expect(count(world, 'coredns_dns_requests_total', 'type=AAAA')).toBe(1000);
  });

  it('loses what finds its socket full, and the resolver waits five seconds', () => {
    const world = dnsWorld('rate: 40000/s, ipv6: false', '{ replicas: 1 }', 'coredns.packetDelay: 1us');
    world.runFor(7);
    expect(count(world, 'plimsoll_dns_packets_dropped_total')).toBeGreaterThan(1000);
    const durations = world.series('plimsoll_dns_resolution_duration_seconds', 'load=dns;name=service');
    const { max = 0, p50 = 0 } = durations?.statistics ?? {};
    // Of 278 packets at most (277 wait) each has two cores for half of 59.4 us: 8.3 ms; then nothing until 5 s.
    expect(p50).toBeLessThan(0.009);
    expect(max).toBeGreaterThan(5);
    expect(max).toBeLessThan(5.02);
  });
});

describe('search lists', () => {
  const external = (suffixes: number) =>
    dnsWorld(
      `rate: 10/s, arrivals: constant, ipv6: false, externalShare: 100%, externalNames: 1, searchSuffixes: ${suffixes}`,
    );

  it('cost a name outside one query for each suffix before its own', () => {
    for (const suffixes of [0, 1, 4]) {
      const world = external(suffixes);
      world.runFor(10.05);
      expect(resolutions(world, 'external', 'answered')).toBe(100);
      expect(count(world, 'coredns_dns_responses_total', 'rcode=NXDOMAIN')).toBe(100 * suffixes);
      expect(count(world, 'coredns_dns_responses_total', 'rcode=NOERROR')).toBe(100);
    }
  });

  it('cost a Service with its namespace a denial, and a Service alone none', () => {
    const world = dnsWorld('rate: 10/s, arrivals: constant, ipv6: false, form: namespaced');
    world.runFor(10.05);
    expect(count(world, 'coredns_dns_responses_total', 'rcode=NXDOMAIN')).toBe(100);
    const alone = dnsWorld('rate: 10/s, arrivals: constant, ipv6: false');
    alone.runFor(10.05);
    expect(count(alone, 'coredns_dns_responses_total', 'rcode=NXDOMAIN')).toBe(0);
  });
});

describe('the cache', () => {
  it('keeps names of the cluster for five seconds, so that one name is looked up twelve times a minute', () => {
    const world = dnsWorld('rate: 100/s, arrivals: constant, ipv6: false');
    world.runFor(60);
    expect(count(world, 'coredns_cache_misses_total')).toBe(12);
    expect(count(world, 'coredns_cache_hits_total', 'type=success')).toBeGreaterThan(5900);
  });

  it('keeps names outside for thirty seconds, and forwards the name and its last suffix then', () => {
    const world = dnsWorld(
      'rate: 100/s, arrivals: constant, ipv6: false, externalShare: 100%, externalNames: 1',
      '{ replicas: 1 }',
      'coredns.upstreamDelay: 1us',
    );
    world.runFor(59);
    expect(world.series('coredns_proxy_request_duration_seconds')?.statistics.count).toBe(4);
  });

  it('drops entries where it has no room for them', () => {
    const query = 'rate: 500/s, ipv6: false, externalShare: 100%, externalNames: 2000, searchSuffixes: 0';
    const small = dnsWorld(query, '{ replicas: 1 }', 'coredns.cacheCapacity: 256');
    const large = dnsWorld(query);
    for (const world of [small, large]) world.runFor(20);
    const entries = small.series('coredns_cache_entries', 'type=success')?.statistics.final ?? 0;
    expect(entries).toBeLessThanOrEqual(256);
    expect(entries).toBeGreaterThan(128);
    expect(count(small, 'coredns_cache_misses_total')).toBeGreaterThan(
      count(large, 'coredns_cache_misses_total') * 1.3,
    );
  });
});

describe('forwarding', () => {
  it('refuses queries beyond max_concurrent at once, and resolvers give up after two refusals', () => {
    const world = dnsWorld(
      'rate: 200/s, ipv6: false, externalShare: 100%, externalNames: 100000, searchSuffixes: 0',
      '{ replicas: 1 }',
      'coredns.upstreamDelay: 1s, coredns.forwardMaxConcurrent: 100',
    );
    world.runFor(20);
    // At most 100 a second come back after a second each.
    const answered = resolutions(world, 'external', 'answered');
    expect(count(world, 'coredns_forward_max_concurrent_rejects_total')).toBeGreaterThan(100);
    expect(resolutions(world, 'external', 'refused')).toBeGreaterThan(50);
    expect(answered).toBeGreaterThan(1000);
  });

  it('outlasts the resolver where the servers outside are too slow', () => {
    const world = dnsWorld(
      'rate: 10/s, ipv6: false, externalShare: 100%, searchSuffixes: 0',
      '{ replicas: 1 }',
      'coredns.upstreamDelay: 6s',
    );
    world.runFor(11);
    expect(resolutions(world, 'external', 'timed_out')).toBeGreaterThan(0);
    const max = world.series('plimsoll_dns_resolution_duration_seconds', 'load=dns;name=external')?.statistics.max ?? 0;
    expect(max).toBeLessThan(10.1);
  });
});

describe('replicas', () => {
  it('follow the nodes: the linear control wants one for sixteen, two at least', () => {
    const spec = 'addons: { coredns: { replicas: 2, autoscaler: linear } }';
    const nodes = (count: number, preload: string) =>
      `    - createNodes: { count: ${count}, namePrefix: n${count}, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }${preload} }\n`;
    const world = new ClusterWorld({ operations: nodes(32, ', preload: true') + nodes(17, ''), spec });
    world.runFor(30);
    expect(world.series('plimsoll_dns_replicas')?.statistics.final).toBe(2);
    world.forget();
    world.perform();
    world.runFor(60);
    expect(world.series('plimsoll_dns_replicas')?.statistics.final).toBe(4);
    // Each new one has listed Services, slices and Namespaces.
    expect(world.calls.filter(({ client, resource }) => client === 'coredns' && resource === 'services')).toHaveLength(
      2,
    );
  });

  it('that end answer on in lame duck, so that no query is lost while nodes learn of it', () => {
    const lost = (lameduck: string) => {
      const world = new ClusterWorld({
        operations: `${NODES}${SERVICE}    - queryDns: { rate: 200/s, ipv6: false, background: true }`,
        spec: `addons: { coredns: { replicas: 6, autoscaler: ladder } }\nparameters: { coredns.lameduck: ${lameduck}, coredns.endpointProgramming: 2s }`,
      });
      world.perform();
      world.runFor(12);
      expect(world.series('plimsoll_dns_replicas')?.statistics.final).toBe(2);
      return count(world, 'plimsoll_dns_packets_dropped_total');
    };
    expect(lost('5s')).toBe(0);
    // Four of six take no more for 1.9 s: 200/s x 4/6 x 1.9 s.
    expect(lost('100ms')).toBeGreaterThan(200);
  });
});

describe('answers about headless Services', () => {
  it('are old until the informer has heard and the kept answer has ended', () => {
    const operations = `${NODES}    - createDeployment: { name: shop, replicas: 2, requests: { cpu: 100m }, preload: true }
    - createService: { name: shop, selector: { app: shop }, headless: true, ports: [{ port: 80 }], preload: true }
    - queryDns: { rate: 50/s, ipv6: false, background: true }
    - scale: { deployments: shop, replicas: 3 }`;
    const world = new ClusterWorld({ operations, spec: 'addons: { coredns: { replicas: 1 } }' });
    world.perform();
    world.runFor(20);
    world.perform();
    world.runFor(60);
    const knows = world.series(
      'coredns_kubernetes_dns_programming_duration_seconds',
      'service_kind=headless_with_selector',
    );
    const answers = world.series('plimsoll_dns_staleness_seconds');
    expect(knows?.statistics.count).toBeGreaterThan(0);
    expect(answers?.statistics.count).toBe(knows?.statistics.count);
    expect(knows?.statistics.max).toBeLessThan(1.5);
    expect(answers?.statistics.max).toBeGreaterThan(knows?.statistics.max as number);
    expect(answers?.statistics.max).toBeLessThan((knows?.statistics.max as number) + 5);
  });
});
