import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { isSuccess } from '../../../src/components/api-machinery/index.ts';
import { ApiWorld } from '../api-world.ts';

describe('maintenance of a cluster', () => {
  it('defragments the members one after the other, the leader last, each of which serves nothing meanwhile', () => {
    const world = new ApiWorld({
      etcd: { members: 3, defragmentBase: 2e9 },
      kubeApiserver: { replicas: 1, etcdEndpoints: 'local' },
    });
    const client = world.client();
    const slow: number[] = [];
    world.play(
      (function* () {
        yield* world.createConfigMap(client, 'a');
        world.store.maintenance.defragmentAll();
        // Member 0 leads and is the one that this API server asks: its turn comes after four seconds.
        for (let i = 0; i < 80; i++) {
          const before = world.simulation.now;
          yield* world.createConfigMap(client, `c${i}`);
          const took = world.simulation.now - before;
          if (took > 500e6) slow.push(took / 1e9);
          yield 100e6;
        }
      })(),
    );
    // The writes of that member stand still for as long as it takes, and go on.
    expect(slow).toHaveLength(1);
    expect(slow[0]).toBeGreaterThan(1.8);
    expect(slow[0]).toBeLessThan(2.2);
    world.simulation.checkInvariants();
  });

  it('starts a cluster anew from a snapshot when a quorum is lost: what came later is gone, and every cache reads anew', () => {
    const world = new ApiWorld({ etcd: { members: 3 }, kubeApiserver: { replicas: 3 } });
    const client = world.client();
    world.play(
      (function* () {
        for (let i = 0; i < 20; i++) yield* world.createConfigMap(client, `before-${i}`);
        expect(world.store.maintenance.restoreSnapshot()).toBe(false);
        expect(world.store.maintenance.saveSnapshot()).toBe(true);
        yield 5e9;
        const then = world.store.revision;
        for (let i = 0; i < 10; i++) yield* world.createConfigMap(client, `after-${i}`);
        const gone = client.deletion(kinds.configmaps, world.configMap('before-3'));
        yield* client.call(gone);
        expect(world.store.maintenance.restoreSnapshot()).toBe(true);
        yield 20e9;
        expect(world.store.revision).toBe(then + 1_000_000_000);
        expect(world.store.objectCount(kinds.configmaps)).toBe(20);
        for (const server of world.servers) expect(server.cache(kinds.configmaps).objects).toBe(20);
        expect(isSuccess(yield* world.createConfigMap(client, 'after-3'))).toBe(true);
        expect(yield* world.createConfigMap(client, 'before-3')).toBe(409);
        yield 1e9;
        for (const server of world.servers) expect(server.cache(kinds.configmaps).objects).toBe(21);
      })(),
    );
    for (const { store } of world.store.members.seats) expect(store.backend.revisions).toBe(21);
    world.simulation.checkInvariants();
  });
});
