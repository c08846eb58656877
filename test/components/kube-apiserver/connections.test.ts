import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import type { ApiClient } from '../../../src/components/client-go/index.ts';
import type { Process } from '../../../src/engine/index.ts';
import { milliseconds, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld, type Overrides } from '../api-world.ts';

/** Clients that read again and again, and how many of them talk to each server now. */
function readers(overrides: Overrides, count: number) {
  const world = new ApiWorld(overrides);
  const clients = Array.from({ length: count }, () => world.client());
  function* read(client: ApiClient): Process {
    for (;;) {
      yield* client.call(client.read(kinds.configmaps, world.configMap('c')));
      yield milliseconds(100);
    }
  }
  for (const client of clients) world.simulation.processes.spawn('reader', read(client));
  const spread = () => {
    const counts = world.servers.map(() => 0);
    for (const { transport } of clients) {
      const server = transport.connections.at(-1)?.server.index;
      if (server !== undefined) counts[server] = (counts[server] as number) + 1;
    }
    return counts;
  };
  return { world, spread, run: (span: number) => world.simulation.run(simTime(world.simulation.now + seconds(span))) };
}

describe('connections to three API servers', () => {
  it('are spread in turn, leave a server that ends, and do not come back by themselves', () => {
    const { world, spread, run } = readers({ kubeApiserver: { replicas: 3 } }, 30);
    run(5);
    expect(spread()).toEqual([10, 10, 10]);
    world.servers[0]?.crash();
    run(60);
    expect(spread()).toEqual([0, 15, 15]);
    world.simulation.checkInvariants();
  });

  it('are opened anew after GOAWAY, so that the load spreads again', () => {
    const { world, spread, run } = readers({ kubeApiserver: { replicas: 3, goawayChance: 0.02 } }, 30);
    run(5);
    world.servers[0]?.crash();
    run(60);
    expect(Math.min(...spread())).toBeGreaterThanOrEqual(7);
  });

  it('are refused for as long as the balancer has not noticed that a server is down', () => {
    const { world, spread, run } = readers(
      { kubeApiserver: { replicas: 3 }, network: { balancerDetection: seconds(1000) } },
      30,
    );
    run(5);
    world.servers[0]?.crash(seconds(500));
    run(60);
    // Each refused one tries again and is placed elsewhere in the end.
    expect(spread()[0]).toBe(0);
    const codes = world.recorder.result().series.filter(({ metric }) => metric === 'rest_client_requests_total');
    expect(codes.some(({ labels, statistics }) => labels.includes('code=0') && (statistics.final ?? 0) > 0)).toBe(true);
  });

  it('go to the server with the fewest if the balancer counts them', () => {
    const { world, spread, run } = readers(
      { kubeApiserver: { replicas: 3 }, network: { balancerPolicy: 'leastConnections' } },
      30,
    );
    run(5);
    expect(spread()).toEqual([10, 10, 10]);
    world.servers[0]?.crash();
    run(30);
    expect(spread()).toEqual([0, 15, 15]);
  });
});

it('a client opens a further connection when the streams of the one it has are all taken', () => {
  const world = new ApiWorld({ kubeApiserver: { http2MaxStreams: 10 } });
  const client = world.client();
  const note = world.clientGo.onReplyDo(() => {});
  for (let i = 0; i < 25; i++) client.send(client.read(kinds.configmaps, world.configMap('c')), note);
  expect(client.transport.connections.map(({ streams }) => streams)).toEqual([10, 10, 5]);
  world.simulation.run(simTime(seconds(1)));
  expect(client.transport.connections.map(({ streams }) => streams)).toEqual([0, 0, 0]);
});

it('a thousand clients that connect at once pay for their handshakes with the CPU of the server', () => {
  /** Time until all of them have an answer [s]. */
  const until = (handshakeCpu: number) => {
    const world = new ApiWorld({ host: { controlPlaneCores: 1 }, kubeApiserver: { handshakeCpu } });
    let last = 0;
    const note = world.clientGo.onReplyDo(() => {
      last = world.simulation.now / 1e9;
    });
    for (let i = 0; i < 1000; i++) {
      const client = world.client(0, 1, ['system:masters']);
      client.send(client.read(kinds.configmaps, world.configMap('c')), note);
    }
    world.simulation.run(simTime(seconds(20)));
    return last;
  };
  expect(until(1_500_000) - until(0)).toBeGreaterThan(1.2);
});
