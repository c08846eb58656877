/**
 * Services and their endpoints by revision: what each change of a Service or an EndpointSlice does to the rules, counted once and shared by all nodes.
 * A proxy's view is a position in this history (it has taken over the changes before it), its zone, and its node: what only they count (Local
 * traffic policies, hints) is kept beside the shared counts as differences. All counts are kept incrementally.
 */
import {
  type EndpointSliceVersions,
  type Kind,
  kinds,
  NO_VERSION,
  type ServiceSpecification,
  type ServiceVersions,
  type SliceEndpoint,
} from '../../cluster/index.ts';
import type { Change } from '../etcd/index.ts';
import { DifferenceLog } from './difference-log.ts';
import { add, type Counts, isProxied, type ModeParameters, NO_ZONE, type ProxyMode, subtract } from './modes/index.ts';
import { type CountingRules, nothing, type ServiceCounts, ServiceState } from './service-state.ts';

/** Whose view is asked for: a node by its key, and its zone ('' = none). */
export interface Viewer {
  readonly node: number;
  readonly zone: string;
}

/** One change. */
interface Entry {
  readonly revision: number;
  readonly kind: Kind;
  readonly service: number;
  /** When what it reflects happened [ns], -1 = it reflects nothing that is timed. */
  readonly trigger: number;
  /** The service from here on: what it asks for, what it counts, and its endpoints slice by slice if somebody chooses among them. */
  readonly specification: ServiceSpecification | null;
  readonly counts: ServiceCounts;
  readonly slices: readonly (readonly SliceEndpoint[])[] | undefined;
  /** Position of the change of this service before it, -1 = there is none. */
  readonly previous: number;
  /** Sums over all services from here on, for a node without anything of its own, and over their endpoints and ports. */
  readonly total: Counts;
  readonly endpoints: number;
  readonly ports: number;
  /** Sums over all changes so far: of those that changed something, and of endpoints that went out of use. */
  readonly effects: number;
  readonly lost: number;
}

/** What services that changed between two positions had before, and have after. */
export interface ChangedServices {
  readonly before: Counts;
  readonly after: Counts;
  readonly services: number;
}

/** The same for all nodes, and whether some nodes or zones count something beside it. */
interface SharedChanges extends ChangedServices {
  readonly differs: boolean;
}

/** What a change does beside its counts. */
interface Effect {
  readonly changes: boolean;
  readonly endpoints: number;
  readonly ports: number;
  readonly lost: number;
  readonly trigger: number;
}

/** Ranges of positions whose changes are remembered: proxies in step with each other ask for the same ones. */
const REMEMBERED_RANGES = 4096;
/** Positions that a key of a range has room for. */
const POSITIONS = 2 ** 26;

/** The history of one cluster, for one mode. */
export class ServiceHistory {
  private readonly services: ServiceVersions;
  private readonly slices: EndpointSliceVersions;
  private readonly rules: CountingRules;
  private readonly states = new Map<number, ServiceState>();
  /** Position of the latest change of each service, gone or not. */
  private readonly latestOf = new Map<number, number>();
  private readonly entries: Entry[] = [];
  private readonly zones = new Map<string, DifferenceLog>();
  private readonly nodes = new Map<number, DifferenceLog>();
  private readonly start: Counts;
  private keepsEndpoints = false;
  /** Changes by range of positions, for the ranges that were asked for lately. */
  private readonly ranges = new Map<number, SharedChanges>();

  constructor(
    services: ServiceVersions,
    slices: EndpointSliceVersions,
    mode: ProxyMode,
    parameters: ModeParameters,
    zoneOf: (node: number) => string = () => NO_ZONE,
  ) {
    this.services = services;
    this.slices = slices;
    this.rules = { mode, parameters, nothing: nothing(mode), zoneOf };
    this.start = mode.fixed(parameters);
  }

  /** Changes so far. */
  get length(): number {
    return this.entries.length;
  }

  /** From now on the endpoints themselves are kept, for those who choose among them. */
  keepEndpoints(): void {
    this.keepsEndpoints = true;
  }

  // ---- writing -----------------------------------------------------------------------------------------------------------------

  /** Takes a committed change over, if it is of a Service or an EndpointSlice. */
  observe(change: Change): void {
    if (change.kind === kinds.services) this.serviceChanged(change);
    else if (change.kind === kinds.endpointslices) this.sliceChanged(change);
  }

  private serviceChanged({ revision, version, previous }: Change): void {
    const key = this.services.key.get(version === NO_VERSION ? previous : version);
    const state = this.stateOf(key);
    const before = state.specification;
    state.specification = version === NO_VERSION ? null : this.services.specification.get(version);
    const changes = before !== state.specification;
    // With a service go its own chain and those of its endpoints, for each port.
    const lost = version === NO_VERSION ? (before?.ports.length ?? 0) * (1 + state.readyEndpoints) : 0;
    this.append(revision, kinds.services, key, state, {
      changes,
      endpoints: 0,
      ports: portsOf(state.specification) - portsOf(before),
      lost,
      trigger: -1,
    });
  }

  private sliceChanged({ revision, key, version, previous }: Change): void {
    const service = this.slices.owner.get(version === NO_VERSION ? previous : version);
    const state = this.stateOf(service);
    const ready = state.readyEndpoints;
    const before = state.slices.get(key);
    const after = version === NO_VERSION ? undefined : this.slices.endpoints.get(version);
    const changes = before !== after;
    const lost = changes ? state.setSlice(key, after) * (state.specification?.ports.length ?? 0) : 0;
    const trigger = version === NO_VERSION ? -1 : this.slices.triggeredAt.get(version);
    const effect = { changes, endpoints: state.readyEndpoints - ready, ports: 0, lost, trigger };
    this.append(revision, kinds.endpointslices, service, state, effect);
  }

  private append(revision: number, kind: Kind, service: number, state: ServiceState, effect: Effect): void {
    const position = this.entries.length;
    const last = this.entries[position - 1];
    const before = state.counts;
    const counts = effect.changes ? state.recount(this.rules) : before;
    // Slices of a service that nobody has heard of yet are followed too.
    const isFollowed = kind === kinds.endpointslices && state.specification === null;
    const isProxied = isFollowed || counts !== this.rules.nothing || before !== this.rules.nothing;
    let total = last?.total ?? this.start;
    if (counts !== before) {
      total = add(total, subtract(counts.base, before.base));
      this.appendDifferences(position, before, counts);
    }
    this.entries.push({
      revision,
      kind,
      service,
      trigger: effect.changes && isProxied ? effect.trigger : -1,
      specification: state.specification,
      counts,
      slices: this.keepsEndpoints ? [...state.slices.values()] : undefined,
      previous: this.latestOf.get(service) ?? -1,
      total,
      endpoints: (last?.endpoints ?? 0) + effect.endpoints,
      ports: (last?.ports ?? 0) + effect.ports,
      effects: (last?.effects ?? 0) + (effect.changes && isProxied ? 1 : 0),
      lost: (last?.lost ?? 0) + (isProxied ? effect.lost : 0),
    });
    this.latestOf.set(service, position);
    if (state.isGone) this.states.delete(service);
  }

  /** What zones and nodes counted for a service before, and count now. */
  private appendDifferences(position: number, before: ServiceCounts, after: ServiceCounts): void {
    appendAll(this.zones, before.zones, after.zones, position, this.rules.nothing.base);
    appendAll(this.nodes, before.nodes, after.nodes, position, this.rules.nothing.base);
  }

  private stateOf(service: number): ServiceState {
    let state = this.states.get(service);
    if (state === undefined) {
      state = new ServiceState(this.rules.nothing);
      this.states.set(service, state);
    }
    return state;
  }

  // ---- reading -----------------------------------------------------------------------------------------------------------------

  /** First position at or after `from` of a change that a proxy with these seen revisions has not received. */
  advance(from: number, seenServices: number, seenSlices: number): number {
    const { entries } = this;
    let position = from;
    while (position < entries.length) {
      const { kind, revision } = entries[position] as Entry;
      if (revision > (kind === kinds.services ? seenServices : seenSlices)) break;
      position++;
    }
    return position;
  }

  /** Whether something between two positions changes what proxies write. */
  hasEffect(from: number, to: number): boolean {
    return to > from && this.upTo(to, 'effects') > this.upTo(from, 'effects');
  }

  /** Endpoints that went out of use between two positions. */
  lostBetween(from: number, to: number): number {
    return this.upTo(to, 'lost') - this.upTo(from, 'lost');
  }

  /** Endpoints before the change at `position`. */
  endpointsAt(position: number): number {
    return this.upTo(position, 'endpoints');
  }

  /** Ports of services before the change at `position`. */
  portsAt(position: number): number {
    return this.upTo(position, 'ports');
  }

  private upTo(position: number, sum: 'effects' | 'lost' | 'endpoints' | 'ports'): number {
    return position === 0 ? 0 : (this.entries[position - 1] as Entry)[sum];
  }

  /** What a node has before the change at `position`. */
  countsOf(viewer: Viewer, position: number): Counts {
    const shared = position === 0 ? this.start : (this.entries[position - 1] as Entry).total;
    const zone = this.zones.get(viewer.zone)?.before(position);
    const node = this.nodes.get(viewer.node)?.before(position);
    const zoned = zone === undefined ? shared : add(shared, zone);
    return node === undefined ? zoned : add(zoned, node);
  }

  /** The largest of what a measure finds on all nodes at the end of the history. */
  largest(measure: (counts: Counts) => number): number {
    const viewers: Viewer[] = [{ node: -1, zone: NO_ZONE }];
    for (const zone of this.zones.keys()) viewers.push({ node: -1, zone });
    for (const node of this.nodes.keys()) viewers.push({ node, zone: this.rules.zoneOf(node) });
    return Math.max(...viewers.map((viewer) => measure(this.countsOf(viewer, this.length))));
  }

  /** What the services that changed from one position to another had and have on a node. */
  changed(viewer: Viewer, from: number, to: number): ChangedServices {
    const shared = this.sharedChanges(from, to);
    return shared.differs ? this.sumChanges(from, to, (counts) => seenBy(viewer, counts)) : shared;
  }

  private sharedChanges(from: number, to: number): SharedChanges {
    const key = from * POSITIONS + to;
    let shared = this.ranges.get(key);
    if (shared === undefined) {
      let differs = false;
      const changes = this.sumChanges(from, to, ({ base, zones, nodes }) => {
        if (zones.size + nodes.size > 0) differs = true;
        return base;
      });
      shared = { ...changes, differs };
      if (this.ranges.size >= REMEMBERED_RANGES) this.ranges.clear();
      this.ranges.set(key, shared);
    }
    return shared;
  }

  private sumChanges(from: number, to: number, of: (counts: ServiceCounts) => Counts): ChangedServices {
    const touched = new Set<number>();
    let before = this.rules.nothing.base;
    let after = before;
    for (let position = to - 1; position >= from; position--) {
      const { service, counts, previous } = this.entries[position] as Entry;
      if (!touched.has(service)) {
        touched.add(service);
        after = add(after, of(counts));
      }
      // The first change of a service in the range comes after one that the proxy has taken over already.
      if (previous < from && previous >= 0) before = add(before, of((this.entries[previous] as Entry).counts));
    }
    return { before, after, services: touched.size };
  }

  /** Trigger time of the change at a position, -1 = none. */
  triggeredAt(position: number): number {
    return (this.entries[position] as Entry).trigger;
  }

  /** Whether the change at a position is of a Service. */
  isService(position: number): boolean {
    return (this.entries[position] as Entry).kind === kinds.services;
  }

  /** A service as it is before the change at `position`: null if it is not there. The endpoints are there if they are kept. */
  serviceAt(
    service: number,
    position: number,
  ): {
    readonly specification: ServiceSpecification;
    readonly slices: readonly (readonly SliceEndpoint[])[];
    readonly at: number;
  } | null {
    let at = this.latestOf.get(service) ?? -1;
    while (at >= position) at = (this.entries[at] as Entry).previous;
    if (at < 0) return null;
    const { specification, slices } = this.entries[at] as Entry;
    return specification === null ? null : { specification, slices: slices ?? [], at };
  }
}

/** Ports of a service that proxies serve. */
function portsOf(specification: ServiceSpecification | null): number {
  return specification !== null && isProxied(specification) ? specification.ports.length : 0;
}

/** What a node counts for one service. */
function seenBy({ node, zone }: Viewer, { base, zones, nodes }: ServiceCounts): Counts {
  const ofZone = zones.get(zone);
  const ofNode = nodes.get(node);
  const zoned = ofZone === undefined ? base : add(base, ofZone);
  return ofNode === undefined ? zoned : add(zoned, ofNode);
}

/** Differences that are new, have changed or have gone. */
function appendAll<Key>(
  logs: Map<Key, DifferenceLog>,
  before: ReadonlyMap<Key, Counts>,
  after: ReadonlyMap<Key, Counts>,
  position: number,
  nothing: Counts,
): void {
  const append = (key: Key, difference: Counts) => {
    if (difference.every((value) => value === 0)) return;
    let log = logs.get(key);
    if (log === undefined) {
      log = new DifferenceLog(nothing);
      logs.set(key, log);
    }
    log.append(position, difference);
  };
  for (const [key, counts] of after) append(key, subtract(counts, before.get(key) ?? nothing));
  for (const [key, counts] of before) if (!after.has(key)) append(key, subtract(nothing, counts));
}
