/** Parameters of leases. */
import { count, defineParameters, duration, sourceCode } from '../../../engine/index.ts';
import { milliseconds, seconds } from '../../../units/index.ts';

export const leaseParameters = defineParameters({
  leaseExpiryInterval: duration({
    default: milliseconds(500),
    range: [milliseconds(1), seconds(60)],
    help: 'Period in which the leader looks for leases that have expired.',
    source: sourceCode('E:server/lease/lessor.go:runLoop'),
  }),
  leaseExpiryMost: count({
    default: 500,
    unit: 'lease',
    range: [1, 1e6],
    help: 'Leases that it takes each time (1,000 revokes a second).',
    source: sourceCode('E:server/lease/lessor.go:leaseRevokeRate'),
  }),
  leaseRevokesAtOnce: count({
    default: 16,
    unit: 'revoke',
    range: [1, 1e6],
    help: 'Revokes that are proposed at the same time.',
    source: sourceCode('E:server/etcdserver/server.go:maxPendingRevokes'),
  }),
  leaseMinimum: duration({
    default: seconds(2),
    range: [milliseconds(1), seconds(3600)],
    help: 'Shortest life of a lease: 1.5 election timeouts, in whole seconds.',
    source: sourceCode('E:server/etcdserver/server.go:NewServer'),
  }),
  leaseExtendRate: count({
    default: 750,
    unit: 'lease/s',
    range: [1, 1e6],
    help: 'Leases that expire in a second at most when a new leader has given all of them a full life.',
    source: sourceCode('E:server/lease/lessor.go:Promote', 'three quarters of the rate of revokes'),
  }),
});
