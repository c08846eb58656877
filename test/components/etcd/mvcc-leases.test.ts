import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { Lessor } from '../../../src/components/etcd/mvcc/index.ts';
import { Simulation } from '../../../src/engine/index.ts';
import { materialiseParameters } from '../../../src/scenario/index.ts';
import { nanoseconds, seconds, simTime } from '../../../src/units/index.ts';

/** Leases whose revocations take so long from proposal to apply. */
class Bench {
  readonly simulation = new Simulation({ seed: 'leases' });
  readonly lessor: Lessor;
  /** Instants of the revocations [s], and most of them under way at once. */
  readonly revoked: number[] = [];
  most = 0;
  private underWay = 0;

  constructor(entryTime: number) {
    const { simulation } = this;
    const applied = simulation.on('applied', (lease) => {
      this.underWay--;
      this.revoked.push(simulation.now / 1e9);
      this.lessor.revoke(lease, () => {});
    });
    this.lessor = new Lessor({
      simulation,
      parameters: materialiseParameters({}).etcd,
      proposeRevocation: (lease) => {
        this.most = Math.max(this.most, ++this.underWay);
        simulation.after(nanoseconds(entryTime), applied, lease);
      },
    });
  }

  /** Revocations in each second. */
  perSecond(): number[] {
    const counts: number[] = [];
    for (const at of this.revoked) counts[Math.floor(at)] = (counts[Math.floor(at)] ?? 0) + 1;
    return counts.filter((count) => count > 0);
  }
}

describe('leases', () => {
  it('end within half a second of their time, at most a thousand a second and sixteen at a time', () => {
    const bench = new Bench(2e6);
    for (let i = 0; i < 3000; i++) bench.lessor.grant(seconds(10));
    bench.simulation.run(simTime(60e9));
    expect(bench.lessor.count).toBe(0);
    expect(bench.revoked[0]).toBeGreaterThanOrEqual(10);
    expect(bench.revoked[0]).toBeLessThan(10.6);
    expect(Math.max(...bench.perSecond())).toBeLessThanOrEqual(1000);
    expect(bench.revoked.at(-1)).toBeLessThan(13.6);
    expect(bench.most).toBe(16);
  });

  it('are held up by slow entries: sixteen at a time', () => {
    const bench = new Bench(100e6);
    for (let i = 0; i < 480; i++) bench.lessor.grant(seconds(10));
    bench.simulation.run(simTime(60e9));
    // 30 rounds of 0.1 s.
    expect((bench.revoked.at(-1) as number) - (bench.revoked[0] as number)).toBeCloseTo(2.9, 1);
  });

  it('live on while they are kept alive, in the memory of the leader', () => {
    const bench = new Bench(1e6);
    const id = bench.lessor.grant(seconds(10));
    const other = bench.lessor.grant(seconds(10));
    for (let at = 5; at <= 50; at += 5) {
      bench.simulation.run(simTime(at * 1e9));
      expect(bench.lessor.keepAlive(id)).toBe(true);
    }
    expect(bench.lessor.find(other)).toBeUndefined();
    expect(bench.lessor.keepAlive(other)).toBe(false);
    bench.simulation.run(simTime(59e9));
    expect(bench.lessor.count).toBe(1);
    bench.simulation.run(simTime(61e9));
    expect(bench.lessor.count).toBe(0);
  });

  it('live no shorter than a second and a half of election timeouts allow', () => {
    const bench = new Bench(1e6);
    bench.lessor.grant(nanoseconds(1e6));
    bench.simulation.run(simTime(1.9e9));
    expect(bench.lessor.count).toBe(1);
    bench.simulation.run(simTime(3e9));
    expect(bench.lessor.count).toBe(0);
  });

  it('do not end while nobody leads, and get a full life from the next leader, spread to 750 a second if they are many', () => {
    const bench = new Bench(1e6);
    for (let i = 0; i < 6000; i++) bench.lessor.grant(seconds(10));
    bench.simulation.run(simTime(9e9));
    bench.lessor.demote();
    bench.simulation.run(simTime(30e9));
    expect(bench.lessor.count).toBe(6000);
    bench.lessor.promote(seconds(1));
    bench.simulation.run(simTime(40.9e9));
    expect(bench.lessor.count).toBe(6000);
    bench.simulation.run(simTime(100e9));
    expect(bench.lessor.count).toBe(0);
    // A look every half second takes what expired since the last one.
    expect(Math.max(...bench.perSecond())).toBeLessThanOrEqual(760);
    expect(bench.revoked.at(-1)).toBeGreaterThan(48);
  });

  it('own a key by the latest put alone', () => {
    const bench = new Bench(1e6);
    const [first, second] = [bench.lessor.grant(seconds(10)), bench.lessor.grant(seconds(20))];
    const keys = [0, 1, 300] as ObjectKey[];
    for (const key of keys) bench.lessor.attach(first, kinds.events, key);
    bench.lessor.attach(second, kinds.events, 1 as ObjectKey);
    bench.lessor.detach(kinds.events, 0 as ObjectKey);
    const removed: number[] = [];
    bench.lessor.revoke(first, (_, key) => removed.push(key));
    expect(removed).toEqual([300]);
    bench.lessor.revoke(second, (_, key) => removed.push(key));
    expect(removed).toEqual([300, 1]);
  });
});
