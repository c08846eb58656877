/** Parameters of leases. */
import { count, defineParameters, duration, measured, sourceCode } from '../../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../../units/index.ts';

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
  keepAliveCpu: duration({
    default: microseconds(20),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of the leader for one keep-alive of a lease.',
    source: measured(
      'etcd/lease_keepalive.csv',
      '30 us at 256 clients, 55 us at 8, 177 us at one, of which host.spinCpu is 130 us',
    ),
  }),
  keepAliveBatchCpu: duration({
    default: microseconds(15),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of the leader for taking in the keep-alives that have come.',
    source: measured('etcd/lease_keepalive.csv', 'see keepAliveCpu'),
  }),
});
