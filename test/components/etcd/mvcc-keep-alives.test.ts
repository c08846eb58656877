import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kinds, NO_KEY, ObjectTables } from '../../../src/cluster/index.ts';
import { type RequestId, Requests, Verb } from '../../../src/components/api-machinery/index.ts';
import { EtcdCluster, KEEP_ALIVE, type StoreClient, StoreOutcome } from '../../../src/components/etcd/index.ts';
import { Host } from '../../../src/components/host/host.ts';
import { Simulation } from '../../../src/engine/index.ts';
import { MetricRecorder, WaitLedger } from '../../../src/metrics/index.ts';
import { materialiseParameters } from '../../../src/scenario/index.ts';
import { seconds, simTime } from '../../../src/units/index.ts';

/** Benchmark clients of an etcd without API servers: they keep leases alive, each as fast as it is answered. */
class Bench implements StoreClient {
  readonly simulation = new Simulation({ seed: 'keep-alives' });
  readonly requests = new Requests();
  readonly store: EtcdCluster;
  readonly storeAnswered;
  readonly changesArrived;
  readonly isWatching = false;
  /** Answers by outcome. */
  readonly outcomes: number[] = [];
  answered = 0;
  latencySum = 0;
  private readonly server: number;

  constructor(members: number) {
    const { simulation, requests } = this;
    // Loopback and half of a client's own CPU.
    const delay = { distribution: 'constant', value: 75_000 } as const;
    const { etcd, network, host } = materialiseParameters({ etcd: { members }, network: { controlPlaneDelay: delay } });
    const recorder = new MetricRecorder(simulation);
    const hosts = Array.from({ length: members }, (_, i) => new Host(simulation, `host ${i}`, 1, host));
    const store = new EtcdCluster({
      simulation,
      tables: new ObjectTables(),
      requests,
      parameters: etcd,
      network,
      hosts,
      endpoints: { only: () => undefined, keepAlive: seconds(10) },
      recorder,
      waits: new WaitLedger(recorder),
    });
    this.store = store;
    this.storeAnswered = simulation.on('bench answered', (request, outcome) => {
      this.answered++;
      this.latencySum += simulation.now - (requests.storeAt[request] as number);
      this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
      store.send(this.server, request as RequestId);
    });
    this.changesArrived = simulation.on('bench changes', () => {});
    this.server = store.connect(this);
  }

  keepAlive(lease: number): void {
    const { requests, store } = this;
    const request = requests.allocate(Verb.Get, kinds.leases, NO_KEY);
    requests.transactionRevision[request] = KEEP_ALIVE;
    requests.lease[request] = lease;
    store.send(this.server, request);
  }
}

function run(clients: number, members: number, span: number) {
  const bench = new Bench(members);
  const lease = bench.store.lessor.grant(seconds(10));
  const before = bench.store.revision;
  for (let i = 0; i < clients; i++) bench.keepAlive(lease);
  bench.simulation.run(simTime(span * 1e9));
  return { bench, lease, before };
}

describe('keep-alives of leases', () => {
  // The measured clients shared the server's cores, which these do not: they are up to twice as fast. `plimsoll validate etcd-lease-keepalive` has them there.
  it('are answered at least as fast as was measured with clients on the same cores, and no more than twice', () => {
    const text = readFileSync(new URL('../../../data/measured/etcd/lease_keepalive.csv', import.meta.url), 'utf8');
    for (const line of text.trim().split('\n').slice(1)) {
      const [clients, , , rate] = line.split(',').map(Number) as [number, number, number, number];
      const { bench } = run(clients, 1, 1);
      expect(bench.answered / rate).toBeGreaterThan(0.9);
      expect(bench.answered / rate).toBeLessThan(2);
    }
  });

  it('keep a lease for longer than its life without an entry of the log', () => {
    const { bench, lease, before } = run(1, 1, 30);
    expect(bench.store.lessor.find(lease)).toBeDefined();
    expect(bench.store.revision).toBe(before);
    expect(bench.outcomes[StoreOutcome.Succeeded]).toBe(bench.answered);
  });

  it('say that a lease is gone', () => {
    const bench = new Bench(1);
    bench.keepAlive(77);
    bench.simulation.run(simTime(1e8));
    expect(bench.outcomes[StoreOutcome.ConditionFailed]).toBeGreaterThan(0);
    expect(bench.outcomes[StoreOutcome.Succeeded]).toBeUndefined();
  });

  it('take a hop there and back more when a follower is asked', () => {
    const alone = run(1, 1, 1).bench;
    const three = run(1, 3, 1).bench;
    expect(three.outcomes[StoreOutcome.Succeeded]).toBe(three.answered);
    expect(three.latencySum / three.answered).toBeGreaterThan(alone.latencySum / alone.answered);
  });
});
