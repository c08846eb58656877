import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  kinds,
  NO_VERSION,
  type ObjectKey,
  ObjectTables,
  type ServiceSpecification,
  type SliceEndpoint,
  type VersionHandle,
} from '../../../src/cluster/index.ts';
import {
  add,
  type ModeParameters,
  NO_NODE,
  NO_ZONE,
  type ProxyModeName,
  proxyModeNames,
  proxyModes,
  subtract,
  viewOf,
} from '../../../src/components/kube-proxy/modes/index.ts';
import { ServiceHistory } from '../../../src/components/kube-proxy/service-history.ts';
import { ServiceViews } from '../../../src/components/kube-proxy/service-views.ts';
import { endpointsArbitrary, NODES, parametersWith, serviceArbitrary, zoneOf } from './services.ts';
import { twins } from './twins.ts';
import type { WrittenService } from './written.ts';

const SERVICES = 3;
const SLICES_PER_SERVICE = 2;
/** Pods of each slice have numbers of their own. */
const PODS_PER_SLICE = 100;

/** Something that happens in a random world: an object is written (anew or again) or deleted (null). */
type Step =
  | { readonly what: 'service'; readonly service: number; readonly specification: ServiceSpecification | null }
  | { readonly what: 'slice'; readonly slice: number; readonly endpoints: readonly SliceEndpoint[] | null };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    what: fc.constant('service' as const),
    service: fc.nat(SERVICES - 1),
    specification: fc.option(serviceArbitrary, { nil: null, freq: 6 }),
  }),
  fc.nat(SERVICES * SLICES_PER_SERVICE - 1).chain((slice) =>
    fc.record({
      what: fc.constant('slice' as const),
      slice: fc.constant(slice),
      endpoints: fc.option(endpointsArbitrary(slice * PODS_PER_SLICE), { nil: null, freq: 6 }),
    }),
  ),
);

/** The world after each change, kept the obvious way. */
type Snapshot = readonly WrittenService[];

/** Plays steps into a history and into snapshots, of which the first is the empty world. */
function play(mode: ProxyModeName, parameters: ModeParameters, steps: readonly Step[]) {
  const tables = new ObjectTables();
  const history = new ServiceHistory(tables.services, tables.endpointslices, proxyModes[mode], parameters, zoneOf);
  const current = new Map<string, VersionHandle>();
  const services = new Map<number, ServiceSpecification>();
  const slices = new Map<number, readonly SliceEndpoint[]>();
  const touched: number[] = [];
  const snapshots: Snapshot[] = [[]];
  for (const step of steps) {
    const key = step.what === 'service' ? step.service : step.slice;
    const previous = current.get(`${step.what} ${key}`) ?? NO_VERSION;
    const service = step.what === 'service' ? key : Math.floor(key / SLICES_PER_SERVICE);
    const isDeleted = (step.what === 'service' ? step.specification : step.endpoints) === null;
    if (isDeleted && previous === NO_VERSION) continue;
    let version: VersionHandle = NO_VERSION;
    if (step.what === 'service') {
      if (step.specification === null) services.delete(key);
      else {
        version = tables.services.allocate(key as ObjectKey);
        tables.services.specification.set(version, step.specification);
        services.set(key, step.specification);
      }
    } else if (step.endpoints === null) {
      slices.delete(key);
    } else {
      version = tables.endpointslices.allocate(key as ObjectKey);
      tables.endpointslices.owner.set(version, service);
      tables.endpointslices.endpoints.set(version, step.endpoints);
      slices.set(key, step.endpoints);
    }
    if (isDeleted) current.delete(`${step.what} ${key}`);
    else current.set(`${step.what} ${key}`, version);
    const kind = step.what === 'service' ? kinds.services : kinds.endpointslices;
    history.observe({ revision: snapshots.length, kind, key: key as ObjectKey, version, previous });
    touched.push(service);
    snapshots.push(
      [...services].map(([at, specification]) => ({
        name: `service-${at}`,
        specification,
        endpoints: [...slices].flatMap(([slice, ends]) => (Math.floor(slice / SLICES_PER_SERVICE) === at ? ends : [])),
      })),
    );
  }
  return { history, snapshots, touched };
}

const viewers = [...NODES.map((node) => ({ node, zone: zoneOf(node) })), { node: NO_NODE, zone: 'b' }];

const settings = [{}, { nftablesEndpointChains: true, localhostNodePorts: false, nodeAddresses: 3 }] as const;

describe.each(proxyModeNames)('the %s mode', (name) => {
  const mode = proxyModes[name];

  it.each(settings)('counts on every node, at every position, what is written there in full (%o)', (changes) => {
    const parameters = parametersWith(changes);
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 16 }), (steps) => {
        const { history, snapshots } = play(name, parameters, steps);
        for (const [position, services] of snapshots.entries()) {
          for (const { node, zone } of viewers) {
            const written = add(mode.fixed(parameters), twins[name](services, node, zone, parameters));
            expect(history.countsOf({ node, zone }, position)).toEqual(written);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('knows for every range of positions what the services that changed had and have', () => {
    const parameters = parametersWith();
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 8 }), (steps) => {
        const { history, snapshots, touched } = play(name, parameters, steps);
        for (let from = 0; from < snapshots.length; from++) {
          for (let to = from; to < snapshots.length; to++) {
            const changed = new Set(touched.slice(from, to).map((service) => `service-${service}`));
            const ofChanged = (snapshot: Snapshot) => snapshot.filter((service) => changed.has(service.name));
            for (const { node, zone } of viewers) {
              const work = history.changed({ node, zone }, from, to);
              expect(work.services).toBe(changed.size);
              expect(work.before).toEqual(twins[name](ofChanged(snapshots[from] ?? []), node, zone, parameters));
              expect(work.after).toEqual(twins[name](ofChanged(snapshots[to] ?? []), node, zone, parameters));
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('tells the largest of all nodes', () => {
    const parameters = parametersWith();
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 10 }), (steps) => {
        const { history, snapshots } = play(name, parameters, steps);
        const everywhere = [...viewers, { node: NO_NODE, zone: 'a' }, { node: NO_NODE, zone: NO_ZONE }];
        const totals = everywhere.map((viewer) => mode.total(history.countsOf(viewer, snapshots.length - 1)));
        expect(history.largest((counts) => mode.total(counts))).toBe(Math.max(...totals));
      }),
      { numRuns: 50 },
    );
  });

  it('takes nothing for a service that is headless or only a name', () => {
    const parameters = parametersWith();
    const view = { cluster: 3, local: 1, either: 3, anywhere: true, onNode: 1 };
    fc.assert(
      fc.property(serviceArbitrary, (service) => {
        for (const nowhere of [{ headless: true }, { type: 'ExternalName' as const }]) {
          const counts = mode.count({ ...service, ...nowhere }, view, parameters);
          expect(subtract(counts, counts)).toEqual(counts);
        }
      }),
    );
  });
});

describe('views of a service', () => {
  it('are the same for each node as if its endpoints were sorted for this node alone', () => {
    fc.assert(
      fc.property(fc.array(endpointsArbitrary(0), { minLength: 1, maxLength: 1 }), ([endpoints = []]) => {
        const views = new ServiceViews([endpoints]);
        for (const { node, zone } of viewers) expect(views.ofNode(node, zone)).toEqual(viewOf(endpoints, node, zone));
      }),
      { numRuns: 500 },
    );
  });
});
