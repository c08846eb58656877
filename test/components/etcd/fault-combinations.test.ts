import { describe, expect, it } from 'vitest';
import { NO_MEMBER } from '../../../src/components/etcd/raft/index.ts';
import { nanoseconds, seconds, simTime } from '../../../src/units/index.ts';
import { longestGap, writing } from './writers.ts';

/** Lines of the timeline. */
function lines({ world }: ReturnType<typeof writing>): string[] {
  return world.store.timeline.entries.map(({ subject, what }) => `${subject} ${what}`);
}

describe('faults of etcd together', () => {
  it('a member that is killed while it does not answer is asked again when it is back', () => {
    const run = writing('killed while it stands still');
    const { world, simulation } = run;
    const { faults, members } = world.store;
    faults.pause(1, seconds(100));
    simulation.run(simTime(seconds(55)));
    expect(lines(run)).toContain('etcd member 1 does not answer keep-alives: connections are closed');
    faults.kill(1, seconds(1));
    simulation.run(simTime(seconds(60)));
    expect(members.seats[1]?.member.isUp).toBe(true);
    let asked = 0;
    const propose = members.seats[1]?.member.propose.bind(members.seats[1].member);
    if (members.seats[1] !== undefined) {
      members.seats[1].member.propose = (proposal) => {
        asked++;
        propose?.(proposal);
      };
    }
    simulation.run(simTime(seconds(65)));
    expect(asked).toBeGreaterThan(10);
    simulation.checkInvariants();
  });

  it('a fault that strikes a process that does not run says so', () => {
    const run = writing('twice');
    const { faults } = run.world.store;
    faults.kill(2, seconds(20));
    faults.kill(2, seconds(20));
    faults.pause(2, seconds(20));
    faults.pause(1, seconds(20));
    faults.pause(1, seconds(20));
    const said = lines(run);
    expect(said.filter((line) => line === 'fault strikes nobody: etcd member 2 does not run')).toHaveLength(2);
    expect(said).toContain('fault strikes nobody: etcd member 1 stands still already');
    // The verdict says so too, not only the timeline.
    expect(
      run.world.store.notes.filter((note) => note.endsWith('struck nobody: etcd member 2 does not run')),
    ).toHaveLength(2);
  });

  it('a member that is removed while it is down does not come back', () => {
    const run = writing('removed while down');
    const { world, simulation, stored } = run;
    const { faults, membership, members } = world.store;
    faults.kill(2, seconds(20));
    simulation.run(simTime(seconds(20)));
    membership.remove(members.seats[2] as NonNullable<(typeof members.seats)[2]>);
    simulation.run(simTime(seconds(60)));
    expect(members.configuration.voters).toEqual([0, 1]);
    expect(members.seats[2]?.member.isUp).toBe(false);
    expect(lines(run)).toContain('etcd member 2 is started, finds that it was removed, and ends');
    expect(longestGap(stored, 20, 60)).toBeLessThan(0.5);
    simulation.checkInvariants();
  });

  it('of faults of one kind that overlap, the end of the first does not end the second', () => {
    const { world, simulation, stored } = writing('overlapping');
    const { faults, members } = world.store;
    faults.slowDisk('leader', 1, nanoseconds(300e6), seconds(4));
    faults.partition([2], seconds(4));
    simulation.run(simTime(seconds(12)));
    faults.slowDisk('leader', 1, nanoseconds(300e6), seconds(6));
    faults.partition([2], seconds(6));
    simulation.run(simTime(seconds(17)));
    expect(members.network.isOpen(0, 2)).toBe(false);
    expect(longestGap(stored, 15, 17)).toBeGreaterThan(0.2);
    simulation.run(simTime(seconds(25)));
    expect(members.network.isOpen(0, 2)).toBe(true);
    expect(longestGap(stored, 21, 25)).toBeLessThan(0.12);
  });

  it('a defragmentation goes on with the other members when one ends in the middle of its own', () => {
    const run = writing('defragmentation', { defragmentBase: 2e9 });
    const { world, simulation } = run;
    world.store.maintenance.defragmentAll();
    simulation.run(simTime(seconds(11)));
    world.store.faults.kill(1, seconds(1));
    simulation.run(simTime(seconds(30)));
    const said = lines(run).filter((line) => line.endsWith('is defragmented'));
    expect(said).toEqual([1, 2, 0].map((member) => `etcd member ${member} is defragmented`));
    expect(world.store.maintenance.isBusy).toBe(false);
    simulation.checkInvariants();
  });

  it('the alarm stays disarmed where there is space, though clients write while it is disarmed', () => {
    const run = writing('alarm');
    const { world, simulation, stored } = run;
    world.store.command({ type: 'raiseAlarm', member: 0 });
    simulation.run(simTime(seconds(20)));
    expect(stored.filter((at) => at > 11)).toHaveLength(0);
    world.store.alarmRequests.disarm();
    // Requests come while the entry that disarms is on its way.
    const write = function* (name: string) {
      yield* world.createConfigMap(world.client(), name);
    };
    for (let i = 0; i < 20; i++) simulation.processes.spawn('writer', write(`extra${i}`));
    simulation.run(simTime(seconds(30)));
    expect(longestGap(stored, 20, 30)).toBeLessThan(0.5);
    expect(lines(run).at(-1)).toBe('etcd the alarm NOSPACE is disarmed');
  });

  it('a snapshot on its way holds up no heartbeats: the member that is to get it knows its leader', () => {
    const run = writing('snapshot and heartbeats', { catchUpEntries: 50, snapshotSaveBase: 8e9 });
    const { world, simulation } = run;
    world.store.faults.kill(2, seconds(10));
    simulation.run(simTime(seconds(21)));
    let leaderless = 0;
    for (let at = 21; at < 28; at += 0.1) {
      simulation.run(simTime(nanoseconds(Math.round(at * 1e9))));
      if (world.store.members.seats[2]?.member.node.leader === NO_MEMBER) leaderless++;
    }
    simulation.run(simTime(seconds(40)));
    expect(lines(run)).toContain('etcd member 2 has taken the database over');
    expect(leaderless).toBe(0);
  });

  it('a learner is promoted though a voter is down', () => {
    const { world, simulation } = writing('promotion');
    world.store.membership.add();
    simulation.run(simTime(nanoseconds(10.1e9)));
    world.store.faults.kill(2, null);
    simulation.run(simTime(seconds(20)));
    expect(world.store.members.configuration).toEqual({ voters: [0, 1, 2, 3], learners: [] });
  });
});
