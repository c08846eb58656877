import { expect, it } from 'vitest';
import type { Process } from '../../src/engine/index.ts';
import { seconds, simTime } from '../../src/units/index.ts';
import { ApiWorld } from './api-world.ts';

it('an API server tells the most requests that it had in service since it was last asked, though all are answered by then', () => {
  const world = new ApiWorld({ network: { nodeDelay: { distribution: 'constant', value: 60_000 } } });
  const [server] = world.servers;
  for (let number = 0; number < 30; number++) {
    const client = world.client();
    world.simulation.processes.spawn(
      'client',
      (function* (): Process {
        yield* world.createConfigMap(client, `c${number}`);
      })(),
    );
  }
  world.simulation.run(simTime(seconds(1)));
  expect([server?.takePeak(true), server?.takePeak(false)]).toEqual([30, 0]);
  expect(server?.takePeak(true)).toBe(0);
});
