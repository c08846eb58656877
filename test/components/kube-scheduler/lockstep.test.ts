/** The order in which goroutines go through pieces of work, against one goroutine after the other written out. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunkSize, Lockstep, LockstepTurns } from '../../../src/components/kube-scheduler/algorithms/lockstep.ts';

/** All pieces in order; `stopAt`: the piece after which it is told to stop. */
function order(pieces: number, workers: number, running: number, stopAt = -1): number[] {
  const lockstep = new Lockstep(pieces, workers, running);
  const found: number[] = [];
  for (let piece = lockstep.next(); piece >= 0; piece = lockstep.next()) {
    found.push(piece);
    if (piece === stopAt) lockstep.stop();
  }
  expect(lockstep.done).toBe(found.length);
  return found;
}

/** Goroutines as lists of what they still have to do. */
function plainOrder(pieces: number, workers: number, running: number): number[] {
  const size = chunkSize(pieces, workers);
  const chunks: number[][] = [];
  for (let i = 0; i < pieces; i += size)
    chunks.push(Array.from({ length: Math.min(size, pieces - i) }, (_, j) => i + j));
  const goroutines = Array.from(
    { length: Math.min(workers, running, chunks.length) },
    () => chunks.shift() as number[],
  );
  const found: number[] = [];
  while (goroutines.some((own) => own.length > 0)) {
    goroutines.forEach((own, i) => {
      const piece = own.shift();
      if (piece === undefined) return;
      found.push(piece);
      if (own.length === 0) goroutines[i] = chunks.shift() ?? [];
    });
  }
  return found;
}

test.each([
  [100, 16, 7],
  [1000, 16, 31],
  [5000, 16, 70],
  [10, 16, 1],
  [40, 2, 6],
])('%i pieces for %i goroutines are dealt in chunks of %i', (pieces, workers, size) => {
  expect(chunkSize(pieces, workers)).toBe(size);
});

test('every piece comes once, in the order in which goroutines take turns', () => {
  fc.assert(
    fc.property(
      fc.nat(300),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      (pieces, workers, running) => {
        expect(order(pieces, workers, running)).toEqual(plainOrder(pieces, workers, running));
      },
    ),
  );
});

test('one goroutine stops at once; of several each ends the piece that it has begun', () => {
  expect(order(100, 16, 1, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(order(100, 16, 4, 21)).toEqual([0, 7, 14, 21, 1, 8, 15]);
});

test('turns that were worked out beforehand are those that are taken, up to any stop', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.nat(299),
      (pieces, workers, running, stop) => {
        const turns = new LockstepTurns(workers, running);
        const { pieces: planned } = turns.of(pieces);
        expect([...planned]).toEqual(order(pieces, workers, running));
        const place = stop % pieces;
        const done = turns.doneAfter(turns.of(pieces), place);
        expect([...planned.subarray(0, done)]).toEqual(order(pieces, workers, running, planned[place]));
      },
    ),
  );
});
