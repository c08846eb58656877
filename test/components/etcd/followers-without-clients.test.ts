/** Followers without clients, to which a leader sends no commits by themselves: what becomes of them when something breaks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatusCode } from '../../../src/components/api-machinery/index.ts';
import { nanoseconds, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld } from '../api-world.ts';

/** No fault strikes later [ns]. */
const FAULTS_UNTIL = 2e9;

/** Writers in closed loops at one API server, whose member leads; the others have no clients. */
class Writers {
  readonly world: ApiWorld;
  /** When each write was answered [ns]. */
  readonly answered: number[] = [];
  private readonly until: number;

  constructor(options: {
    writers: number;
    members: number;
    pause: number;
    until: number;
    seed?: string;
  }) {
    const { writers, members, pause, seed = 'appends' } = options;
    this.until = options.until;
    const walStall = { distribution: 'constant', value: 5e6 } as const;
    const etcd = { members, memberRestart: 1e9, walStallShare: 0.01, walStall };
    const world = new ApiWorld({ etcd, kubeApiserver: { etcdEndpoints: 'local' } }, seed);
    this.world = world;
    const { simulation } = world;
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

describe('followers without clients', () => {
  it('lose nothing and agree again with all others, whatever strikes them', () => {
    const member = fc.constantFrom('leader' as const, 'follower' as const, 1, 2);
    const instant = fc.integer({ min: 1e6, max: FAULTS_UNTIL });
    const fault = fc.record({
      at: instant,
      member,
      kind: fc.constantFrom('kill', 'pause', 'cut', 'slow', 'lossy', 'full'),
    });
    fc.assert(
      fc.property(fc.array(fault, { minLength: 1, maxLength: 6 }), fc.integer(), (faults, seed) => {
        const run = new Writers({ writers: 4, members: 3, pause: 2e6, until: 14e9, seed: `${seed}` });
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

  it('catch up when they are back, though more was sent to them meanwhile than may be on its way', () => {
    const run = new Writers({ writers: 4, members: 3, pause: 5e5, until: 2e9 });
    run.run(seconds(0.1));
    run.world.store.faults.partition([1], seconds(1.5));
    run.run(seconds(1.5));
    expect(run.world.store.members.seats[0]?.member.node.progress()[0]?.isPaused).toBe(true);
    run.run(seconds(3));
    expect(new Set(run.progress.flat()).size).toBe(1);
  });
});
