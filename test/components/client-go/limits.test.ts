import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { type RequestId, StatusCode, writes } from '../../../src/components/api-machinery/index.ts';
import type { ApiClient } from '../../../src/components/client-go/index.ts';
import { NS_PER_SECOND, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';
import { ClusterWorld } from '../cluster-world.ts';

/** Sends `count` POSTs of ConfigMaps at once; the instants at which requests leave the client [s], each attempt counted. */
function burst(world: ApiWorld, client: ApiClient, count: number, span: number) {
  const sent: number[] = [];
  const codes: number[] = [];
  world.clientGo.observe({
    onSent: () => sent.push(world.simulation.now / NS_PER_SECOND),
    onAnswered: (request) => codes.push(world.requests.code[request] as number),
  });
  const ignore = world.clientGo.onReplyDo(() => {});
  for (let i = 0; i < count; i++) {
    const request = client.write(writes.configMapCreate, world.configMap(`c${i}`));
    world.requests.setNumber(request, 0, 900);
    client.send(request, ignore);
  }
  world.simulation.run(simTime(world.simulation.now + seconds(span)));
  return { sent, codes };
}

describe('the limiter of a client', () => {
  it('lets its burst pass at once and then one request every 1 / qps', () => {
    const world = new ApiWorld();
    const { sent } = burst(world, world.client(20, 30), 100, 30);
    expect(sent).toHaveLength(100);
    sent.forEach((instant, i) => {
      expect(instant).toBeCloseTo(i < 30 ? 0 : (i - 29) / 20, 6);
    });
  });

  it('is the same for the requests of one client and another one for the next client', () => {
    const world = new ApiWorld();
    const first = world.client(1, 1);
    const second = world.client(1, 1);
    const ignore = world.clientGo.onReplyDo(() => {});
    const sent: ApiClient[] = [];
    world.clientGo.observe({ onSent: (_, client) => sent.push(client) });
    for (const client of [first, first, first, second]) {
      client.send(client.read(kinds.configmaps, world.configMap('c')), ignore);
    }
    world.simulation.run(simTime(seconds(0.5)));
    expect(sent).toEqual([first, second]);
  });

  it('gives the ReplicaSet controller the pace that was measured: 100 pods at 20 qps', () => {
    const file = path.join(import.meta.dirname, '../../../data/measured/kubernetes/replicaset.csv');
    const [head = '', ...lines] = readFileSync(file, 'utf8').trim().split('\n');
    const row = lines
      .map((line) => line.split(','))
      .find(([label, , op, n]) => label === 'default_qps20' && op === 'rs_create' && n === '100');
    const measured = (column: string) => Number(row?.[head.split(',').indexOf(column)]);
    const world = new ClusterWorld({
      spec: 'profile: measured-2core',
      operations: '    - apply: { manifests: rs.yaml }',
      files: {
        'rs.yaml':
          'apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: { name: web }\nspec:\n  replicas: 100\n  selector: { matchLabels: { app: web } }\n' +
          '  template:\n    metadata: { labels: { app: web } }\n    spec: { containers: [{ name: c, image: i }] }\n',
      },
    });
    world.runFor(5);
    const began = world.now;
    world.perform();
    world.runFor(20);
    const created = world.of('POST pods').map(({ at }) => (at - began) * 1000);
    expect(created).toHaveLength(100);
    const near = (value: number | undefined, column: string) =>
      expect(Math.abs((value ?? 0) / measured(column) - 1), `${column}: ${value}`).toBeLessThan(0.15);
    near(created[49], 'p50_ms');
    near(created[89], 'p90_ms');
    near(created[99], 'all_ms');
  });
});

describe('an answer of 429', () => {
  const narrow = { kubeApiserver: { priorityAndFairness: false, maxMutatingRequestsInflight: 2 } };

  it('has the request sent again after Retry-After until it is served', () => {
    const world = new ApiWorld(narrow);
    const { sent, codes } = burst(world, world.client(), 12, 30);
    expect(codes).toEqual(Array(12).fill(StatusCode.Created));
    const retryAfter = world.parameters.kubeApiserver.retryAfter / NS_PER_SECOND;
    const later = sent.filter((instant) => instant > 0.1);
    expect(later.length).toBeGreaterThan(0);
    for (const instant of later) expect(instant).toBeGreaterThan(retryAfter);
    expect(world.requests.inUse).toBe(0);
  });

  it('is handed on after ten attempts more', () => {
    const world = new ApiWorld({ kubeApiserver: { priorityAndFairness: false, maxMutatingRequestsInflight: 0 } });
    const { sent, codes } = burst(world, world.client(), 1, 60);
    expect(codes).toEqual([StatusCode.TooManyRequests]);
    expect(sent).toHaveLength(11);
  });

  it('takes another token for each attempt: retries do not raise the rate', () => {
    const world = new ApiWorld({ kubeApiserver: { priorityAndFairness: false, maxMutatingRequestsInflight: 0 } });
    const client = world.client(10, 5);
    const { sent } = burst(world, client, 60, 20);
    // No window holds more than the burst and what has come in since.
    sent.forEach((from, i) => {
      for (let j = i; j < sent.length; j++) {
        const span = (sent[j] ?? 0) - from;
        expect(j - i + 1).toBeLessThanOrEqual(5 + 10 * span + 1e-6);
      }
    });
    expect(sent.length).toBeGreaterThan(150);
  });
});

describe('a connection that breaks', () => {
  /** The codes of two requests, between which the server of the first one ends. */
  function codesAround(make: (world: ApiWorld, client: ApiClient) => RequestId): number[] {
    const world = new ApiWorld({ kubeApiserver: { replicas: 2 } });
    const client = world.client();
    const codes: number[] = [];
    const note = world.clientGo.onReplyDo((request) => codes.push(world.requests.code[request] as number));
    client.send(make(world, client), note);
    world.simulation.run(simTime(1));
    world.clientGo.serverFor(client)?.crash();
    world.simulation.run(simTime(seconds(7)));
    client.send(client.read(kinds.configmaps, world.configMap('c')), note);
    world.simulation.run(simTime(seconds(8)));
    return codes;
  }

  it('is an answer to a write, which is not sent twice, and the next request goes to another API server', () => {
    const codes = codesAround((world, client) => client.write(writes.configMapCreate, world.configMap('c')));
    expect(codes).toEqual([StatusCode.ConnectionBroken, StatusCode.NotFound]);
  });

  it('lets a read be sent again', () => {
    const codes = codesAround((world, client) => client.read(kinds.configmaps, world.configMap('c')));
    expect(codes).toEqual([StatusCode.NotFound, StatusCode.NotFound]);
  });

  it('comes after the time of dialling while no API server is up', () => {
    const world = new ApiWorld();
    for (const server of world.servers) server.crash();
    const client = world.client();
    const answered: number[] = [];
    const note = world.clientGo.onReplyDo(() => answered.push(world.simulation.now));
    client.send(client.read(kinds.configmaps, world.configMap('c')), note);
    world.simulation.run(simTime(seconds(3)));
    expect(answered).toEqual([world.parameters.clientGo.connectRetry]);
  });
});
