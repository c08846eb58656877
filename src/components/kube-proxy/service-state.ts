/** One service as it is at the end of the history: its specification, its slices, and what nodes count for it. */
import type { ServiceSpecification, SliceEndpoint } from '../../cluster/index.ts';
import {
  type Counts,
  type EndpointView,
  isNothing,
  isProxied,
  type ModeParameters,
  NO_ZONE,
  type ProxyMode,
  subtract,
  usesLocal,
} from './modes/index.ts';
import { ServiceViews } from './service-views.ts';

/** What a service counts on nodes. */
export interface ServiceCounts {
  /** On a node that has nothing of its own to count. */
  readonly base: Counts;
  /** What the nodes of a zone count beside that; zones that are not named count nothing more. */
  readonly zones: ReadonlyMap<string, Counts>;
  /** What a node counts beside what its zone does. */
  readonly nodes: ReadonlyMap<number, Counts>;
}

/** How the counts of services are found. */
export interface CountingRules {
  readonly mode: ProxyMode;
  readonly parameters: ModeParameters;
  readonly nothing: ServiceCounts;
  /** Zone of a node, '' = none. */
  zoneOf(node: number): string;
}

/** A service that counts nothing. */
export function nothing(mode: ProxyMode): ServiceCounts {
  return { base: mode.counted.map(() => 0), zones: new Map(), nodes: new Map() };
}

/** The latest state of one service. */
export class ServiceState {
  specification: ServiceSpecification | null = null;
  /** Endpoints by slice. */
  readonly slices = new Map<number, readonly SliceEndpoint[]>();
  counts: ServiceCounts;
  /** Sums over its slices: endpoints that are Ready, that serve while they terminate, and that have hints. */
  private ready = 0;
  private draining = 0;
  private hinted = 0;

  constructor(counts: ServiceCounts) {
    this.counts = counts;
  }

  /** Endpoints that are listed as Ready. */
  get readyEndpoints(): number {
    return this.ready;
  }

  /** Whether nothing of it is left. */
  get isGone(): boolean {
    return this.specification === null && this.slices.size === 0;
  }

  /** A slice has been written, or deleted (undefined). Returns how many endpoints that could be used cannot be any more. */
  setSlice(key: number, endpoints: readonly SliceEndpoint[] | undefined): number {
    const before = this.slices.get(key) ?? [];
    this.tally(before, -1);
    this.tally(endpoints ?? [], 1);
    if (endpoints === undefined) this.slices.delete(key);
    else this.slices.set(key, endpoints);
    return lost(before, endpoints ?? []);
  }

  private tally(endpoints: readonly SliceEndpoint[], sign: number): void {
    for (const { ready, serving, terminating, hints } of endpoints) {
      if (ready) this.ready += sign;
      else if (serving && terminating) this.draining += sign;
      if (hints !== undefined) this.hinted += sign;
    }
  }

  /** Counts anew what nodes have of it. */
  recount(rules: CountingRules): ServiceCounts {
    const { mode, parameters } = rules;
    const { specification } = this;
    if (specification === null || !isProxied(specification)) {
      this.counts = rules.nothing;
    } else if (this.isSameEverywhere(specification, mode)) {
      this.counts = { ...rules.nothing, base: mode.count(specification, this.view(), parameters) };
    } else {
      this.counts = this.countByNode(specification, rules);
    }
    return this.counts;
  }

  private isSameEverywhere(specification: ServiceSpecification, mode: ProxyMode): boolean {
    return (
      !mode.countsOnNode && this.hinted === 0 && !specification.ports.some((port) => usesLocal(specification, port))
    );
  }

  private view(): EndpointView {
    const cluster = this.ready > 0 ? this.ready : this.draining;
    return { cluster, local: 0, either: cluster, anywhere: cluster > 0, onNode: 0 };
  }

  private countByNode(specification: ServiceSpecification, { mode, parameters, zoneOf }: CountingRules): ServiceCounts {
    const views = new ServiceViews(this.slices.values());
    const count = (view: EndpointView) => mode.count(specification, view, parameters);
    const base = count(views.ofZone(NO_ZONE));
    const zones = new Map<string, Counts>();
    for (const zone of views.zones) setDifference(zones, zone, subtract(count(views.ofZone(zone)), base));
    const nodes = new Map<number, Counts>();
    for (const node of views.nodes) {
      const zone = zoneOf(node);
      setDifference(nodes, node, subtract(count(views.ofNode(node, zone)), count(views.ofZone(zone))));
    }
    return { base, zones, nodes };
  }
}

function setDifference<Key>(differences: Map<Key, Counts>, key: Key, counts: Counts): void {
  if (!isNothing(counts)) differences.set(key, counts);
}

const isUsable = (endpoint: SliceEndpoint) => endpoint.ready || (endpoint.serving && endpoint.terminating);

/** Endpoints that could be used before and cannot be any more. */
function lost(before: readonly SliceEndpoint[], after: readonly SliceEndpoint[]): number {
  if (before.length === 0) return 0;
  const usable = new Set<number>();
  for (const endpoint of after) if (isUsable(endpoint)) usable.add(endpoint.pod);
  let gone = 0;
  for (const endpoint of before) if (isUsable(endpoint) && !usable.has(endpoint.pod)) gone++;
  return gone;
}
