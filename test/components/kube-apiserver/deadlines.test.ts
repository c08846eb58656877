import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/index.ts';
import { StatusCode, writes } from '../../../src/components/api-machinery/index.ts';
import type { ApiClient } from '../../../src/components/client-go/index.ts';
import { seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';

/** A world whose etcd takes three seconds for a write. */
function slowWorld(requestTimeout: number): ApiWorld {
  return new ApiWorld({
    etcd: { members: 1, walSync: { distribution: 'constant', value: 3e9 } },
    kubeApiserver: { requestTimeout, maxMutatingRequestsInflight: 1, priorityAndFairness: false },
  });
}

/** Code and instant [s] of the answer to a create that is sent now. */
function create(world: ApiWorld, client: ApiClient, name: string): { code: number; at: number } {
  const answer = { code: -1, at: 0 };
  const note = world.clientGo.onReplyDo((request) => {
    answer.code = world.requests.code[request] as number;
    answer.at = world.simulation.now / 1e9;
  });
  const request = client.write(writes.configMapCreate, world.configMap(name));
  world.requests.setNumber(request, 0, 900);
  client.send(request, note);
  return answer;
}

describe('a request that takes longer than its deadline', () => {
  it('is answered with 504 when the deadline passes, and is carried out all the same', () => {
    const world = slowWorld(seconds(1));
    const answer = create(world, world.client(), 'c');
    world.simulation.run(simTime(seconds(2)));
    expect(answer.code).toBe(StatusCode.GatewayTimeout);
    expect(answer.at).toBeGreaterThan(1);
    expect(answer.at).toBeLessThan(1.01);
    expect(world.store.objectCount(kinds.configmaps)).toBe(0);
    world.simulation.run(simTime(seconds(5)));
    expect(world.store.objectCount(kinds.configmaps)).toBe(1);
    world.simulation.checkInvariants();
  });

  it('gives its place to the next one when its deadline passes while it waits for etcd', () => {
    const world = slowWorld(seconds(1));
    create(world, world.client(), 'a');
    world.simulation.run(simTime(seconds(0.5)));
    const refused = create(world, world.client(), 'b');
    world.simulation.run(simTime(seconds(0.6)));
    expect(refused.code).toBe(-1);
    expect(world.servers[0]?.takePeak(true)).toBe(1);
    world.simulation.run(simTime(seconds(1.2)));
    const next = create(world, world.client(), 'c');
    world.simulation.run(simTime(seconds(2.3)));
    // It was served: it came to its own deadline.
    expect(next.code).toBe(StatusCode.GatewayTimeout);
  });

  it('ends earlier if its client gives it less time', () => {
    const world = slowWorld(seconds(60));
    const own = { name: 'hasty', user: 'hasty', groups: [], qps: 0, burst: 1, onNode: true, timeout: seconds(2) };
    const hasty = create(world, world.clientGo.newClient(own), 'c');
    world.simulation.run(simTime(seconds(10)));
    expect(hasty.code).toBe(StatusCode.GatewayTimeout);
    expect(hasty.at).toBeGreaterThan(2);
    expect(hasty.at).toBeLessThan(2.01);
    world.simulation.checkInvariants();
  });
});
