/** Log agents: bytes from files to the store, what a full buffer does, refusals and retries, and what metadata asks of the API server. */
import { describe, expect, it } from 'vitest';
import { LogPipe } from '../../../src/components/addons/log-agent/log-pipe.ts';
import { ClusterWorld } from '../cluster-world.ts';

const second = 1e9;

describe('the pipe of a node', () => {
  it('hands out bytes in the order of writing, so that it knows how old they are', () => {
    const pipe = new LogPipe();
    pipe.write(1 * second, 100, 1000);
    pipe.write(2 * second, 100, 1000);
    pipe.read(200, { buffer: 1000, dropsOldest: false });
    expect(pipe.take(150)).toBe(150);
    // The last of them was written in the second up to 2 s.
    expect(pipe.complete()).toBe(2 * second);
    expect([pipe.unread, pipe.buffered, pipe.isBalanced]).toEqual([0, 50, true]);
  });

  it('pauses at a full buffer, or drops what is oldest and not under way', () => {
    const paused = new LogPipe();
    paused.write(1, 500, 1000);
    expect(paused.read(500, { buffer: 200, dropsOldest: false })).toEqual({ read: 200, dropped: 0 });
    expect(paused.unread).toBe(300);
    const dropping = new LogPipe();
    dropping.write(1, 500, 1000);
    dropping.read(150, { buffer: 200, dropsOldest: true });
    dropping.take(150);
    expect(dropping.read(350, { buffer: 200, dropsOldest: true })).toEqual({ read: 350, dropped: 300 });
    expect([dropping.buffered, dropping.sending, dropping.isBalanced]).toEqual([200, 150, true]);
  });

  it('loses what files cannot hold, and in memory what was read when the node dies', () => {
    const pipe = new LogPipe();
    expect(pipe.write(1, 500, 400)).toBe(100);
    pipe.read(300, { buffer: 1000, dropsOldest: false });
    expect(pipe.crash(true)).toBe(0);
    expect(pipe.crash(false)).toBe(300);
    expect([pipe.unread, pipe.buffered, pipe.isBalanced]).toEqual([100, 0, true]);
  });
});

const PODS = `
    - createNodes: { count: 4, allocatable: { cpu: "8", memory: 32Gi, pods: 110 }, preload: true }
    - createDeployment: { name: web, replicas: 40, requests: { cpu: 100m }, preload: true }`;

function logWorld(settings: string, parameters: string, operations = ''): ClusterWorld {
  return new ClusterWorld({
    operations: PODS + operations,
    spec: `addons: { logAgent: ${settings} }\nparameters: { kubelet.imagesPresent: true, ${parameters} }`,
  });
}

const final = (world: ClusterWorld, metric: string, labels = ''): number =>
  world.series(metric, labels)?.statistics.final ?? 0;

describe('agents', () => {
  it('ship what pods write, within a flush interval and the way', () => {
    const world = logWorld('{}', 'logAgent.bytesPerPod: 1000');
    world.runFor(60);
    // 40 pods x 1 kB/s; each agent has looked within the last second.
    expect(final(world, 'plimsoll_log_bytes_written_total')).toBeGreaterThan(40_000 * 58.9);
    expect(final(world, 'plimsoll_log_bytes_written_total')).toBeLessThanOrEqual(40_000 * 60);
    expect(world.series('plimsoll_log_delivery_seconds')?.statistics.max).toBeLessThan(0.1);
    expect(final(world, 'plimsoll_log_buffered_bytes')).toBeLessThan(50_000);
  });

  it('fill files where the store is too slow, and catch up when the writing is over', () => {
    const world = logWorld(
      '{ overflow: pause }',
      'logAgent.bytesPerPod: 1000, logAgent.backendThroughput: 60000, logAgent.bufferLimit: 10000, logAgent.chunkSize: 10000',
      '\n    - writeLogs: { bytesPerPod: 2k, for: 30s }',
    );
    world.perform();
    world.runFor(30);
    // 120 kB/s for 30 s at a store of 60 kB/s: 1.8 MB are behind, 40 kB of them in buffers.
    const behind = final(world, 'plimsoll_log_unread_bytes') + final(world, 'plimsoll_log_buffered_bytes');
    expect(behind).toBeGreaterThan(1_600_000);
    expect(behind).toBeLessThan(2_000_000);
    expect(final(world, 'plimsoll_log_buffered_bytes')).toBeLessThanOrEqual(40_000);
    // 20 kB/s are left for it: 90 s.
    world.runFor(75);
    expect(final(world, 'plimsoll_log_unread_bytes')).toBeGreaterThan(0);
    world.runFor(25);
    expect(final(world, 'plimsoll_log_unread_bytes')).toBeLessThan(60_000);
    for (const reason of ['rotated', 'overflow', 'retries', 'crash'])
      expect(final(world, 'plimsoll_log_bytes_lost_total', `reason=${reason}`)).toBe(0);
  });

  it('throw the oldest away instead, if they are told to', () => {
    const world = logWorld(
      '{ overflow: drop }',
      'logAgent.bytesPerPod: 3000, logAgent.backendThroughput: 60000, logAgent.bufferLimit: 60000, logAgent.chunkSize: 10000',
    );
    world.runFor(60);
    expect(final(world, 'plimsoll_log_unread_bytes')).toBe(0);
    // Half of 120 kB/s, less what is in the buffers.
    const lost = final(world, 'plimsoll_log_bytes_lost_total', 'reason=overflow');
    expect(lost / (60_000 * 60)).toBeGreaterThan(0.85);
    expect(lost / (60_000 * 60)).toBeLessThan(1.05);
  });

  it('lose what the store has refused once too often', () => {
    const refused = (retries: number) => {
      const world = logWorld(
        '{}',
        `logAgent.bytesPerPod: 3000, logAgent.backendThroughput: 20000, logAgent.backendQueue: 30000, logAgent.retryLimit: ${retries}`,
      );
      world.runFor(120);
      expect(final(world, 'fluentbit_output_retries_total')).toBeGreaterThan(5);
      return final(world, 'plimsoll_log_bytes_lost_total', 'reason=retries');
    };
    expect(refused(1)).toBeGreaterThan(100_000);
    expect(refused(1000)).toBe(0);
  });

  it('give a chunk twice to a store that answers too late', () => {
    const world = logWorld(
      '{}',
      'logAgent.bytesPerPod: 1000, logAgent.backendThroughput: 25000, logAgent.outputTimeout: 2s, logAgent.retryLimit: 1000, logAgent.retryBase: 1s, logAgent.retryCap: 1s',
    );
    world.runFor(120);
    // What it works on and what counts as accepted differ: most of its work is in vain.
    const accepted = final(world, 'fluentbit_output_proc_bytes_total');
    expect(final(world, 'plimsoll_server_utilisation', 'server=log store')).toBeGreaterThan(0.95);
    expect(accepted).toBeLessThan(25_000 * 120 * 0.5);
  });
});

describe('metadata', () => {
  const asked = (metadata: string) => {
    const world = logWorld(
      `{ metadata: ${metadata} }`,
      'logAgent.bytesPerPod: 1000',
      '\n    - createDeployment: { name: more, replicas: 12, requests: { cpu: 100m } }',
    );
    world.runFor(5);
    const before = world.calls.filter(({ client }) => client === 'log agent');
    expect(before).toEqual([]);
    world.perform();
    world.runUntil(() => world.readyPods() === 52);
    world.runFor(2);
    return world.calls.filter(({ client }) => client === 'log agent').map(({ what }) => what);
  };

  it('costs a GET for each new pod, or a watch for each node, or nothing', () => {
    expect(asked('api')).toEqual(Array.from({ length: 12 }, () => 'GET pods'));
    expect(asked('kubelet')).toEqual([]);
    expect(asked('watch')).toEqual([]);
    const world = logWorld('{ metadata: watch }', 'logAgent.bytesPerPod: 1');
    const none = logWorld('{ metadata: kubelet }', 'logAgent.bytesPerPod: 1');
    for (const each of [world, none]) each.runFor(1);
    const watchers = (each: ClusterWorld) => final(each, 'apiserver_registered_watchers', 'resource=pods');
    expect(watchers(world) - watchers(none)).toBe(4);
  });
});
