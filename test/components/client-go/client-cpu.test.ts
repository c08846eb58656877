/** Clients whose process takes CPU for its requests. */
import { expect, test } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { Host } from '../../../src/components/host/host.ts';
import { ProcessCpu } from '../../../src/components/host/process-cpu.ts';
import { milliseconds, nanoseconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';

/** When ten reads that are sent together leave their client [ms]. */
function departures(perRequest: number, qps = 0): number[] {
  const world = new ApiWorld();
  const process = new ProcessCpu('client', [new Host(world.simulation, 'machine of the client', 1)]);
  const cpu = { process, perRequest: nanoseconds(perRequest) };
  const client = world.clientGo.newClient({ name: 'c', user: 'c', groups: [], qps, burst: 1, onNode: true, cpu });
  const left: number[] = [];
  world.clientGo.observe({ onSent: () => left.push(world.simulation.now / 1e6) });
  const ignored = world.clientGo.onReplyDo(() => {});
  for (let i = 0; i < 10; i++) client.send(client.read(kinds.configmaps, world.configMap(`c${i}`)), ignored);
  world.simulation.run(simTime(milliseconds(2000)));
  return left;
}

test('requests leave one after the other as their process makes them', () => {
  expect(departures(2e6)).toEqual(Array.from({ length: 10 }, (_, i) => 2 * (i + 1)));
});

test('a process that takes nothing sends them together', () => {
  expect(departures(0)).toEqual(Array.from({ length: 10 }, () => 0));
});

test('a request is made when the limiter lets it pass', () => {
  const left = departures(2e6, 10);
  expect(left.map((at) => Math.round(at))).toEqual(Array.from({ length: 10 }, (_, i) => 100 * i + 2));
});
