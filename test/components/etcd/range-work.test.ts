import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { EVERYTHING } from '../../../src/components/kube-apiserver/index.ts';
import { seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';

/** Time until `count` lists of 2,000 objects that etcd answers are through, on a machine with so many cores [ms]. */
function listing(count: number, cores: number): number {
  const world = new ApiWorld(
    {
      etcd: { members: 1, rangeServicePerKey: 100_000 },
      kubeApiserver: { consistentListFromCache: false },
      host: { controlPlaneCores: cores },
    },
    'ranges',
  );
  const { simulation, store, tables } = world;
  for (let i = 0; i < 2000; i++) {
    const version = tables.configmaps.allocate(tables.keysOf(kinds.configmaps).intern('default', `${i}`) as ObjectKey);
    tables.configmaps.bytes.set(version, 100);
    store.preload(kinds.configmaps, version);
  }
  let last = 0;
  for (let i = 0; i < count; i++) {
    const client = world.client();
    simulation.processes.spawn(
      'lister',
      (function* () {
        yield* client.call(client.list(kinds.configmaps, EVERYTHING, false));
        last = simulation.now / 1e6;
      })(),
    );
  }
  simulation.run(simTime(seconds(20)));
  return last;
}

describe('ranges of etcd', () => {
  it('share the cores of their machine', () => {
    expect(listing(4, 4) / listing(1, 4)).toBeLessThan(1.2);
    expect(listing(4, 1) / listing(1, 1)).toBeGreaterThan(3);
  });
});
