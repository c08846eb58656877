/**
 * Services and their endpoints by revision: what each change of a Service or an EndpointSlice does to the rules, counted once and shared.
 * A proxy's view is a position in this history: it has taken over the changes before it. Counts are kept incrementally.
 */
import {
  type EndpointSliceVersions,
  type Kind,
  kinds,
  NO_VERSION,
  type ServiceSpecification,
  type ServiceVersions,
} from '../../cluster/index.ts';
import type { Change } from '../etcd/index.ts';
import type { ProxyMode, RuleCount, SyncWork } from './modes/index.ts';

/** A service as it is at the end of the history. */
interface ServiceState {
  specification: ServiceSpecification | null;
  /** Endpoints that can be used, by slice. */
  readonly slices: Map<number, number>;
  endpoints: number;
  count: RuleCount;
}

const NOTHING: RuleCount = { nat: 0, filter: 0, chains: 0, listed: 0 };

/** The history of one cluster, for one mode. */
export class ServiceHistory {
  private readonly services: ServiceVersions;
  private readonly slices: EndpointSliceVersions;
  private readonly mode: ProxyMode;
  private readonly states = new Map<number, ServiceState>();
  /** One entry a change: revision, kind, key of the service, trigger time [ns] (-1 = none). */
  private readonly revisions: number[] = [];
  private readonly kindsOf: Kind[] = [];
  private readonly serviceOf: number[] = [];
  private readonly triggers: number[] = [];
  /** Totals after the change: rules of both tables, lines written in every sync, endpoints; and own lines of the service. */
  private readonly rulesAfter: number[] = [];
  private readonly listedAfter: number[] = [];
  private readonly endpointsAfter: number[] = [];
  private readonly ownLines: number[] = [];
  private rules: number;
  private nat: number;
  private listed = 0;
  private endpoints = 0;

  constructor(services: ServiceVersions, slices: EndpointSliceVersions, mode: ProxyMode) {
    this.services = services;
    this.slices = slices;
    this.mode = mode;
    this.rules = mode.fixed.nat + mode.fixed.filter;
    this.nat = mode.fixed.nat;
  }

  /** Changes so far. */
  get length(): number {
    return this.revisions.length;
  }

  /** Takes a committed change over, if it is of a Service or an EndpointSlice. */
  observe(change: Change): void {
    if (change.kind === kinds.services) this.serviceChanged(change);
    else if (change.kind === kinds.endpointslices) this.sliceChanged(change);
  }

  /** First position at or after `from` of a change that a proxy with these seen revisions has not received. */
  advance(from: number, seenServices: number, seenSlices: number): number {
    let position = from;
    while (position < this.length) {
      const seen = this.kindsOf[position] === kinds.services ? seenServices : seenSlices;
      if ((this.revisions[position] as number) > seen) break;
      position++;
    }
    return position;
  }

  /** What a sync from one position to another has to do. */
  work(from: number, to: number, full: boolean): SyncWork {
    const rules = this.rulesAt(to);
    if (full) return { lines: rules, rules };
    let lines = this.listedAt(to);
    const touched = new Set<number>();
    for (let position = to - 1; position >= from; position--) {
      const service = this.serviceOf[position] as number;
      if (touched.has(service)) continue;
      touched.add(service);
      lines += this.ownLines[position] as number;
    }
    return { lines, rules };
  }

  /** Trigger time of the change at a position, -1 = none. */
  triggeredAt(position: number): number {
    return this.triggers[position] as number;
  }

  /** Rules of both tables before the change at `position`. */
  rulesAt(position: number): number {
    return position === 0 ? this.mode.fixed.nat + this.mode.fixed.filter : (this.rulesAfter[position - 1] as number);
  }

  /** Endpoints before the change at `position`. */
  endpointsAt(position: number): number {
    return position === 0 ? 0 : (this.endpointsAfter[position - 1] as number);
  }

  /** Rules by table at the end of the history. */
  get latest(): { readonly nat: number; readonly filter: number } {
    return { nat: this.nat, filter: this.rules - this.nat };
  }

  private listedAt(position: number): number {
    return position === 0 ? 0 : (this.listedAfter[position - 1] as number);
  }

  private serviceChanged({ revision, version, previous }: Change): void {
    const key = this.services.key.get(version === NO_VERSION ? previous : version);
    const state = this.stateOf(key);
    state.specification = version === NO_VERSION ? null : this.services.specification.get(version);
    this.append(revision, kinds.services, key, state, -1);
  }

  private sliceChanged({ revision, key, version, previous }: Change): void {
    const service = this.slices.owner.get(version === NO_VERSION ? previous : version);
    const state = this.stateOf(service);
    const before = state.slices.get(key) ?? 0;
    let after = 0;
    if (version === NO_VERSION) {
      state.slices.delete(key);
    } else {
      for (const endpoint of this.slices.endpoints.get(version)) if (endpoint.ready) after++;
      state.slices.set(key, after);
    }
    state.endpoints += after - before;
    this.endpoints += after - before;
    const trigger = version === NO_VERSION ? -1 : this.slices.triggeredAt.get(version);
    this.append(revision, kinds.endpointslices, service, state, trigger);
  }

  private append(revision: number, kind: Kind, service: number, state: ServiceState, trigger: number): void {
    const before = state.count;
    state.count = state.specification === null ? NOTHING : this.mode.countService(state.specification, state.endpoints);
    this.nat += state.count.nat - before.nat;
    this.rules += state.count.nat + state.count.filter - before.nat - before.filter;
    this.listed += state.count.listed - before.listed;
    this.revisions.push(revision);
    this.kindsOf.push(kind);
    this.serviceOf.push(service);
    this.triggers.push(trigger);
    this.rulesAfter.push(this.rules);
    this.listedAfter.push(this.listed);
    this.endpointsAfter.push(this.endpoints);
    this.ownLines.push(state.count.nat + state.count.filter + state.count.chains - state.count.listed);
    if (state.specification === null && state.slices.size === 0) this.states.delete(service);
  }

  private stateOf(service: number): ServiceState {
    let state = this.states.get(service);
    if (state === undefined) {
      state = { specification: null, slices: new Map(), endpoints: 0, count: NOTHING };
      this.states.set(service, state);
    }
    return state;
  }
}
