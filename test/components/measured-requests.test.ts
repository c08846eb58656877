import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../src/cluster/index.ts';
import { type RequestId, writes } from '../../src/components/api-machinery/index.ts';
import type { ApiClient } from '../../src/components/client-go/index.ts';
import { simTime } from '../../src/units/index.ts';
import { ApiWorld } from './api-world.ts';

/** Objects that exist before the measurement, and their size, as in the measured runs [B]. */
const OBJECTS = 2000;
const OBJECT_BYTES = 1800;
/** Time to create them, and the window [ns]. */
const PREPARATION = 20e9;
const WINDOW = 5e9;

/** The machine of data/measured: API server and one etcd member share one core; the client is on loopback with 0.1 ms of its own. */
const measuredMachine = {
  host: { controlPlaneCores: 1 },
  etcd: { members: 1 },
  network: { nodeDelay: { distribution: 'constant', value: 60_000 } as const },
};

/** Requests of one closed-loop run on the model. */
function modelRate(operation: string, clients: number): number {
  const world = new ApiWorld(measuredMachine);
  let done = 0;
  let serial = OBJECTS;
  const put = (client: ApiClient, write: number, name: string): RequestId => {
    const request = client.write(write, world.configMap(name));
    world.requests.setNumber(request, 0, OBJECT_BYTES + (done % 7));
    return request;
  };
  const someName = (client: number) => `c${(done * 7 + client) % OBJECTS}`;
  const make = (client: ApiClient, number: number): RequestId => {
    switch (operation) {
      case 'create':
        return put(client, writes.configMapCreate, `c${serial++}`);
      case 'get':
        return client.read(kinds.configmaps, world.configMap(someName(number)));
      case 'update':
        return put(client, writes.configMapUpdate, someName(number));
      default:
        return put(client, writes.configMapPatch, someName(number));
    }
  };
  world.simulation.processes.spawn(
    'preparation',
    (function* () {
      const client = world.client();
      for (let i = 0; i < OBJECTS; i++) yield* client.call(put(client, writes.configMapCreate, `c${i}`));
    })(),
  );
  world.simulation.run(simTime(PREPARATION));
  for (let number = 0; number < clients; number++) {
    // As in the measurement: exempt from priority and fairness.
    const client = world.client(0, 1, ['system:masters']);
    world.simulation.processes.spawn(
      'client',
      (function* () {
        for (;;) {
          yield* client.call(make(client, number));
          done++;
        }
      })(),
    );
  }
  world.simulation.run(simTime(PREPARATION + WINDOW));
  return (done * 1e9) / WINDOW;
}

/** Measured requests per second by operation and clients; the median of the variants. The first two rows of a variant are warm-up. */
function measuredRates(): { operation: string; clients: number; rate: number }[] {
  const path = new URL('../../data/measured/kubernetes/crud.csv', import.meta.url);
  const rows = readFileSync(path, 'utf8').trim().split('\n').slice(1);
  const rates = new Map<string, number[]>();
  for (const row of rows) {
    const [, , operation, clients, , , rps] = row.split(',');
    const key = `${operation} ${clients}`;
    rates.set(key, [...(rates.get(key) ?? []), Number(rps)]);
  }
  return [...rates].map(([key, values]) => {
    const [operation, clients] = key.split(' ') as [string, string];
    const sorted = values.sort((a, b) => a - b);
    return { operation, clients: Number(clients), rate: sorted[Math.floor((sorted.length - 1) / 2)] as number };
  });
}

describe('requests of the measured machine', () => {
  const points = measuredRates().filter(({ operation }) => ['create', 'get', 'update', 'patch'].includes(operation));

  it('has points for creates, gets, updates and patches', () => {
    expect(points.length).toBeGreaterThanOrEqual(12);
  });

  it('come within 20 % in the median and within 60 % at every point (single points at low concurrency repeat to 30 %)', () => {
    const ratios = points.map(({ operation, clients, rate }) => modelRate(operation, clients) / rate);
    const errors = ratios.map((ratio) => Math.abs(ratio - 1)).sort((a, b) => a - b);
    expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(0.2);
    expect(Math.max(...ratios)).toBeLessThan(1.6);
    expect(Math.min(...ratios)).toBeGreaterThan(1 / 1.6);
  });
});
