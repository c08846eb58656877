import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Kind,
  kinds,
  NO_VERSION,
  type ObjectKey,
  ObjectTables,
  type ServiceSpecification,
  type SliceEndpoint,
  type VersionHandle,
} from '../../../src/cluster/index.ts';
import { proxyModes } from '../../../src/components/kube-proxy/modes/index.ts';
import { ServiceHistory } from '../../../src/components/kube-proxy/service-history.ts';
import { listedRules, serviceArbitrary, writeRules } from './services.ts';

const { fixed } = proxyModes.iptables;
const SERVICES = 4;
const SLICES_PER_SERVICE = 3;

/** Something that happens in a random world: an object is written (anew or again) or deleted. */
type Step =
  | { readonly what: 'service'; readonly service: number; readonly specification: ServiceSpecification | null }
  | {
      readonly what: 'slice';
      readonly service: number;
      readonly slice: number;
      /** Readiness of its endpoints; null = the slice is deleted. */
      readonly ready: readonly boolean[] | null;
      readonly trigger: number;
    };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    what: fc.constant('service' as const),
    service: fc.nat(SERVICES - 1),
    specification: fc.option(serviceArbitrary, { nil: null }),
  }),
  fc.record({
    what: fc.constant('slice' as const),
    service: fc.nat(SERVICES - 1),
    slice: fc.nat(SLICES_PER_SERVICE - 1),
    ready: fc.option(fc.array(fc.boolean(), { maxLength: 6 }), { nil: null }),
    trigger: fc.integer({ min: -1, max: 1000 }),
  }),
);

/** The world after each change, kept the obvious way. */
interface Snapshot {
  readonly kind: Kind;
  readonly service: number;
  readonly trigger: number;
  readonly services: ReadonlyMap<number, ServiceSpecification>;
  readonly endpoints: ReadonlyMap<number, number>;
}

/** Plays the steps into a history and into snapshots. */
function play(steps: readonly Step[]): { history: ServiceHistory; snapshots: Snapshot[] } {
  const tables = new ObjectTables();
  const history = new ServiceHistory(tables.services, tables.endpointslices, proxyModes.iptables);
  const current = new Map<string, VersionHandle>();
  const services = new Map<number, ServiceSpecification>();
  const slices = new Map<number, number>();
  const snapshots: Snapshot[] = [];
  for (const step of steps) {
    const key = step.what === 'service' ? step.service : step.service * SLICES_PER_SERVICE + step.slice;
    const previous = current.get(`${step.what} ${key}`) ?? NO_VERSION;
    const isDeleted = (step.what === 'service' ? step.specification : step.ready) === null;
    if (isDeleted && previous === NO_VERSION) continue;
    let version: VersionHandle = NO_VERSION;
    let trigger = -1;
    if (step.what === 'service') {
      if (step.specification === null) services.delete(key);
      else {
        version = tables.services.allocate(key as ObjectKey);
        tables.services.specification.set(version, step.specification);
        services.set(key, step.specification);
      }
    } else if (step.ready === null) {
      slices.delete(key);
    } else {
      version = tables.endpointslices.allocate(key as ObjectKey);
      trigger = step.trigger;
      tables.endpointslices.owner.set(version, step.service);
      tables.endpointslices.triggeredAt.set(version, trigger);
      tables.endpointslices.endpoints.set(version, step.ready.map(endpoint));
      slices.set(key, step.ready.filter((ready) => ready).length);
    }
    if (isDeleted) current.delete(`${step.what} ${key}`);
    else current.set(`${step.what} ${key}`, version);
    const kind = step.what === 'service' ? kinds.services : kinds.endpointslices;
    history.observe({ revision: 10 * (snapshots.length + 1), kind, key: key as ObjectKey, version, previous });
    snapshots.push({ kind, service: step.service, trigger, services: new Map(services), endpoints: sums(slices) });
  }
  return { history, snapshots };
}

function endpoint(ready: boolean): SliceEndpoint {
  return { pod: 0 as ObjectKey, node: 0 as ObjectKey, ready, serving: ready, terminating: false };
}

/** Usable endpoints by service. */
function sums(slices: ReadonlyMap<number, number>): Map<number, number> {
  const endpoints = new Map<number, number>();
  for (const [slice, count] of slices) {
    const service = Math.floor(slice / SLICES_PER_SERVICE);
    endpoints.set(service, (endpoints.get(service) ?? 0) + count);
  }
  return endpoints;
}

function rulesOf({ services, endpoints }: Snapshot, service: number) {
  const specification = services.get(service);
  return specification === undefined
    ? { nat: [], filter: [], chains: [] }
    : writeRules(specification, endpoints.get(service) ?? 0);
}

/** What a sync from one position to another writes, counted anew. */
function recount(snapshots: readonly Snapshot[], from: number, to: number) {
  const at = snapshots[to - 1];
  let nat = fixed.nat;
  let filter = fixed.filter;
  let listed = 0;
  let own = 0;
  const changed = new Set(snapshots.slice(from, to).map(({ service }) => service));
  for (let service = 0; at !== undefined && service < SERVICES; service++) {
    const rules = rulesOf(at, service);
    const isListed = listedRules(rules).length;
    nat += rules.nat.length;
    filter += rules.filter.length;
    listed += isListed;
    if (changed.has(service)) own += rules.nat.length + rules.filter.length + rules.chains.length - isListed;
  }
  return { nat, filter, rules: nat + filter, partialLines: listed + own };
}

const world = fc.array(stepArbitrary, { maxLength: 40 });

describe('the history of services', () => {
  it('counts rules step by step as a full recount does', () => {
    fc.assert(
      fc.property(world, (steps) => {
        const { history, snapshots } = play(steps);
        expect(history.length).toBe(snapshots.length);
        for (let to = 0; to <= snapshots.length; to++) {
          expect(history.rulesAt(to)).toBe(recount(snapshots, to, to).rules);
          const endpoints = [...(snapshots[to - 1]?.endpoints.values() ?? [])];
          expect(history.endpointsAt(to)).toBe(endpoints.reduce((sum, count) => sum + count, 0));
        }
        const { nat, filter } = recount(snapshots, 0, snapshots.length);
        expect(history.latest).toEqual({ nat, filter });
      }),
      { numRuns: 200 },
    );
  });

  it('knows what a partial and a full sync between any two positions write', () => {
    fc.assert(
      fc.property(
        world,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (steps, a, b) => {
          const { history, snapshots } = play(steps);
          const from = Math.floor(Math.min(a, b) * snapshots.length);
          const to = Math.floor(Math.max(a, b) * snapshots.length);
          const { rules, partialLines } = recount(snapshots, from, to);
          expect(history.work(from, to, true)).toEqual({ lines: rules, rules });
          expect(history.work(from, to, false)).toEqual({ lines: partialLines, rules });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('advances a proxy to the first change that it has not received', () => {
    fc.assert(
      fc.property(world, fc.nat(450), fc.nat(450), fc.nat(40), (steps, seenServices, seenSlices, start) => {
        const { history, snapshots } = play(steps);
        const from = Math.min(start, snapshots.length);
        let expected = from;
        while (expected < snapshots.length) {
          const seen = snapshots[expected]?.kind === kinds.services ? seenServices : seenSlices;
          if (10 * (expected + 1) > seen) break;
          expected++;
        }
        expect(history.advance(from, seenServices, seenSlices)).toBe(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps the trigger times of slices that were written, and none of those that were deleted', () => {
    fc.assert(
      fc.property(world, (steps) => {
        const { history, snapshots } = play(steps);
        expect(snapshots.map((_, position) => history.triggeredAt(position))).toEqual(
          snapshots.map(({ trigger }) => trigger),
        );
      }),
      { numRuns: 50 },
    );
  });
});
