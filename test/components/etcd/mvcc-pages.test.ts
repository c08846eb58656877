import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backend, sweepOf } from '../../../src/components/etcd/mvcc/backend.ts';

/** The database, and a plain list of the revisions that it must hold. */
class Twin {
  readonly backend = new Backend();
  readonly kept = new Map<number, number>();
  private end = 0;

  append(bytes: number): void {
    this.kept.set(this.end, bytes);
    this.backend.append(this.end++, bytes);
  }

  /** Deletes a share of what there is up to a place, batch by batch. */
  compact(upTo: number, choose: (position: number) => boolean, limit: number): void {
    const positions = [...this.kept.keys()].filter((position) => position < upTo && choose(position));
    const sweep = sweepOf({
      revision: upTo,
      scanEnd: Math.min(upTo, this.end),
      positions: Float64Array.from(positions),
      bytes: Float64Array.from(positions, (position) => this.kept.get(position) as number),
    });
    while (!this.backend.compactBatch(sweep, limit)) if (this.backend.mustCommit) this.backend.commit();
    expect(sweep.deleted).toBe(positions.length);
    for (const position of positions) this.kept.delete(position);
  }

  get bytes(): number {
    return [...this.kept.values()].reduce((sum, each) => sum + each, 0);
  }

  get size(): number {
    return this.end;
  }
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('append' as const),
      sizes: fc.array(fc.integer({ min: 60, max: 9000 }), { maxLength: 60 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('commit' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('compact' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      modulus: fc.integer({ min: 1, max: 9 }),
      limit: fc.integer({ min: 1, max: 100 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('defragment' as const) }) },
);

describe('the pages of a database', () => {
  it('hold every revision that was not deleted and no other, and add up to the file, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const twin = new Twin();
        const { backend } = twin;
        for (const each of steps) {
          const size = backend.size;
          if (each.what === 'append') for (const bytes of each.sizes) twin.append(bytes);
          else if (each.what === 'commit') backend.commit();
          else if (each.what === 'defragment') {
            backend.commit();
            backend.defragment();
          } else {
            const upTo = Math.floor(each.share * twin.size);
            twin.compact(upTo, (position) => position % each.modulus !== 0, each.limit);
          }
          if (each.what !== 'defragment') expect(backend.size).toBeGreaterThanOrEqual(size);
          expect(backend.fault()).toBeUndefined();
          expect(backend.revisions).toBe(twin.kept.size);
          expect(backend.inUse).toBeLessThanOrEqual(backend.size);
        }
        backend.commit();
        backend.commit();
        backend.commit();
        // Nothing is stored in less room than it takes; and after a defragmentation at most twice that and a few pages.
        expect(backend.inUse).toBeGreaterThanOrEqual(twin.bytes);
        backend.defragment();
        expect(backend.size).toBeGreaterThanOrEqual(twin.bytes);
        expect(backend.size).toBeLessThan(2 * twin.bytes + 10 * 4096);
      }),
      { numRuns: 200 },
    );
  });

  it('give back nearly everything when sparse revisions survive, because leaves that are a quarter full are merged', () => {
    const twin = new Twin();
    for (let i = 0; i < 20_000; i++) twin.append(300);
    twin.backend.commit();
    const filled = twin.backend.inUse;
    twin.compact(20_000, (position) => position % 24 !== 0, 1000);
    twin.backend.commit();
    twin.backend.commit();
    // One in 24 survives: every leaf of 12 would keep half a revision; merged they take no more than a tenth.
    expect(twin.backend.inUse).toBeLessThan(filled / 8);
    expect(twin.backend.inUse).toBeGreaterThan(twin.bytes);
  });
});
