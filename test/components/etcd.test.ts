import { describe, expect, it } from 'vitest';
import { kinds } from '../../src/cluster/index.ts';
import { isSuccess, writes } from '../../src/components/api-machinery/index.ts';
import type { ApiClient } from '../../src/components/client-go/index.ts';
import { seconds, simTime } from '../../src/units/index.ts';
import { ApiWorld } from './api-world.ts';

/** Costs that leave only the disk: what is measured then is the log. */
const onlyDisk = (sync: number) => ({
  etcd: {
    members: 1,
    walSync: { distribution: 'constant', value: sync } as const,
    walSyncPerByte: 0,
    requestCpu: 0,
    batchCpu: 0,
    applyService: 0,
    followerBatchCpu: 0,
    followerEntryCpu: 0,
    sendCpu: 0,
    backendCommitPerOperation: 0,
    backendCommitPerPage: 0,
    backendBatchInterval: 10e9,
  },
  kubeApiserver: {
    createCpu: 0,
    updateCpu: 0,
    writeWorkPerByte: 0,
    jsonDecode: 0,
    jsonEncode: 0,
    protobufEncode: 0,
    backgroundCores: 0,
    maxMutatingRequestsInflight: 100_000,
  },
  network: {
    nodeDelay: { distribution: 'constant', value: 20_000 } as const,
    controlPlaneDelay: { distribution: 'constant', value: 20_000 } as const,
  },
});

/** Closed loop of creates for ten seconds; returns creates per second and the mean latency [s]. */
function createsPerSecond(world: ApiWorld, clients: number): { rate: number; latency: number } {
  let done = 0;
  let serial = 0;
  const loop = (client: ApiClient) =>
    (function* () {
      for (;;) {
        yield* world.createConfigMap(client, `c${serial++}`);
        done++;
      }
    })();
  for (let i = 0; i < clients; i++) world.simulation.processes.spawn('creator', loop(world.client()));
  const span = 10;
  world.simulation.run(simTime(span * 1e9));
  return { rate: done / span, latency: (clients * span) / done };
}

describe('group commit', () => {
  it('writes one entry a sync for one client', () => {
    const { rate } = createsPerSecond(new ApiWorld(onlyDisk(5e6)), 1);
    // One sync of 5 ms and the hops of 0.1 ms for each.
    expect(rate).toBeGreaterThan(185);
    expect(rate).toBeLessThan(200);
  });

  it('lets many clients share syncs: latency near two syncs, throughput near clients per two syncs', () => {
    // measured etcd/put_slow_fsync.csv: with 4 and more clients they split into two alternating batches.
    const { rate, latency } = createsPerSecond(new ApiWorld(onlyDisk(5e6)), 64);
    expect(latency).toBeGreaterThan(0.0095);
    expect(latency).toBeLessThan(0.0112);
    expect(rate).toBeGreaterThan(5500);
  });

  it('waits for a quorum: three members with equal disks take a hop and a sync more than one', () => {
    const one = createsPerSecond(new ApiWorld(onlyDisk(5e6)), 1);
    const three = createsPerSecond(
      new ApiWorld({
        ...onlyDisk(5e6),
        etcd: { ...onlyDisk(5e6).etcd, members: 3 },
        network: { ...onlyDisk(5e6).network, peerDelay: { distribution: 'constant', value: 1e6 } },
      }),
      1,
    );
    expect(three.latency - one.latency).toBeGreaterThan(0.0019);
    expect(three.latency - one.latency).toBeLessThan(0.0021);
  });
});

describe('revisions and history', () => {
  it('gives every committed change one revision and keeps versions until they are compacted', () => {
    const world = new ApiWorld({ kubeApiserver: { compactionInterval: 60e9 } });
    const client = world.client();
    world.play(
      (function* () {
        yield* world.createConfigMap(client, 'a');
        for (let i = 0; i < 20; i++) {
          const put = client.write(writes.configMapUpdate, world.configMap('a'));
          world.requests.setNumber(put, 0, 100 + i);
          yield* client.call(put);
        }
      })(),
    );
    expect(world.store.revision).toBe(22);
    // The ring of the watch cache holds them too; history alone is what compaction drops, up to what was current a period ago.
    world.simulation.run(simTime(50e9));
    expect(world.store.compactedRevision).toBe(0);
    world.simulation.run(simTime(200e9));
    // The API server's own records of its compactions take revisions too.
    expect(world.store.compactedRevision).toBeGreaterThanOrEqual(22);
    expect(world.store.compactedRevision).toBeLessThan(world.store.revision);
    world.simulation.checkInvariants();
  });

  it('stores nothing for a write that changes nothing', () => {
    const world = new ApiWorld();
    const client = world.client();
    const key = world.tables.keysOf('nodes').intern('', 'n');
    world.play(
      (function* () {
        const create = client.write(writes.nodeCreate, key);
        world.requests.object[create] = {
          allocatable: { cpu: 1000, memory: 1e9, ephemeralStorage: 0, extended: {} },
          pods: 110,
          labels: {},
          taints: [],
          unschedulable: false,
        };
        yield* client.call(create);
        const before = world.store.revision;
        const cordon = client.write(writes.nodeCordon, key);
        world.requests.setNumber(cordon, 0, 0);
        const reply = yield* client.call(cordon);
        expect(isSuccess(world.requests.code[reply] as number)).toBe(true);
        expect(world.store.revision).toBe(before);
      })(),
    );
  });
});

/** Kills the leader of three while clients write every 20 ms; returns the time until a write that came later is stored [s]. */
function unavailableAfterKill(seed: string): number {
  const world = new ApiWorld({ etcd: { members: 3 }, kubeApiserver: { etcdEndpoints: 'all' } }, seed);
  const { simulation } = world;
  simulation.run(simTime(1e9));
  world.store.killLeader();
  const killed = simulation.now;
  let stored = Number.POSITIVE_INFINITY;
  simulation.processes.spawn(
    'writers',
    (function* () {
      for (let i = 0; stored === Number.POSITIVE_INFINITY; i++) {
        // A cluster admin: the seats of other users' priority level are soon taken by requests that wait for etcd.
        const client = world.client(0, 1, ['system:masters']);
        simulation.processes.spawn(
          'writer',
          (function* () {
            if ((yield* world.createConfigMap(client, `c${i}`)) === 201) stored = Math.min(stored, simulation.now);
          })(),
        );
        yield 20e6;
      }
    })(),
  );
  simulation.run(simTime(12e9));
  return (stored - killed) / 1e9;
}

describe('loss of the leader', () => {
  it('makes writes unavailable for 1.0 to 2.0 s with three members, as measured', () => {
    // data/measured/README: 11 kills of the leader of three: 1.01 to 1.71 s, median 1.51 s.
    const gaps = Array.from({ length: 11 }, (_, run) => unavailableAfterKill(`kill ${run}`)).sort((a, b) => a - b);
    expect(gaps[0]).toBeGreaterThan(0.9);
    expect(gaps[10]).toBeLessThan(2.0);
    expect(gaps[5]).toBeGreaterThan(1.1);
    expect(gaps[5]).toBeLessThan(1.7);
  });

  it('fails the writes that a follower sent to the leader that was gone already, after seven seconds', () => {
    const world = new ApiWorld({ etcd: { members: 3 }, kubeApiserver: { etcdEndpoints: 'all' } });
    const client = world.client();
    world.play(
      (function* () {
        world.store.killLeader(seconds(60));
        const sent = world.simulation.now;
        expect(yield* world.createConfigMap(client, 'lost')).toBe(500);
        expect((world.simulation.now - sent) / 1e9).toBeCloseTo(7, 1);
      })(),
    );
  });

  it('fails requests after seven seconds when no quorum is left, and serves again when it is back', () => {
    const world = new ApiWorld({ etcd: { members: 3 } });
    const client = world.client();
    world.play(
      (function* () {
        for (const follower of [1, 2]) world.store.faults.kill(follower, seconds(60));
        const sent = world.simulation.now;
        expect(yield* world.createConfigMap(client, 'a')).toBe(500);
        expect((world.simulation.now - sent) / 1e9).toBeCloseTo(7, 1);
      })(),
    );
    world.simulation.run(simTime(70e9));
    world.play(
      (function* () {
        expect(yield* world.createConfigMap(client, 'b')).toBe(201);
      })(),
    );
  });

  it('fails requests at once where the only member that an API server knows is gone', () => {
    const world = new ApiWorld({ etcd: { members: 1, memberRestart: 20e9 } });
    const client = world.client();
    world.play(
      (function* () {
        world.store.killLeader();
        const sent = world.simulation.now;
        expect(yield* world.createConfigMap(client, 'a')).toBe(500);
        expect(world.simulation.now - sent).toBeLessThan(20e6);
        yield 25e9;
        expect(yield* world.createConfigMap(client, 'b')).toBe(201);
      })(),
    );
  });
});

describe('restart of an API server', () => {
  it('breaks requests off, refuses connections while it is down, and serves again with its cache filled', () => {
    const world = new ApiWorld();
    const client = world.client();
    world.play(
      (function* () {
        yield* world.createConfigMap(client, 'a');
        world.servers[0]?.crash();
        expect(yield* world.createConfigMap(client, 'b')).toBe(0);
        yield 20e9;
        expect(yield* world.createConfigMap(client, 'b')).toBe(201);
        const list = yield* client.call(client.list(kinds.configmaps, -1, true));
        expect((world.requests.object[list] as unknown[]).length).toBe(2);
      })(),
    );
    world.simulation.checkInvariants();
  });
});
