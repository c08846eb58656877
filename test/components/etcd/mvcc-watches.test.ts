import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WatchGroup, WatchStreams } from '../../../src/components/etcd/mvcc/index.ts';
import { Simulation } from '../../../src/engine/index.ts';
import { MetricRecorder } from '../../../src/metrics/index.ts';
import { materialiseParameters } from '../../../src/scenario/index.ts';
import { nanoseconds, type SimTime, simTime } from '../../../src/units/index.ts';

const MS = 1e6;
const SERVER = 0;

/** One API server's stream at a member that applies changes of one resource, 15 us each. */
class Bench {
  readonly simulation = new Simulation({ seed: 'watches' });
  readonly streams: WatchStreams;
  /** Messages: everything before a position, sent at an instant [ms]. */
  readonly sent: { upTo: number; at: number }[] = [];
  readonly progress: { position: number; at: number }[] = [];
  cancelled = 0;
  applied = 0;
  compacted = 0;
  slowdown = 1;

  constructor() {
    const { simulation } = this;
    this.streams = new WatchStreams({
      simulation,
      parameters: materialiseParameters({}).etcd,
      recorder: new MetricRecorder(simulation),
      applyService: nanoseconds(15_000),
      perRevision: nanoseconds(3_700),
      appliedBy: () => this.applied,
      slowdown: () => this.slowdown,
      kindAt: () => 0,
      isCompacted: (position) => position < this.compacted,
      send: (_, upTo, at) => this.sent.push({ upTo, at: at / MS }),
      sendProgress: (_, at) => this.progress.push({ position: this.streams.positionOf(SERVER), at: at / MS }),
      cancel: () => this.cancelled++,
      charge: () => {},
    });
  }

  /** The member applies so many changes now. */
  apply(changes: number): void {
    this.applied += changes;
    this.streams.notify(SERVER, this.applied, (this.simulation.now + changes * 15_000) as SimTime);
  }

  runTo(ms: number): void {
    this.simulation.run(simTime(ms * MS));
  }
}

describe('the watches of an API server', () => {
  it('are told of every batch at once while they are synced, in one message', () => {
    const bench = new Bench();
    bench.streams.add();
    for (let i = 1; i <= 50; i++) {
      bench.runTo(i);
      bench.apply(10);
    }
    expect(bench.sent).toHaveLength(50);
    for (const [i, message] of bench.sent.entries()) {
      expect(message.upTo).toBe(10 * (i + 1));
      // 0.15 ms of applying; the sender keeps up with that.
      expect(message.at).toBeCloseTo(i + 1.15, 1);
    }
  });

  it('catch up a thousand revisions every 100 ms when they begin in the past, and then are synced', () => {
    const bench = new Bench();
    bench.streams.add();
    bench.streams.close(SERVER);
    bench.applied = 2500;
    bench.runTo(30);
    bench.streams.open(SERVER, 0);
    expect(bench.streams.groupOf(SERVER)).toBe(WatchGroup.Unsynced);
    bench.runTo(250);
    bench.apply(20);
    expect(bench.sent.map(({ upTo }) => upTo)).toEqual([1000, 2000]);
    bench.runTo(299);
    expect(bench.streams.groupOf(SERVER)).toBe(WatchGroup.Unsynced);
    bench.runTo(301);
    expect(bench.sent.map(({ upTo }) => upTo)).toEqual([1000, 2000, 2520]);
    expect(bench.streams.groupOf(SERVER)).toBe(WatchGroup.Synced);
    // The range over 2,500 revisions takes its time, and so does sending.
    expect(bench.sent[0]?.at).toBeCloseTo(100 + 2500 * 0.0037 + 1000 * 0.0054, 1);
  });

  it('become victims when the sender is slower than the apply loop, and lose nothing', () => {
    const bench = new Bench();
    bench.streams.add();
    bench.slowdown = 20;
    for (let i = 1; i <= 40; i++) {
      bench.runTo(i);
      bench.apply(60);
      if (bench.streams.groupOf(SERVER) === WatchGroup.Victim) break;
    }
    expect(bench.streams.groupOf(SERVER)).toBe(WatchGroup.Victim);
    bench.slowdown = 1;
    bench.apply(100);
    bench.runTo(500);
    expect(bench.streams.groupOf(SERVER)).toBe(WatchGroup.Synced);
    expect(bench.sent.at(-1)?.upTo).toBe(bench.applied);
  });

  it('are cancelled when what they lack is compacted', () => {
    const bench = new Bench();
    bench.streams.add();
    bench.streams.close(SERVER);
    bench.applied = 100;
    bench.compacted = 50;
    bench.streams.open(SERVER, 20);
    bench.runTo(200);
    expect(bench.cancelled).toBe(1);
    expect(bench.sent).toEqual([]);
    expect(bench.streams.groupOf(SERVER)).toBe(WatchGroup.Closed);
  });

  it('answer requests for progress behind what was sent before, when they are synced and only then', () => {
    const bench = new Bench();
    bench.streams.add();
    bench.runTo(1);
    bench.apply(1000);
    bench.streams.requestProgress(SERVER, simTime(2 * MS));
    expect(bench.progress).toHaveLength(1);
    expect(bench.progress[0]?.at).toBeGreaterThanOrEqual(bench.sent[0]?.at as number);
    bench.streams.close(SERVER);
    bench.streams.requestProgress(SERVER, simTime(2 * MS));
    bench.applied = 5000;
    bench.streams.open(SERVER, 1000);
    bench.streams.requestProgress(SERVER, simTime(2 * MS));
    expect(bench.progress).toHaveLength(1);
    // Of itself every five seconds, as kubeadm sets it.
    bench.runTo(20_500);
    expect(bench.progress).toHaveLength(5);
  });

  it('get every change once and in order, however batches, slow spells and interruptions come', () => {
    const spell = fc.record({
      wait: fc.integer({ min: 0, max: 30 }),
      changes: fc.nat(300),
      slowdown: fc.constantFrom(1, 1, 1, 5, 40),
      what: fc.constantFrom('', '', '', 'close', 'open'),
    });
    fc.assert(
      fc.property(fc.array(spell, { maxLength: 60 }), (spells) => {
        const bench = new Bench();
        bench.streams.add();
        let at = 0;
        for (const { wait, changes, slowdown, what } of spells) {
          at += wait;
          bench.runTo(at);
          bench.slowdown = slowdown;
          if (what === 'close') bench.streams.close(SERVER);
          if (what === 'open') bench.streams.open(SERVER, bench.streams.positionOf(SERVER));
          bench.apply(changes);
        }
        bench.slowdown = 1;
        bench.streams.open(SERVER, bench.streams.positionOf(SERVER));
        bench.runTo(at + 5000);
        let before = { upTo: 0, at: 0 };
        for (const message of bench.sent) {
          expect(message.upTo).toBeGreaterThan(before.upTo);
          expect(message.at).toBeGreaterThanOrEqual(before.at);
          before = message;
        }
        expect(before.upTo).toBe(bench.applied);
        expect(bench.streams.groupOf(SERVER)).toBe(WatchGroup.Synced);
      }),
      { numRuns: 100 },
    );
  });
});
