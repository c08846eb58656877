import { expect, it } from 'vitest';
import { describeFault, type Fault } from '../../src/scenario/faults/index.ts';
import { nanoseconds, seconds } from '../../src/units/index.ts';

it.each<[Fault, string]>([
  [{ fault: 'etcdLeaderLoss' }, 'etcdLeaderLoss'],
  [{ fault: 'etcdLeaderLoss', duration: null }, 'etcdLeaderLoss: duration never'],
  [
    { fault: 'etcdSlowDisk', member: 'leader', factor: 10, added: nanoseconds(0), duration: seconds(90) },
    'etcdSlowDisk: member leader, factor 10, duration 1m30s',
  ],
  [
    { fault: 'etcdPartition', members: [0, 'follower'], duration: seconds(30) },
    'etcdPartition: members 0 and follower, duration 30s',
  ],
  [
    { fault: 'nodeCrash', nodes: { choose: 'share', share: 0.1 }, duration: seconds(60) },
    'nodeCrash: nodes 10 %, duration 1m',
  ],
  [
    { fault: 'nodeCrash', nodes: { choose: 'names', names: ['a', 'b'] }, duration: null },
    'nodeCrash: nodes a and b, duration never',
  ],
  [
    { fault: 'controllerManagerCrash', instance: 'leader', graceful: true },
    'controllerManagerCrash: instance leader, graceful',
  ],
])('%j is told as "%s"', (fault, told) => {
  expect(describeFault(fault)).toBe(told);
});
