import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { StatusCode } from '../../../src/components/api-machinery/index.ts';
import { EVERYTHING } from '../../../src/components/kube-apiserver/index.ts';
import type { Process } from '../../../src/engine/index.ts';
import { seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';

/** A world with one server and a slow disk, and clients that create one object after the other; the codes of their answers. */
function creator(): { world: ApiWorld; codes: number[] } {
  const world = new ApiWorld({ etcd: { walSync: { distribution: 'constant', value: 100e6 } } });
  const codes: number[] = [];
  for (let number = 0; number < 5; number++) {
    const client = world.client();
    world.simulation.processes.spawn(
      'creator',
      (function* (): Process {
        for (let i = 0; ; i++) codes.push(yield* world.createConfigMap(client, `c${number}-${i}`));
      })(),
    );
  }
  return { world, codes };
}

describe('a server that is restarted', () => {
  it('breaks what it has in service if it is killed', () => {
    const { world, codes } = creator();
    world.simulation.run(simTime(seconds(1)));
    world.servers[0]?.crash();
    world.simulation.run(simTime(seconds(1.3)));
    expect(codes).toContain(StatusCode.ConnectionBroken);
  });

  it('answers what it has in service first if it is asked to end, and then does', () => {
    const { world, codes } = creator();
    world.simulation.run(simTime(seconds(1)));
    const [server] = world.servers;
    server?.restartGracefully();
    expect(server?.isUp).toBe(false);
    expect(server?.isWatching).toBe(true);
    const inService = codes.length;
    world.simulation.run(simTime(seconds(1.6)));
    expect(codes.length).toBeGreaterThan(inService);
    expect(codes.every((code) => code === StatusCode.Created)).toBe(true);
    expect(server?.isWatching).toBe(false);
    world.simulation.run(simTime(seconds(15)));
    expect(server?.isUp).toBe(true);
    world.simulation.checkInvariants();
  });
});

describe('the memory of a server', () => {
  /** A world with ConfigMaps of 100 kB each, with so much memory for its server. */
  function worldWith(objects: number, gibibytes: number): ApiWorld {
    const world = new ApiWorld({ host: { apiServerMemory: gibibytes }, kubeApiserver: { streamingLists: false } });
    const table = world.tables.configmaps;
    for (let i = 0; i < objects; i++) {
      const key = world.configMap(`c${i}`);
      const version = table.allocate(key);
      table.bytes.set(version, 100_000);
      const { revision } = world.store.preload(kinds.configmaps, version);
      for (const server of world.servers) server.preload(kinds.configmaps, key, version, revision);
    }
    return world;
  }

  it('grows with the objects that it caches', () => {
    const [few, many] = [10, 1000].map((objects) => worldWith(objects, 100).servers[0]?.residentBytes ?? 0);
    expect((many as number) - (few as number)).toBeCloseTo(2 * 20 * 990 * 100_000, -6);
  });

  it('is taken by LISTs that are not streamed until the process is killed, to start again after a back-off that doubles', () => {
    const world = worldWith(200, 1.3);
    world.simulation.run(simTime(seconds(1)));
    const [server] = world.servers;
    expect(server?.notes).toEqual([]);
    const lists = () => {
      for (let i = 0; i < 10; i++) {
        const client = world.client();
        client.send(
          client.list(kinds.configmaps, EVERYTHING, false),
          world.clientGo.onReplyDo(() => {}),
        );
      }
    };
    lists();
    world.simulation.run(simTime(seconds(5)));
    expect(server?.notes.join()).toMatch(
      /kube-apiserver 0 was killed at 1\.\d s: it had \d+ MB of memory; started again after 10\.0 s/,
    );
    world.simulation.run(simTime(seconds(20)));
    expect(server?.isUp).toBe(true);
    lists();
    world.simulation.run(simTime(seconds(30)));
    expect(server?.notes.at(-1)).toContain('started again after 20.0 s');
    world.simulation.checkInvariants();
  });
});
