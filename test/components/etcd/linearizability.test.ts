/** Whatever happens to the members, what clients see of etcd is as if there were one store that does one thing at a time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kind, VersionHandle } from '../../../src/cluster/index.ts';
import type { Keyspace } from '../../../src/components/etcd/mvcc/index.ts';
import { type Operation, violations } from './linearizability.ts';
import { type Fault, type Plan, StoreHistory } from './store-history.ts';

const faultArbitrary: fc.Arbitrary<Fault> = fc.record({
  type: fc.constantFrom('killLeader', 'killMember', 'pause', 'cutLeader', 'cutMember', 'oneWay', 'slow', 'transfer'),
  at: fc.integer({ min: 0, max: 8000 }),
  member: fc.nat({ max: 4 }),
  span: fc.integer({ min: 100, max: 5000 }),
});

const planArbitrary: fc.Arbitrary<Plan> = fc.record({
  seed: fc.nat({ max: 1e6 }),
  members: fc.constantFrom(1, 3, 5),
  clients: fc.integer({ min: 2, max: 5 }),
  keys: fc.integer({ min: 1, max: 3 }),
  operations: fc.integer({ min: 20, max: 60 }),
  faults: fc.array(faultArbitrary, { maxLength: 4 }),
});

const overdueReads: Plan = {
  seed: 550,
  members: 3,
  clients: 2,
  keys: 2,
  operations: 26,
  faults: [
    { type: 'cutLeader', at: 6719, member: 1, span: 4312 },
    { type: 'oneWay', at: 1095, member: 0, span: 4652 },
    { type: 'killMember', at: 7146, member: 1, span: 1699 },
    { type: 'cutMember', at: 3239, member: 1, span: 3732 },
    { type: 'oneWay', at: 4334, member: 2, span: 1047 },
  ],
};

/** An operation that was answered at once, for histories by hand. */
function operation(
  id: number,
  said: Partial<Operation> & Pick<Operation, 'type' | 'invokedAt' | 'answeredAt'>,
): Operation {
  const rest = { client: id, key: 0, expected: 0, value: 0, seenValue: 0, seenRevision: 0, storeRevision: 1 };
  return { id, outcome: 'succeeded', ...rest, ...said };
}

describe('the judge of histories', () => {
  const write = (
    id: number,
    value: number,
    expected: number,
    revision: number,
    invokedAt: number,
    answeredAt: number,
  ) =>
    operation(id, {
      type: 'put',
      value,
      expected,
      seenValue: value,
      seenRevision: revision,
      storeRevision: revision,
      invokedAt,
      answeredAt,
    });
  const read = (id: number, value: number, revision: number, invokedAt: number, answeredAt: number, store = revision) =>
    operation(id, {
      type: 'get',
      seenValue: value,
      seenRevision: revision,
      storeRevision: store,
      invokedAt,
      answeredAt,
    });

  it('accepts reads that see a write in progress or not, and not the old value again after the new', () => {
    const create = write(0, 10, 0, 2, 0, 1);
    const put = write(1, 11, 2, 3, 5, 20);
    expect(violations([create, put, read(2, 10, 2, 6, 7), read(3, 11, 3, 8, 9)])).toEqual([]);
    const again = violations([create, put, read(2, 11, 3, 6, 7), read(3, 10, 2, 8, 9)]);
    expect(again).toContain('no order explains what was seen of key 0');
  });

  it('accepts an old serializable read, if it is of the store as it was', () => {
    const create = write(0, 10, 0, 2, 0, 1);
    const put = write(1, 11, 2, 3, 5, 6);
    const look = (value: number, revision: number, store: number) => ({
      ...read(2, value, revision, 8, 9, store),
      type: 'look' as const,
    });
    expect(violations([create, put, look(10, 2, 2)])).toEqual([]);
    expect(violations([create, put, look(10, 2, 3)])).not.toEqual([]);
    expect(violations([create, put, look(11, 3, 2)])).not.toEqual([]);
  });

  it('lets a write without answer have happened, at any later time, or not', () => {
    const create = write(0, 10, 0, 2, 0, 1);
    const lost = { ...write(1, 11, 2, 0, 5, Number.POSITIVE_INFINITY), outcome: 'unknown' as const, storeRevision: 0 };
    expect(violations([create, lost, read(2, 10, 2, 50, 51), read(3, 11, 3, 60, 61)])).toEqual([]);
    expect(violations([create, lost, read(2, 10, 2, 50, 51)])).toEqual([]);
    expect(violations([create, lost, read(2, 11, 3, 50, 51), read(3, 10, 2, 60, 61, 3)])).not.toEqual([]);
    const tooEarly = read(3, 11, 3, 2, 3);
    expect(violations([create, lost, tooEarly])).not.toEqual([]);
  });

  it('does not accept two writes on one condition, nor one revision for two', () => {
    const create = write(0, 10, 0, 2, 0, 1);
    expect(violations([create, write(1, 11, 2, 3, 5, 9), write(2, 12, 2, 4, 6, 8)])).not.toEqual([]);
    const elsewhere = { ...write(2, 12, 0, 2, 3, 4), key: 1 };
    expect(violations([create, elsewhere]).join()).toContain('revision 2');
  });
});

/** How many of some plans a planted bug is caught in. */
function caughtIn(plant: (world: StoreHistory) => void): number {
  let caught = 0;
  for (let seed = 0; seed < 12; seed++) {
    const world = new StoreHistory({
      seed,
      members: 3,
      clients: 5,
      keys: 1,
      operations: 40,
      faults: [{ type: 'cutMember', at: 2000, member: seed, span: 1500 }],
    });
    plant(world);
    if (violations(world.run()).length > 0) caught++;
  }
  return caught;
}

describe('etcd', () => {
  it('is linearizable, through kills, pauses, cuts, one-way cuts, slow links and transfers of the leadership', () => {
    let answered = 0;
    let unknown = 0;
    fc.assert(
      fc.property(planArbitrary, (plan) => {
        const history = new StoreHistory(plan).run();
        expect(history).toHaveLength(plan.clients * plan.operations);
        for (const { outcome } of history) outcome === 'unknown' ? unknown++ : answered++;
        expect(violations(history)).toEqual([]);
      }),
      // The first one has reads whose deadlines pass, and whose slots are taken by writes.
      { numRuns: 60, examples: [[overdueReads]] },
    );
    // The faults are felt, and do not stop everything.
    expect(answered).toBeGreaterThan(1000);
    expect(unknown).toBeGreaterThan(10);
  });

  it('without a planted bug passes the plans that the bugs are planted in', () => {
    expect(caughtIn(() => {})).toBe(0);
  });

  it('with a planted stale read, for which a member asks nobody, is caught', () => {
    const caught = caughtIn(({ store }) => {
      for (const { reads, member } of store.members.seats)
        reads.join = (request) => store.onReadReady(member, request, 0);
    });
    expect(caught).toBeGreaterThan(0);
  });

  it('with a planted lost update, a write whose condition is that of the moment it is sent, is caught', () => {
    const caught = caughtIn(({ store, requests, tables }) => {
      const send = store.send.bind(store);
      store.send = (server, request) => {
        const kind = requests.kind[request] as Kind;
        const current = store.current(kind, requests.key[request] as never);
        if ((requests.transactionRevision[request] as number) > 0 && (current as number) >= 0) {
          requests.transactionRevision[request] = tables.of(kind).revision.get(current);
        }
        send(server, request);
      };
    });
    expect(caught).toBeGreaterThan(0);
  });

  it('with a planted duplicate revision is caught', () => {
    const caught = caughtIn(({ store, tables }) => {
      // Only a test reaches for the key space of the store.
      const { keyspace } = store as unknown as { readonly keyspace: Keyspace };
      const put = keyspace.put.bind(keyspace);
      let puts = 0;
      keyspace.put = (kind: Kind, version: VersionHandle) => {
        const change = put(kind, version);
        puts++;
        if (puts % 20 === 0) tables.of(kind).revision.set(version, change.revision - 1);
        return change;
      };
    });
    expect(caught).toBeGreaterThan(0);
  });
});
