import { describe, expect, it } from 'vitest';
import { seconds } from '../../../src/units/index.ts';
import { ClusterWorld } from '../cluster-world.ts';
import { fixedSpans, SPANS } from './one-node.ts';

/** One node and pods that start at once. */
function starts(pods: number, ...parameters: string[]): ClusterWorld {
  const world = new ClusterWorld({
    spec: fixedSpans(...parameters),
    operations: `
    - createNodes: { count: 1, preload: true }
    - createPods: { name: web, count: ${pods}, client: { user: tester, qps: 1000, burst: 1000 } }`,
  });
  world.runFor(5);
  world.forget();
  world.perform();
  return world;
}

/** Seconds until all pods are Ready. */
function untilReady(world: ClusterWorld, pods: number): number {
  return world.runUntil(() => world.readyPods() === pods);
}

/** What one pod takes of the engine, one call after the other [s]. */
const WORK = SPANS.sandboxStart + SPANS.containerStart;

describe('a container engine', () => {
  it('that does one call at a time starts pods one after the other', () => {
    const span = untilReady(starts(20, 'kubelet.runtimeConcurrency: 1'), 20);
    // All of the work in a row; token, volumes, the relist and the status come on top.
    expect(span).toBeGreaterThan(20 * WORK);
    expect(span).toBeLessThan(20 * WORK + 2.5);
  });

  it('that does four at a time is four times as fast, and without a limit nobody waits', () => {
    const four = untilReady(starts(20, 'kubelet.runtimeConcurrency: 4'), 20);
    expect(four).toBeGreaterThan((20 * WORK) / 4);
    expect(four).toBeLessThan((20 * WORK) / 4 + 2.5);
    expect(untilReady(starts(20), 20)).toBeLessThan(3);
  });

  it('forgets what it was asked for when the kubelet ends: the next process asks for what is missing, once', () => {
    const world = starts(10, 'kubelet.runtimeConcurrency: 1', 'kubelet.processStart: 1s');
    world.runFor(3);
    const [kubelet] = world.cluster.nodes;
    if (kubelet === undefined) throw new Error('there is a node');
    world.cluster.kubelets.restartProcess(kubelet);
    const span = untilReady(world, 10);
    expect(span).toBeLessThan(1 + 10 * WORK + 2.5);
    const started = world.of('POST events', 'kubelet events').filter(({ reason }) => reason === 'Started');
    expect(started).toHaveLength(10);
  });

  it('has what waits for it in the statistics', () => {
    const world = starts(10, 'kubelet.runtimeConcurrency: 1');
    untilReady(world, 10);
    const waits = world.series('plimsoll_server_waiting_seconds', 'kind=server;server=container engine')?.statistics;
    expect(waits?.count).toBe(2 * 10);
    // The last pod's container waits for everything else.
    expect(waits?.max).toBeGreaterThan(9 * SPANS.containerStart);
  });
});

describe('a limit on the requests of a kubelet', () => {
  const limits = ['kubelet.apiQps: 5', 'kubelet.apiBurst: 10'];

  it('paces the starts of its pods: a token, and GET and PATCH for the statuses that wait together', () => {
    const span = untilReady(starts(20, ...limits), 20);
    // The engine is fast: Pending, the sandbox and Running are one write. Three requests for each pod, ten of them at once.
    expect(span).toBeGreaterThan((20 * 3 - 10) / 5 - 1);
    expect(span).toBeLessThan((20 * 3 - 10) / 5 + 3);
    const older = untilReady(starts(20, ...limits, 'kubelet.boundTokens: false'), 20);
    expect(older).toBeGreaterThan((20 * 2 - 10) / 5 - 1);
    expect(older).toBeLessThan((20 * 2 - 10) / 5 + 4);
  });

  it('takes a status more for each pod where an engine is slow, so that Pending has long been written', () => {
    const slow = [...limits, 'kubelet.runtimeConcurrency: 1', 'kubelet.sandboxStart: 2s', 'kubelet.boundTokens: false'];
    const requests = (...more: string[]) => {
      const world = starts(20, ...slow, ...more);
      untilReady(world, 20);
      world.runFor(1);
      return world.of('PATCH pods/status', 'kubelet').length;
    };
    // Pending and Running; and that the sandbox is ready, unless it is told together with Running.
    expect(requests('kubelet.podReadyToStartContainers: false')).toBe(2 * 20);
    expect(requests()).toBeGreaterThan(2 * 20);
  });
});

describe('the relist of PLEG', () => {
  /** Seconds from the start of the last container until the status Running is written, over many nodes with one pod each. */
  function delays(...parameters: string[]): number[] {
    const world = new ClusterWorld({
      spec: fixedSpans(...parameters),
      operations: `
    - createNodes: { count: 200, allocatable: { cpu: "1" }, preload: true }
    - createPods: { name: web, count: 200, requests: { cpu: 600m }, client: { user: tester, qps: 1000, burst: 1000 } }`,
    });
    world.runFor(5);
    world.perform();
    world.runUntil(() => world.readyPods() === 200);
    const { pods } = world.tables;
    return world.podKeys().map((key) => {
      const change = world.podChanges.find((one) => one.key === key && one.phase === 1);
      return (change?.at ?? 0) - pods.runningAt.get(world.pod(key)) / seconds(1);
    });
  }

  it('delays the notice of what has started by a time that is uniform over its period', () => {
    const found = delays().sort((a, b) => a - b);
    const mean = found.reduce((sum, delay) => sum + delay, 0) / found.length;
    expect(mean).toBeGreaterThan(0.42);
    expect(mean).toBeLessThan(0.58);
    // Deciles of a uniform distribution, and little more for the request.
    expect(found[19] ?? 0).toBeLessThan(0.2);
    expect(found[179] ?? 0).toBeGreaterThan(0.8);
    expect(found.at(-1) ?? 0).toBeLessThan(1.1);
  });

  it('of a tenth of a second delays it by a tenth, and evented PLEG hardly at all', () => {
    const mean = (found: number[]) => found.reduce((sum, delay) => sum + delay, 0) / found.length;
    expect(mean(delays('kubelet.plegRelistPeriod: 100ms'))).toBeLessThan(0.1);
    expect(mean(delays('kubelet.pleg: evented'))).toBeLessThan(0.04);
  });
});
