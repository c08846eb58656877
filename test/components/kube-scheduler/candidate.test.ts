/** The choice among nodes on which preemption would help: every criterion decides where the ones before it are even. */
import { expect, test } from 'vitest';
import type { PodRequirements } from '../../../src/components/kube-scheduler/pod-requirements.ts';
import { type Candidate, chooseCandidate } from '../../../src/components/kube-scheduler/preemption/candidate.ts';

/** A candidate by the priorities and starts [s] of its victims. */
function candidate(slot: number, victims: readonly (readonly [priority: number, startedAt: number])[], violations = 0) {
  const all = victims.map(([priority, startedAt], key) => {
    const requirements = { template: { priority } } as PodRequirements;
    return { key, uid: 1, namespace: 'default', requirements, startedAt };
  });
  return { slot, victims: all, violations } satisfies Candidate;
}

test.each([
  ['fewest broken budgets', candidate(1, [[0, 0]], 2), candidate(2, [[9, 0]], 1)],
  [
    'the least important of the most important victims',
    candidate(1, [[5, 0]]),
    candidate(2, [
      [4, 0],
      [4, 0],
    ]),
  ],
  [
    'the smallest sum of priorities',
    candidate(1, [
      [5, 0],
      [4, 0],
    ]),
    candidate(2, [
      [5, 0],
      [3, 0],
    ]),
  ],
  [
    'fewest victims, also where priorities are negative',
    candidate(1, [
      [-5, 0],
      [-5, 0],
    ]),
    candidate(2, [[-5, 0]]),
  ],
  [
    'the latest of the earliest starts',
    candidate(1, [
      [5, 10],
      [5, 99],
    ]),
    candidate(2, [
      [5, 11],
      [5, 12],
    ]),
  ],
  [
    'starts of the most important victims only',
    candidate(1, [
      [5, 10],
      [1, 99],
    ]),
    candidate(2, [
      [5, 11],
      [1, 2],
    ]),
  ],
])('goes by %s', (_, worse, better) => {
  expect(chooseCandidate([worse, better])?.slot).toBe(2);
  expect(chooseCandidate([better, worse])?.slot).toBe(2);
});

test('takes the first of those that nothing tells apart, and nobody where there is nobody', () => {
  expect(chooseCandidate([candidate(3, [[5, 1]]), candidate(4, [[5, 1]])])?.slot).toBe(3);
  expect(chooseCandidate([])).toBeUndefined();
});
