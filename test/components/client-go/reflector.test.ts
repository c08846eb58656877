/** A process that ends and starts again while it asks: what was meant for the one that ended must not reach the next. */
import { expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { Reflector } from '../../../src/components/client-go/index.ts';
import { EVERYTHING } from '../../../src/components/kube-apiserver/index.ts';
import { InformerWorld } from './informer-world.ts';

/** Longer than a list and the opening of a watch take [us]. */
const ROUND_TRIPS = 6000;

/** A reflector that starts, ends after `span` [us], starts at once again, and runs for a second: lists told since, watches open. */
function restartedAfter(span: number): { lists: number; watches: number } {
  const world = new InformerWorld({ etcd: { members: 1 } });
  world.playSteps([{ pause: 0, key: 0, what: 'write' }]);
  world.runFor(1);
  let lists = 0;
  const listener = { onListed: () => lists++, onChanged: () => {} };
  const { clientGo } = world;
  const reflector = new Reflector(
    clientGo,
    world.watching,
    kinds.configmaps,
    EVERYTHING,
    clientGo.reflectorReplies,
    listener,
  );
  reflector.start();
  world.runFor(span / 1e6);
  reflector.stop();
  lists = 0;
  reflector.start();
  world.runFor(1);
  const watches = world.servers[0]?.cache(kinds.configmaps).log.watchers ?? 0;
  reflector.stop();
  return { lists, watches };
}

it('is told one list and keeps one watch, whenever it was restarted', () => {
  for (let span = 0; span <= ROUND_TRIPS; span += 100) {
    expect(restartedAfter(span), `restarted after ${span} us`).toEqual({ lists: 1, watches: 1 });
  }
});
