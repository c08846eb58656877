/** All kinds of a cluster: the keys and the versions of each. */
import { EventRecordVersions } from './event-records.ts';
import { KIND_COUNT, type Kind, kinds, type ResourceName, resourceNames } from './kinds.ts';
import { LeaseVersions, NodeVersions } from './nodes.ts';
import { type ObjectKey, ObjectKeys } from './object-keys.ts';
import { PodVersions } from './pods.ts';
import { EndpointSliceVersions, EndpointsVersions, ServiceVersions } from './services.ts';
import { VersionTable } from './version-table.ts';
import { DeploymentVersions, ReplicaSetVersions } from './workloads.ts';

/** Keys and versions of all kinds. */
export class ObjectTables {
  readonly pods = new PodVersions();
  readonly nodes = new NodeVersions();
  readonly leases = new LeaseVersions();
  readonly deployments = new DeploymentVersions();
  readonly replicasets = new ReplicaSetVersions();
  readonly services = new ServiceVersions();
  readonly endpoints = new EndpointsVersions();
  readonly endpointslices = new EndpointSliceVersions();
  readonly events = new EventRecordVersions();
  readonly namespaces = new VersionTable(kinds.namespaces);
  readonly serviceaccounts = new VersionTable(kinds.serviceaccounts);
  readonly configmaps = new VersionTable(kinds.configmaps);
  readonly secrets = new VersionTable(kinds.secrets);
  readonly ipaddresses = new VersionTable(kinds.ipaddresses);

  /** Versions by kind number. */
  readonly byKind: readonly VersionTable[] = resourceNames.map((name) => this[name]);
  /** Keys by kind number. */
  readonly keys: readonly ObjectKeys[] = Array.from({ length: KIND_COUNT }, () => new ObjectKeys());

  /** Versions of a kind. */
  of(kind: Kind): VersionTable {
    return this.byKind[kind] as VersionTable;
  }

  /** Keys of a kind, by number or by resource name. */
  keysOf(kind: Kind | ResourceName): ObjectKeys {
    return this.keys[typeof kind === 'number' ? kind : kinds[kind]] as ObjectKeys;
  }

  /** "pods default/web-x2k4p", for messages. */
  describe(kind: Kind, key: ObjectKey): string {
    return `${resourceNames[kind]} ${this.keysOf(kind).path(key)}`;
  }
}
