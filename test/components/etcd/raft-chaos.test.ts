/** What raft promises, whatever happens: figure 3 of the raft paper, reads that are never stale, and progress once the trouble is over. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftChaos, stepsArbitrary } from './raft-chaos.ts';

/** Ticks within which a group recovers: some election timeouts of at most 9 ticks each. */
const RECOVERY = 150;

describe('raft, whatever the order of ticks, writes, messages, losses, cuts, crashes and changes', () => {
  it.each([1, 2, 3, 5])('keeps its promises in a group of %i, and recovers', (size) => {
    fc.assert(
      fc.property(stepsArbitrary, fc.integer({ min: 1, max: 2 ** 30 }), (steps, seed) => {
        const chaos = new RaftChaos(size, seed);
        for (const step of steps) {
          chaos.run(step);
          expect(chaos.broken).toEqual([]);
        }
        chaos.checkLogs();
        expect(chaos.broken).toEqual([]);
        expect(chaos.recovers(RECOVERY)).toBe(true);
        chaos.checkLogs();
        expect(chaos.broken).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
