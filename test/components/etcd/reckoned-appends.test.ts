/** Appends that are reckoned, against the slow twin in which every append and acknowledgement is a message. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { StatusCode } from '../../../src/components/api-machinery/index.ts';
import { nanoseconds, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';

/** No fault strikes later [ns]. */
const FAULTS_UNTIL = 2e9;
const until = 1e9;

/** Writers in closed loops at one API server, whose member leads; the others have no clients. */
class Writers {
  readonly world: ApiWorld;
  /** When each write was answered [ns]. */
  readonly answered: number[] = [];
  private readonly until: number;

  constructor(options: {
    writers: number;
    members: number;
    isSent: boolean;
    pause: number;
    until: number;
    seed?: string;
  }) {
    const { writers, members, isSent, pause, seed = 'appends' } = options;
    this.until = options.until;
    const walStall = { distribution: 'constant', value: 5e6 } as const;
    const etcd = { members, memberRestart: 1e9, walStallShare: 0.01, walStall };
    const world = new ApiWorld({ etcd, kubeApiserver: { etcdEndpoints: 'local' } }, seed);
    this.world = world;
    const { simulation, store } = world;
    if (isSent) vi.spyOn(store.members.appends, 'take').mockReturnValue(false);
    for (let writer = 0; writer < writers; writer++) {
      simulation.processes.spawn('writer', this.write(writer, pause));
    }
  }

  private *write(writer: number, pause: number): Generator<number, void, number> {
    const client = this.world.client();
    for (let i = 0; this.world.simulation.now < this.until; i++) {
      const code = yield* this.world.createConfigMap(client, `c${writer}-${i}`);
      if (code === StatusCode.Created) this.answered.push(this.world.simulation.now);
      // After the first seconds, in which faults strike, there need not be many.
      yield this.world.simulation.now < FAULTS_UNTIL ? pause + 1 : 10 * pause;
    }
  }

  run(until: number): this {
    this.world.simulation.run(simTime(until));
    return this;
  }

  /** Events of a type. */
  count(type: string): number {
    return this.world.simulation.eventTypeCounts.get(type) ?? 0;
  }

  /** Revisions in the database of each member. */
  get databases(): number[] {
    return this.world.store.members.seats.map(({ store }) => store.backend.revisions);
  }

  /** Last entry that each member has, knows to be committed, and has applied. */
  get progress(): number[][] {
    return this.world.store.members.seats.map(({ member }) => {
      member.touch();
      return [member.node.lastIndex, member.node.commit, member.apply.applied];
    });
  }
}

describe('an append that is reckoned', () => {
  it.each([
    { writers: 1, members: 3, pause: 0 },
    { writers: 5, members: 3, pause: 3e6 },
    { writers: 3, members: 5, pause: 1e6 },
  ])('is answered to the nanosecond when one that is sent is: %o', (load) => {
    const reckoned = new Writers({ ...load, until, isSent: false }).run(seconds(2));
    const sent = new Writers({ ...load, until, isSent: true }).run(seconds(2));
    expect(reckoned.answered.length).toBeGreaterThan(100);
    expect(reckoned.answered).toEqual(sent.answered);
    expect(reckoned.progress).toEqual(sent.progress);
    expect(reckoned.databases).toEqual(sent.databases);
  });

  it('makes no difference in a crowd either, but that what arrives at one instant may change places', () => {
    const load = { writers: 20, members: 3, pause: 0 };
    const reckoned = new Writers({ ...load, until, isSent: false }).run(seconds(2));
    const sent = new Writers({ ...load, until, isSent: true }).run(seconds(2));
    expect(Math.abs(reckoned.answered.length / sent.answered.length - 1)).toBeLessThan(0.02);
    for (const { progress } of [reckoned, sent]) expect(new Set(progress.flat()).size).toBe(1);
  });

  it('takes few messages, and wakes its leader once', () => {
    const load = { writers: 1, members: 3, pause: 2e6 };
    const reckoned = new Writers({ ...load, until, isSent: false }).run(seconds(2));
    const sent = new Writers({ ...load, until, isSent: true }).run(seconds(2));
    // Heartbeats are sent.
    expect(reckoned.count('etcd.peerMessage')).toBeLessThan(sent.count('etcd.peerMessage') / 5);
    expect(reckoned.count('etcd.acknowledged')).toBeLessThan(reckoned.answered.length * 1.1);
  });

  it('is sent after all when a fault strikes while it is on its way: nothing is lost, and all members agree again', () => {
    const member = fc.constantFrom('leader' as const, 'follower' as const, 1, 2);
    const instant = fc.integer({ min: 1e6, max: FAULTS_UNTIL });
    const fault = fc.record({
      at: instant,
      member,
      kind: fc.constantFrom('kill', 'pause', 'cut', 'slow', 'lossy', 'full'),
    });
    fc.assert(
      fc.property(fc.array(fault, { minLength: 1, maxLength: 6 }), fc.integer(), (faults, seed) => {
        const run = new Writers({ writers: 4, members: 3, isSent: false, pause: 2e6, until: 14e9, seed: `${seed}` });
        const { simulation, store } = run.world;
        const strike = simulation.on('test: fault', (number) => {
          const { kind, member: whom } = faults[number] as (typeof faults)[number];
          const span = nanoseconds(5e8);
          if (kind === 'kill') store.faults.kill(whom, span);
          else if (kind === 'pause') store.faults.pause(whom, span);
          else if (kind === 'cut') store.faults.partition([whom], span);
          else if (kind === 'slow') store.faults.slowDisk(whom, 10, nanoseconds(1e6), span);
          else if (kind === 'full') store.faults.fillDisk(whom, span);
          else store.faults.worsenLinks(whom, nanoseconds(1e6), 0.02, span);
        });
        faults.forEach(({ at }, number) => void simulation.at(simTime(at), strike, number));
        run.run(seconds(12));
        const stored = run.answered.length;
        run.run(seconds(16));
        expect(run.answered.length).toBeGreaterThan(stored + 20);
        expect(new Set(run.progress.flat()).size).toBe(1);
        expect(new Set(run.databases).size).toBe(1);
        simulation.checkInvariants();
      }),
      { numRuns: 12, seed: 1, endOnFailure: true },
    );
  }, 300_000);

  it('a follower without clients catches up when it is back, though more was sent to it meanwhile than may be on its way', () => {
    const run = new Writers({ writers: 4, members: 3, isSent: false, pause: 5e5, until: 2e9 });
    run.run(seconds(0.1));
    run.world.store.faults.partition([1], seconds(1.5));
    run.run(seconds(1.5));
    expect(run.world.store.members.seats[0]?.member.node.progress()[0]?.isPaused).toBe(true);
    run.run(seconds(3));
    expect(new Set(run.progress.flat()).size).toBe(1);
  });
});
