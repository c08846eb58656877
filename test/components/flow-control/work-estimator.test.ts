import { describe, expect, it } from 'vitest';
import { kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { ReadNumber, type RequestId, Verb, writes } from '../../../src/components/api-machinery/index.ts';
import { FlowRequests } from '../../../src/components/kube-apiserver/flow-control/flow-requests.ts';
import { WorkEstimator } from '../../../src/components/kube-apiserver/flow-control/work-estimator.ts';
import { type ApiServer, EVERYTHING } from '../../../src/components/kube-apiserver/index.ts';
import { ApiWorld, type Overrides } from '../api-world.ts';

const NO_BOUND = Number.POSITIVE_INFINITY;

/** A server with 2,000 ConfigMaps of 1 kB, and the estimates of its requests. */
function estimates(overrides: Overrides['kubeApiserver'] = {}, watchers = 0) {
  const world = new ApiWorld({ kubeApiserver: { ...overrides } });
  const server = world.servers[0] as ApiServer;
  const table = world.tables.of(kinds.configmaps);
  for (let i = 0; i < 2000; i++) {
    const version = table.allocate(world.configMap(`c${i}`));
    table.bytes.set(version, 1000);
    server.preload(kinds.configmaps, world.configMap(`c${i}`), version, 1);
  }
  const { log } = server.cache(kinds.configmaps);
  for (let i = 0; i < watchers; i++) log.openWatch(EVERYTHING, 1, null);
  const estimator = new WorkEstimator({
    simulation: world.simulation,
    requests: world.requests,
    tables: world.tables,
    parameters: world.parameters.kubeApiserver,
    resource: (kind) => server.cache(kind),
  });
  const estimate = (request: RequestId, widest: number) => {
    const columns = new FlowRequests();
    columns.ensure(request);
    estimator.estimate(request, columns, widest);
    return {
      seats: columns.initialSeats[request],
      final: columns.finalSeats[request],
      extra: (columns.extraLatency[request] ?? 0) / 1e6,
    };
  };
  const client = world.client();
  return {
    /** Seats of a list. */
    list: (fromCache: boolean, numbers: Readonly<Record<number, number>> = {}, widest = NO_BOUND) => {
      const request = client.list(kinds.configmaps, EVERYTHING, fromCache);
      for (const [index, value] of Object.entries(numbers)) world.requests.setNumber(request, Number(index), value);
      return estimate(request, widest).seats;
    },
    /** Seats of a watch, with or without what is there at first. */
    watch: (initialEvents: number) => {
      const request = world.requests.allocate(Verb.Watch, kinds.configmaps, -1 as ObjectKey);
      world.requests.setNumber(request, ReadNumber.Bucket, EVERYTHING);
      world.requests.setNumber(request, ReadNumber.InitialEvents, initialEvents);
      return estimate(request, NO_BOUND).seats;
    },
    get: () => estimate(client.read(kinds.configmaps, world.configMap('c1')), NO_BOUND).seats,
    update: (widest = NO_BOUND) => estimate(client.write(writes.configMapUpdate, world.configMap('c1')), widest),
  };
}

describe('the seats of a list by bytes (list_work_estimator.go:seatsBasedOnObjectSize)', () => {
  it('from the cache are those of 1 MB at most, a tenth of that each', () => {
    expect(estimates().list(true)).toBe(10);
    expect(estimates().list(true, { [ReadNumber.Limit]: 250 })).toBe(3);
  });

  it('of a consistent list are the same, unless it has to come from etcd', () => {
    expect(estimates().list(false)).toBe(10);
    expect(estimates({ consistentListFromCache: false }).list(false)).toBe(20);
  });

  it('from etcd go by the page, or by half of what there is if a selector narrows it', () => {
    const { list } = estimates({ consistentListFromCache: false });
    expect(list(false, { [ReadNumber.Limit]: 500 })).toBe(5);
    expect(list(false, { [ReadNumber.Limit]: 500, [ReadNumber.SelectedShare]: 0.1 })).toBe(10);
  });

  it('are bounded by what the level allows, and are one for an object by its name', () => {
    const { list } = estimates();
    expect(list(true, {}, 8)).toBe(8);
    expect(list(true, { [ReadNumber.Bucket]: 7 })).toBe(1);
  });

  it('are taken by a watch that begins with what there is; another one takes one, as a GET does', () => {
    const { watch, get } = estimates();
    expect([watch(1), watch(0), get()]).toEqual([10, 1, 1]);
  });
});

describe('the seats of a list by objects (up to 1.33)', () => {
  const old = { listWidth: 'objects', listMaximumSeats: 10, widthByLevel: false, consistentListFromCache: false };

  it('are one for each hundred that are looked at: twice the page from etcd, all for a selector or from the cache', () => {
    const { list } = estimates(old);
    expect(list(false, { [ReadNumber.Limit]: 100 })).toBe(2);
    expect(list(false, { [ReadNumber.Limit]: 100, [ReadNumber.SelectedShare]: 0.1 })).toBe(10);
    expect(estimates({ ...old, listMaximumSeats: 100 }).list(true)).toBe(20);
    expect(
      estimates({ ...old, listMaximumSeats: 100 }).list(false, {
        [ReadNumber.Limit]: 100,
        [ReadNumber.SelectedShare]: 0.1,
      }),
    ).toBe(21);
  });

  it('know no bound by level', () => {
    expect(estimates(old).list(true, {}, 4)).toBe(10);
  });
});

describe('the seats of a write (mutating_work_estimator.go)', () => {
  it.each([
    // Fewer than ten watchers cost nothing; each ten more are a seat for 5 ms; beyond the widest it is longer instead of wider.
    [9, NO_BOUND, 0, 0],
    [10, NO_BOUND, 1, 5],
    [11, NO_BOUND, 2, 5],
    [95, NO_BOUND, 10, 5],
    [200, NO_BOUND, 10, 10],
    [200, 4, 4, 25],
  ])('that %d watch: at most %d a request, %d stay for %d ms', (watchers, widest, final, extra) => {
    expect(estimates({}, watchers).update(widest)).toEqual({ seats: 1, final, extra });
  });
});
