/** The fast path of linearizable reads, whose rounds are reckoned, against the slow one, whose heartbeats are sent. */
import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { nanoseconds, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';

/** Reads and writes of a closed loop: done, and events that they took. */
function done(isSent: boolean, endpoints: 'local' | 'all') {
  const delay = { distribution: 'constant', value: 200_000 } as const;
  const world = new ApiWorld({
    etcd: { members: 3 },
    kubeApiserver: { etcdEndpoints: endpoints },
    // Clients at delays of their own: four in lockstep would share rounds or not by a nanosecond.
    network: { peerDelay: delay },
  });
  // A link that is slower by a nanosecond is not sound: rounds over it are sent.
  if (isSent) world.store.faults.worsenLinks(undefined, nanoseconds(1), 0, seconds(100));
  let reads = 0;
  for (let i = 0; i < 4; i++) {
    const client = world.client();
    world.simulation.processes.spawn(
      'reader',
      (function* () {
        yield* world.createConfigMap(client, `c${i}`);
        for (;;) {
          yield* client.call(client.read(kinds.configmaps, world.configMap(`c${i}`)));
          reads++;
        }
      })(),
    );
  }
  world.simulation.run(simTime(seconds(3)));
  return { reads, messages: world.simulation.eventTypeCounts.get('etcd.peerMessage') ?? 0 };
}

describe('a round of reads that is reckoned', () => {
  it.each(['local', 'all'] as const)('takes as long as one that is sent, and no messages (%s)', (endpoints) => {
    const reckoned = done(false, endpoints);
    const sent = done(true, endpoints);
    expect(reckoned.reads).toBeGreaterThan(1000);
    expect(Math.abs(reckoned.reads / sent.reads - 1)).toBeLessThan(0.02);
    expect(reckoned.messages).toBeLessThan(sent.messages / 5);
  });
});
