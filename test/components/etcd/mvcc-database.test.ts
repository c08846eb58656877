import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Backend, sweepOf } from '../../../src/components/etcd/mvcc/backend.ts';
import { elementBytes } from '../../../src/components/etcd/mvcc/element-size.ts';

/** Puts in a tenth of a second when the measurements were made: 1,700 a second by one client. */
const PUTS_A_COMMIT = 170;
/** Length of the driver's keys: with it 11 revisions of 256 B fill a leaf below revision 16,384 and 10 above, as the sizes show. */
const KEY = 31;

interface Row {
  readonly scenario: string;
  readonly valueSize: number;
  readonly phase: string;
  readonly revisions: number;
  readonly total: number;
  readonly inUse: number;
}

function rows(): Row[] {
  const text = readFileSync(new URL('../../../data/measured/etcd/db_sizes.csv', import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [scenario, valueSize, phase, revisions, total, inUse] = line.split(',') as [string, ...string[]];
      return {
        scenario,
        valueSize: Number(valueSize),
        phase: phase as string,
        revisions: Number(revisions),
        total: Number(total),
        inUse: Number(inUse),
      };
    });
}

/** A driver that puts the same keys one after the other, again and again. */
class Driver {
  readonly backend = new Backend();
  private readonly keys: number;
  private readonly value: number;
  /** Bytes of every revision that was put, by position. */
  private readonly bytes: number[] = [];
  private compacted = 0;

  constructor(keys: number, value: number) {
    this.keys = keys;
    this.value = value;
  }

  putUpTo(revisions: number): void {
    while (this.bytes.length < revisions) {
      const position = this.bytes.length;
      const bytes = elementBytes(KEY, this.value, position + 2, (position % this.keys) + 2);
      this.bytes.push(bytes);
      this.backend.append(position, bytes);
      if (this.backend.operations === PUTS_A_COMMIT) this.backend.commit();
    }
    this.settle();
  }

  /** The timer's next commit. */
  settle(): void {
    if (this.backend.operations > 0) this.backend.commit();
  }

  compact(): { batches: number } {
    const end = this.bytes.length;
    const positions: number[] = [];
    for (let position = this.compacted; position < end - this.keys; position++) positions.push(position);
    this.compacted = end - this.keys;
    const sweep = sweepOf({
      revision: end,
      scanEnd: end,
      positions: Float64Array.from(positions),
      bytes: Float64Array.from(positions, (position) => this.bytes[position] as number),
    });
    let batches = 0;
    for (let isDone = false; !isDone; batches++) {
      isDone = this.backend.compactBatch(sweep, 1000);
      if (this.backend.mustCommit) this.backend.commit();
    }
    this.settle();
    expect(sweep.deleted).toBe(positions.length);
    expect(this.backend.fault()).toBeUndefined();
    return { batches };
  }
}

/** Plays the measured scenario of one value size, and calls `check` at every row. */
function play(scenario: string, valueSize: number, check: (row: Row, backend: Backend) => void): void {
  const mine = rows().filter((row) => row.scenario === scenario && row.valueSize === valueSize);
  const keys = scenario === 'live' ? Number.MAX_SAFE_INTEGER : 1000;
  const driver = new Driver(keys, valueSize);
  for (const row of mine) {
    if (row.phase === 'filled' || row.phase === 'after_compact_plus_2000_revs') driver.putUpTo(row.revisions);
    else if (row.phase === 'after_compact') driver.compact();
    else driver.backend.defragment();
    expect(driver.backend.fault()).toBeUndefined();
    check(row, driver.backend);
  }
}

describe('size of the database', () => {
  const cases = [
    ['revs', 256],
    ['revs', 1024],
    ['revs', 4096],
    ['revs', 16384],
    ['live', 1024],
    ['live', 4096],
  ] as const;
  it.each(cases)(
    'is as measured within a twentieth (%s, values of %i bytes), the file and the pages in use',
    (scenario, valueSize) => {
      const off: string[] = [];
      play(scenario, valueSize, (row, backend) => {
        // Ten pages are the other buckets and what is pending; they tell only in a file of a hundred pages.
        const isOff = (mine: number, real: number) => Math.abs(mine - real) > Math.max(0.05 * real, 10 * 4096);
        if (isOff(backend.size, row.total) || isOff(backend.inUse, row.inUse)) {
          const { size, inUse } = backend;
          off.push(`${row.phase} ${row.revisions}: ${size} for ${row.total}, in use ${inUse} for ${row.inUse}`);
        }
      });
      expect(off).toEqual([]);
    },
  );

  it('never shrinks before a defragmentation, and uses freed pages before it grows', () => {
    const driver = new Driver(1000, 1024);
    driver.putUpTo(20_000);
    const filled = driver.backend.size;
    driver.compact();
    expect(driver.backend.size).toBeGreaterThanOrEqual(filled);
    expect(driver.backend.inUse).toBeLessThan(filled / 10);
    const compacted = driver.backend.size;
    driver.putUpTo(35_000);
    expect(driver.backend.size).toBe(compacted);
    driver.putUpTo(45_000);
    expect(driver.backend.size).toBeGreaterThan(compacted);
    driver.compact();
    driver.backend.defragment();
    expect(driver.backend.size).toBeLessThan(filled / 10);
    expect(driver.backend.revisions).toBe(1000);
  });

  it('scans everything that is kept at every compaction, a thousand revisions a batch', () => {
    const driver = new Driver(30_000, 1024);
    driver.putUpTo(50_000);
    expect(driver.compact().batches).toBe(50);
    driver.putUpTo(51_000);
    // 30,000 that are kept and 1,000 that came.
    expect(driver.compact().batches).toBe(31);
  });

  it('frees the pages of a commit only for the next one', () => {
    const backend = new Backend();
    backend.append(0, 1000);
    backend.commit();
    const first = backend.size;
    backend.append(1, 1000);
    // The leaf and the root page are written anew, and nothing is free yet but what the first commit gave up.
    expect(backend.commit()).toBe(2);
    expect(backend.size).toBe(first);
    backend.append(2, 1000);
    expect(backend.commit()).toBe(2);
    expect(backend.size).toBe(first);
  });

  it('holds the same after a kill, when what no commit held is applied again', () => {
    const [killed, other] = [new Backend(), new Backend()];
    for (let position = 0; position < 100; position++) {
      killed.append(position, 500);
      other.append(position, 500);
    }
    for (let position = 50; position < 100; position++) killed.append(position, 500);
    killed.commit();
    other.commit();
    expect(killed.size).toBe(other.size);
    expect(killed.revisions).toBe(100);
  });
});
