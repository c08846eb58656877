/** Versions of Services and of the objects that list their endpoints. */
import { kinds } from './kinds.ts';
import type { ObjectKey } from './object-keys.ts';
import type { ServiceSpecification } from './service-specification.ts';
import { VersionTable } from './version-table.ts';

/** For whom an endpoint is meant, if somebody else's is as good (hints.forZones, hints.forNodes). */
export interface EndpointHints {
  readonly zones?: readonly string[];
  readonly node?: ObjectKey;
}

/** One endpoint of a slice. */
export interface SliceEndpoint {
  /** Key of the pod behind the address. */
  readonly pod: ObjectKey;
  /** Key of the pod's node. */
  readonly node: ObjectKey;
  /** conditions.ready: Ready and not terminating. */
  readonly ready: boolean;
  /** conditions.serving: Ready, terminating or not. */
  readonly serving: boolean;
  /** conditions.terminating. */
  readonly terminating: boolean;
  /** Left out = none. */
  readonly hints?: EndpointHints;
}

/** Versions of Services. */
export class ServiceVersions extends VersionTable {
  /** What the Service asks for; never null on a stored Service. */
  readonly specification = this.reference<ServiceSpecification | null>(null);

  constructor() {
    super(kinds.services);
  }
}

/** Versions of EndpointSlices. The owner of a slice is its Service. */
export class EndpointSliceVersions extends VersionTable {
  readonly endpoints = this.reference<readonly SliceEndpoint[]>([]);
  /** Annotation endpoints.kubernetes.io/last-change-trigger-time: the oldest change that this write reflects [ns], -1 = none. */
  readonly triggeredAt = this.number(-1);

  constructor() {
    super(kinds.endpointslices);
  }
}

/** Versions of Endpoints. The owner is the Service of the same name. */
export class EndpointsVersions extends VersionTable {
  /** At most 1,000 addresses (endpoints controller's truncation). */
  readonly addresses = this.reference<readonly SliceEndpoint[]>([]);

  constructor() {
    super(kinds.endpoints);
  }
}
