/** A member's log drops entries in lumps and shares the lists that it hands out; it is to be as one that drops and copies every time. */
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/components/etcd/raft/index.ts';
import { RaftLog, UNKNOWN_TERM } from '../../../src/components/etcd/raft/raft-log.ts';
import { RandomStreams } from '../../../src/engine/index.ts';

const BYTES = 10;
const STEPS = 20_000;
const KEPT = 50;

/** The obviously right log: all entries for ever, and from where on they count. */
class PlainLog {
  readonly all: Entry<number>[] = [];
  first = 1;

  get last(): number {
    return this.all.length;
  }

  termOf(index: number): number {
    if (index === 0 || index > this.last) return index === 0 && this.first === 1 ? 0 : UNKNOWN_TERM;
    return index >= this.first - 1 ? (this.all[index - 1] as Entry<number>).term : UNKNOWN_TERM;
  }

  overwrite(entries: readonly Entry<number>[]): void {
    this.all.length = (entries[0] as Entry<number>).index - 1;
    this.all.push(...entries);
  }
}

/** Both logs, after the same random life. Each step may append, contradict what is not committed, commit, compact; then both are asked. */
function differences(seed: number): { found: string[]; dropped: number; overwritten: number } {
  const draws = new RandomStreams(String(seed), 0).stream('raft log');
  const below = (limit: number) => Math.floor(draws.next() * limit);
  const configuration = { voters: [0], learners: [] };
  const log = new RaftLog<number>({ index: 0, term: 0, configuration }, []);
  const plain = new PlainLog();
  const found: string[] = [];
  let term = 1;
  let overwritten = 0;
  for (let step = 0; step < STEPS; step++) {
    let after = plain.last;
    if (below(8) === 0 && log.committed < plain.last) {
      // Another leader contradicts the end of the log.
      after = log.committed + below(plain.last - log.committed);
      term++;
      overwritten++;
    }
    const entries = Array.from({ length: 1 + below(4) }, (_, i): Entry<number> => {
      return { index: after + 1 + i, term, bytes: BYTES, payload: step, change: undefined };
    });
    const matched = log.tryAppend(after, plain.termOf(after), entries);
    plain.overwrite(entries);
    if (matched !== plain.last) found.push(`step ${step}: matched ${matched}`);
    log.writeDone(undefined, log.range(log.stable + 1, log.lastIndex));
    if (log.stable !== plain.last) found.push(`step ${step}: written up to ${log.stable}`);
    log.commitTo(plain.last - below(3));
    log.applied = log.committed;
    if (below(20) === 0 && log.applied > log.snapshot.index) {
      log.compact({ index: log.applied, term: log.termOf(log.applied), configuration }, KEPT);
      plain.first = Math.max(plain.first, log.applied - KEPT + 1);
    }
    const first = plain.first + below(plain.last - plain.first + 1);
    const last = first + below(plain.last - first + 1);
    const asked = [
      [log.range(first, last), plain.all.slice(first - 1, last)],
      [log.upTo(first, 3 * BYTES), plain.all.slice(first - 1, first + 2)],
    ] as const;
    for (const [ours, right] of asked) {
      if (ours.length !== right.length || ours.some((entry, i) => entry !== right[i]))
        found.push(`step ${step}: entries from ${first}`);
    }
    const index = Math.max(0, plain.first - below(200) + below(200));
    if (log.termOf(index) !== plain.termOf(index)) found.push(`step ${step}: term of ${index} is ${log.termOf(index)}`);
    if (log.firstIndex !== plain.first || log.lastIndex !== plain.last) found.push(`step ${step}: ends`);
  }
  return { found: found.slice(0, 5), dropped: plain.first - 1, overwritten };
}

describe('the log of a member', () => {
  it.each([1, 2, 3])('is as one that drops and copies entries each time (seed %i)', (seed) => {
    const { found, dropped, overwritten } = differences(seed);
    expect(found).toEqual([]);
    // It has dropped more than one lump, and been contradicted often.
    expect(dropped).toBeGreaterThan(STEPS);
    expect(overwritten).toBeGreaterThan(STEPS / 20);
  });

  it('has no entry that it has dropped, though it may not have taken it out yet', () => {
    const log = new RaftLog<number>({ index: 0, term: 0, configuration: { voters: [0], learners: [] } }, []);
    for (let index = 1; index <= 10; index++) {
      log.push({ index, term: 1, bytes: BYTES, payload: index, change: undefined });
    }
    log.writeDone(undefined, log.range(1, 10));
    log.commitTo(10);
    log.compact({ index: 8, term: 1, configuration: { voters: [0], learners: [] } }, 2);
    expect(log.firstIndex).toBe(7);
    expect(log.termOf(6)).toBe(1);
    expect(log.termOf(5)).toBe(UNKNOWN_TERM);
    expect(() => log.entryAt(6)).toThrow('no entry 6');
    expect(log.entryAt(7).payload).toBe(7);
  });
});
