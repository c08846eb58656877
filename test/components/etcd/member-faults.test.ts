import { describe, expect, it } from 'vitest';
import { WaitPlace, writes } from '../../../src/components/api-machinery/index.ts';
import { nanoseconds, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld, type Overrides } from '../api-world.ts';
import { longestGap, writing } from './writers.ts';

/** Twenty writers in closed loops at two API servers: requests answered by the one whose member follows, and their waits for the disk [ns]. */
function forwarded(overrides: Overrides): { requests: number; waits: number } {
  const world = new ApiWorld(
    { ...overrides, kubeApiserver: { replicas: 2, etcdEndpoints: 'local', priorityAndFairness: false } },
    'forwarded',
  );
  let requests = 0;
  let waits = 0;
  for (let i = 0; i < 20; i++) {
    const client = world.client();
    world.simulation.processes.spawn(
      'writer',
      (function* () {
        for (let n = 0; ; n++) {
          const request = client.write(writes.configMapCreate, world.configMap(`c${i}-${n}`));
          world.requests.setNumber(request, 0, 900);
          const reply = yield* client.call(request);
          // Those of the API server whose member leads are not what is asked for.
          if (world.requests.server[reply] !== 1) continue;
          requests++;
          waits += world.requests.waited(reply, WaitPlace.StoreDisk);
        }
      })(),
    );
  }
  world.simulation.run(simTime(seconds(5)));
  return { requests, waits };
}

describe('faults of etcd', () => {
  it('a follower that is killed is not missed, and catches up when it is back', () => {
    const { world, simulation, stored } = writing('follower');
    world.store.faults.kill(2, seconds(5));
    simulation.run(simTime(seconds(30)));
    expect(longestGap(stored, 10, 30)).toBeLessThan(0.5);
    const [leader, , follower] = world.store.members.seats;
    expect(follower?.member.isUp).toBe(true);
    expect((leader?.member.node.commit ?? 0) - (follower?.member.node.commit ?? 0)).toBeLessThan(10);
    simulation.checkInvariants();
  });

  it('a member that is alone leads again within a second of its start: there is nobody to wait for', () => {
    const { world, simulation, stored } = writing('alone', { members: 1, memberRestart: 3e9 });
    world.store.faults.kill(0, seconds(3));
    simulation.run(simTime(seconds(20)));
    const back = stored.find((at) => at > 11) as number;
    expect(back).toBeGreaterThan(13);
    expect(back).toBeLessThan(14.5);
    simulation.checkInvariants();
  });

  it('writes that a follower sends on wait for the disk of the leader as its own do', () => {
    const slow = { distribution: 'constant', value: 20e6 } as const;
    const { requests, waits } = forwarded({ etcd: { members: 3, walSync: slow } });
    expect(requests).toBeGreaterThan(100);
    // Twenty clients share syncs of 20 ms: each waits for the one in progress and the followers' in turn.
    expect(waits / requests / 1e6).toBeGreaterThan(10);
  });

  it('a leader that is cut off steps down; the others elect another, and it follows when it is connected again', () => {
    const { world, simulation, stored } = writing('partition');
    world.store.faults.partition(['leader'], seconds(10));
    simulation.run(simTime(seconds(40)));
    const gap = longestGap(stored, 10, 20);
    expect(gap).toBeGreaterThan(0.8);
    expect(gap).toBeLessThan(3);
    const { leader, seats } = world.store.members;
    expect(leader?.id).not.toBe(0);
    expect(seats[0]?.member.node.leader).toBe(leader?.id);
    const what = world.store.timeline.entries.map(({ subject, what }) => `${subject} ${what}`);
    expect(what).toContain('etcd has no leader: member 0 is lost');
    expect(what.some((line) => line.startsWith(`etcd member ${leader?.id} leads in term`))).toBe(true);
    simulation.checkInvariants();
  });

  it('a leader that stands still is replaced, and goes on as a follower', () => {
    const { world, simulation, stored } = writing('pause');
    world.store.faults.pause('leader', seconds(4));
    simulation.run(simTime(seconds(30)));
    expect(longestGap(stored, 10, 30)).toBeLessThan(3);
    expect(world.store.members.leader?.id).not.toBe(0);
    expect(world.store.members.seats[0]?.member.isRunning).toBe(true);
    simulation.checkInvariants();
  });

  it('a full disk ends its member, which is back when there is room', () => {
    const { world, simulation, stored } = writing('full');
    world.store.faults.fillDisk('leader', seconds(5));
    simulation.run(simTime(seconds(11)));
    expect(world.store.members.seats[0]?.member.isUp).toBe(false);
    simulation.run(simTime(seconds(30)));
    expect(world.store.members.seats[0]?.member.isUp).toBe(true);
    expect(longestGap(stored, 10, 30)).toBeLessThan(3);
    simulation.checkInvariants();
  });

  it('a slow disk of a follower delays nothing, that of the leader everything', () => {
    const slow = (who: 'leader' | 'follower') => {
      const { world, simulation, stored } = writing(`slow ${who}`);
      world.store.faults.slowDisk(who, 1, nanoseconds(200e6), seconds(5));
      simulation.run(simTime(seconds(14)));
      return longestGap(stored, 10, 14);
    };
    expect(slow('follower')).toBeLessThan(0.12);
    expect(slow('leader')).toBeGreaterThan(0.15);
  });

  it('packets that are lost make writes slow and lose none', () => {
    const { world, simulation, stored } = writing('loss');
    const before = stored.length;
    world.store.faults.worsenLinks(undefined, nanoseconds(20e6), 0.05, seconds(10));
    simulation.run(simTime(seconds(30)));
    expect(stored.length - before).toBeGreaterThan(300);
    simulation.checkInvariants();
  });

  it('the leadership moves within a second where it is handed over', () => {
    const { world, simulation, stored } = writing('transfer');
    world.store.membership.transfer(1);
    simulation.run(simTime(seconds(15)));
    expect(world.store.members.leader?.id).toBe(1);
    expect(longestGap(stored, 10, 15)).toBeLessThan(0.5);
  });

  it('a member that is added learns, is promoted, and then another can be removed', () => {
    const { world, simulation, stored } = writing('members');
    const { store } = world;
    store.membership.add();
    simulation.run(simTime(seconds(20)));
    expect(store.members.configuration).toEqual({ voters: [0, 1, 2, 3], learners: [] });
    store.membership.remove(store.faults.choose('leader') as NonNullable<ReturnType<typeof store.faults.choose>>);
    simulation.run(simTime(seconds(40)));
    expect(store.members.configuration).toEqual({ voters: [1, 2, 3], learners: [] });
    expect(store.members.seats[0]?.member.isUp).toBe(false);
    expect(longestGap(stored, 10, 40)).toBeLessThan(3);
    simulation.checkInvariants();
  });

  it('a member that was away for long is sent the whole database', () => {
    const { world, simulation } = writing('snapshot');
    const { store } = world;
    const parameters = world.parameters.etcd as { catchUpEntries: number };
    parameters.catchUpEntries = 50;
    store.faults.kill(2, seconds(10));
    simulation.run(simTime(seconds(40)));
    const what = store.timeline.entries.map(({ what }) => what);
    expect(what).toContain('has taken the database over');
    const [leader, , follower] = store.members.seats;
    expect((leader?.member.node.commit ?? 0) - (follower?.member.apply.applied ?? 0)).toBeLessThan(10);
    simulation.checkInvariants();
  });
});
