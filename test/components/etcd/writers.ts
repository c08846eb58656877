/** Clients that write into a real etcd through API servers, whatever happens to its members. */
import { seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';

/** Three members that API servers ask in turn, with writers that try every 50 ms; returns the world and when writes were stored [s]. */
export function writing(seed: string, etcd: Record<string, number> = {}) {
  const world = new ApiWorld(
    { etcd: { members: 3, memberRestart: 5e9, ...etcd }, kubeApiserver: { etcdEndpoints: 'all' } },
    seed,
  );
  const { simulation } = world;
  const stored: number[] = [];
  simulation.processes.spawn(
    'writers',
    (function* () {
      for (let i = 0; ; i++) {
        const client = world.client();
        simulation.processes.spawn(
          'writer',
          (function* () {
            if ((yield* world.createConfigMap(client, `c${i}`)) === 201) stored.push(simulation.now / 1e9);
          })(),
        );
        yield 50e6;
      }
    })(),
  );
  simulation.run(simTime(seconds(10)));
  return { world, simulation, stored };
}

/** The longest time without a stored write between two instants [s]. */
export function longestGap(stored: readonly number[], from: number, to: number): number {
  const inside = [from, ...stored.filter((at) => at > from && at < to), to];
  return Math.max(...inside.slice(1).map((at, i) => at - (inside[i] as number)));
}
