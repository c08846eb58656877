import { describe, expect, it } from 'vitest';
import { shop } from './shop.ts';

const NODES = 20;
const PODS = 100;
const HOUR = 3600;

describe('a cluster at rest for an hour', () => {
  const world = shop(NODES, `    - createDeployment: { name: web, replicas: ${PODS}, preload: true }`);
  world.runFor(HOUR);
  const count = (what: string, client?: string) => world.of(what, client).length;
  const within = (calls: number, expected: number, share: number) =>
    expect(Math.abs(calls / expected - 1), `${calls} instead of ${expected}`).toBeLessThan(share);

  it('renews a lease per node every 10 s and a little', () => {
    within(count('PUT leases', 'kubelet heartbeat'), (NODES * HOUR) / 10.2, 0.01);
    expect(world.of('PUT leases').every(({ code }) => code === 200)).toBe(true);
  });

  it('reports each node every 300 s', () => {
    within(count('PATCH nodes/status'), (NODES * HOUR) / 300, 0.06);
  });

  it('asks for a token per pod every 2,886 s', () => {
    within(count('POST serviceaccounts/token'), (PODS * HOUR) / 2886, 0.15);
  });

  it('opens every watch of the nodes again each 5 to 10 minutes: four of each kubelet, its root certificate among them, and three of each proxy', () => {
    const watches = world.calls.filter(({ verb, client }) => verb === 'WATCH' && /^kube(let|-proxy)$/.test(client));
    // The mean of uniform(5, 10) minutes is 7.5.
    within(watches.length, (7 * NODES * HOUR) / 450, 0.06);
  });

  it('writes no pod, no slice and no workload, and lists nothing', () => {
    const quiet = world.calls.filter(
      ({ verb, resource }) =>
        verb === 'LIST' ||
        (['pods', 'endpointslices', 'endpoints', 'replicasets', 'deployments'].includes(resource) && verb !== 'WATCH'),
    );
    expect(world.tally(quiet)).toEqual({});
    expect(world.podChanges).toEqual([]);
  });

  it('is written about by leases and node statuses alone', () => {
    const writes = world.calls.filter(({ verb }) => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(verb));
    const kinds = new Set(writes.map(({ what }) => what));
    expect([...kinds].sort()).toEqual(['PATCH nodes/status', 'POST serviceaccounts/token', 'PUT leases']);
  });
});
