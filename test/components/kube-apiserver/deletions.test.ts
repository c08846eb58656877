import { describe, expect, it } from 'vitest';
import { kinds, NO_VERSION } from '../../../src/cluster/index.ts';
import { writes } from '../../../src/components/api-machinery/index.ts';
import type { ApiClient } from '../../../src/components/client-go/index.ts';
import { ApiWorld } from '../api-world.ts';

/** Finalizers of two controllers. */
const FIRST = 1;
const SECOND = 2;

function* createProtected(world: ApiWorld, client: ApiClient): Generator<number, void, number> {
  const request = client.write(writes.objectCreate, world.configMap('a'), kinds.configmaps);
  world.requests.setNumber(request, 0, 900);
  world.requests.setNumber(request, 1, FIRST | SECOND);
  yield* client.call(request);
}

function* takeOff(world: ApiWorld, client: ApiClient, finalizers: number): Generator<number, number, number> {
  const request = client.write(writes.finalizersPatch, world.configMap('a'), kinds.configmaps);
  world.requests.setNumber(request, 1, finalizers);
  return world.requests.code[yield* client.call(request)] as number;
}

describe('finalizers', () => {
  it('keep an object that is deleted, with its deletionTimestamp, until the last of them is taken off', () => {
    const world = new ApiWorld();
    const client = world.client();
    const states: string[] = [];
    const look = () => {
      const version = world.store.current(kinds.configmaps, world.configMap('a'));
      if (version === NO_VERSION) states.push('gone');
      else states.push(world.tables.configmaps.deletedAt.get(version) >= 0 ? 'being deleted' : 'there');
    };
    world.play(
      (function* () {
        yield* createProtected(world, client);
        look();
        yield* client.call(client.deletion(kinds.configmaps, world.configMap('a')));
        look();
        yield* takeOff(world, client, FIRST);
        look();
        yield* takeOff(world, client, SECOND);
        look();
      })(),
    );
    expect(states).toEqual(['there', 'being deleted', 'being deleted', 'gone']);
  });

  it('may go from an object that nobody deletes, which stays', () => {
    const world = new ApiWorld();
    const client = world.client();
    world.play(
      (function* () {
        yield* createProtected(world, client);
        yield* takeOff(world, client, FIRST | SECOND);
      })(),
    );
    expect(world.store.objectCount(kinds.configmaps)).toBe(1);
  });

  it('let a second DELETE change nothing', () => {
    const world = new ApiWorld();
    const client = world.client();
    const revisions: number[] = [];
    const codes: number[] = [];
    world.play(
      (function* () {
        yield* createProtected(world, client);
        for (let i = 0; i < 2; i++) {
          const reply = yield* client.call(client.deletion(kinds.configmaps, world.configMap('a')));
          codes.push(world.requests.code[reply] as number);
          revisions.push(world.store.revision);
        }
      })(),
    );
    expect(codes).toEqual([200, 200]);
    expect(revisions[1]).toBe(revisions[0]);
  });
});

describe('a DELETE of a collection', () => {
  it('deletes the objects of one namespace one after the other, and nothing else', () => {
    const world = new ApiWorld();
    const client = world.client();
    const other = world.tables.keysOf(kinds.configmaps).intern('elsewhere', 'a');
    const order: number[] = [];
    let code = 0;
    world.store.observe((change) => {
      if (change.version === NO_VERSION) order.push(change.key);
    });
    world.play(
      (function* () {
        for (const name of ['a', 'b', 'c']) yield* world.createConfigMap(client, name);
        yield* client.call(client.write(writes.objectCreate, other, kinds.configmaps));
        const reply = yield* client.call(client.collectionDeletion(kinds.configmaps, { namespace: 'default' }));
        code = world.requests.code[reply] as number;
      })(),
    );
    expect(code).toBe(200);
    expect(order).toEqual(['a', 'b', 'c'].map((name) => world.configMap(name)));
    expect(world.store.objectCount(kinds.configmaps)).toBe(1);
  });

  it('passes over an object that is gone already and answers 200 for none at all', () => {
    const world = new ApiWorld();
    const [one, two] = [world.client(), world.client()];
    const codes: number[] = [];
    world.play(
      (function* () {
        for (let i = 0; i < 20; i++) yield* world.createConfigMap(one, `m${i}`);
        const late = world.configMap('m19');
        two.send(
          two.deletion(kinds.configmaps, late),
          world.clientGo.onReplyDo(() => {}),
        );
        for (let i = 0; i < 2; i++) {
          const reply = yield* one.call(one.collectionDeletion(kinds.configmaps, {}));
          codes.push(world.requests.code[reply] as number);
        }
      })(),
    );
    expect(codes).toEqual([200, 200]);
    expect(world.store.objectCount(kinds.configmaps)).toBe(0);
  });
});

describe('the size of a request', () => {
  it('is limited to 3 MiB: 413', () => {
    const world = new ApiWorld();
    const client = world.client();
    const codes: number[] = [];
    world.play(
      (function* () {
        for (const size of [1_000_000, 4_000_000]) {
          const request = client.write(writes.configMapCreate, world.configMap(`of ${size}`));
          world.requests.setNumber(request, 0, size);
          codes.push(world.requests.code[yield* client.call(request)] as number);
        }
      })(),
    );
    expect(codes).toEqual([201, 413]);
  });
});
