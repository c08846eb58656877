/** All kinds of a cluster: the keys and the versions of each. */

import {
  DeviceClassVersions,
  ResourceClaimTemplateVersions,
  ResourceClaimVersions,
  ResourceSliceVersions,
} from './devices.ts';
import { PodDisruptionBudgetVersions } from './disruption.ts';
import { EventRecordVersions } from './event-records.ts';
import { FinalizerNames } from './finalizers.ts';
import { type CustomResource, type Kind, kinds, type ResourceName, resourceNames } from './kinds.ts';
import { NamespaceVersions } from './namespaces.ts';
import { IngressVersions, NetworkPolicyVersions } from './network-objects.ts';
import { LeaseVersions, NodeVersions } from './nodes.ts';
import { type ObjectKey, ObjectKeys } from './object-keys.ts';
import { PodGroupVersions } from './pod-groups.ts';
import { PodVersions } from './pods.ts';
import { PriorityClassVersions } from './priorities.ts';
import { LimitRangeVersions, ResourceQuotaVersions } from './quotas.ts';
import { EndpointSliceVersions, EndpointsVersions, ServiceVersions } from './services.ts';
import { SettingsVersions } from './settings.ts';
import { VersionTable } from './version-table.ts';
import {
  CsiNodeVersions,
  PersistentVolumeClaimVersions,
  PersistentVolumeVersions,
  StorageClassVersions,
} from './volumes.ts';
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
  readonly namespaces = new NamespaceVersions();
  readonly serviceaccounts = new VersionTable(kinds.serviceaccounts);
  readonly configmaps = new SettingsVersions(kinds.configmaps);
  readonly secrets = new SettingsVersions(kinds.secrets);
  readonly ipaddresses = new VersionTable(kinds.ipaddresses);
  readonly resourcequotas = new ResourceQuotaVersions();
  readonly limitranges = new LimitRangeVersions();
  readonly persistentvolumes = new PersistentVolumeVersions();
  readonly persistentvolumeclaims = new PersistentVolumeClaimVersions();
  readonly storageclasses = new StorageClassVersions();
  readonly csinodes = new CsiNodeVersions();
  readonly priorityclasses = new PriorityClassVersions();
  readonly poddisruptionbudgets = new PodDisruptionBudgetVersions();
  readonly podgroups = new PodGroupVersions();
  readonly ingresses = new IngressVersions();
  readonly networkpolicies = new NetworkPolicyVersions();

  /** Names of the finalizers of all kinds. */
  readonly finalizers = new FinalizerNames();
  readonly deviceclasses = new DeviceClassVersions();
  readonly resourceslices = new ResourceSliceVersions();
  readonly resourceclaimtemplates = new ResourceClaimTemplateVersions();
  readonly resourceclaims = new ResourceClaimVersions();

  /** The custom resources of this cluster, by kind number less the number of built-in kinds. */
  readonly customResources: readonly CustomResource[];
  /** Resource names by kind number. */
  readonly resourceNames: readonly string[];
  /** Versions by kind number. */
  private readonly byKind: readonly VersionTable[];
  /** Keys by kind number. */
  private readonly keys: readonly ObjectKeys[];

  /** `customResources` are kinds of this cluster beside the built-in ones. */
  constructor(customResources: readonly CustomResource[] = []) {
    this.customResources = customResources;
    this.resourceNames = [...resourceNames, ...customResources.map(({ resource }) => resource)];
    this.byKind = this.resourceNames.map((_, kind) => {
      const name = resourceNames[kind];
      return name === undefined ? new VersionTable(kind as Kind) : this[name];
    });
    this.keys = this.resourceNames.map(() => new ObjectKeys());
  }

  /** Number of kinds, custom resources included. */
  get kindCount(): number {
    return this.resourceNames.length;
  }

  /** Resource name of a kind. */
  resourceName(kind: Kind): string {
    return this.resourceNames[kind] as string;
  }

  /** The kind of a resource name, if there is one. */
  kindNamed(resource: string): Kind | undefined {
    const kind = this.resourceNames.indexOf(resource);
    return kind < 0 ? undefined : (kind as Kind);
  }

  /** Whether a kind is a custom resource: stored as JSON, whatever its clients speak. */
  isCustom(kind: Kind): boolean {
    return kind >= resourceNames.length;
  }

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
    return `${this.resourceName(kind)} ${this.keysOf(kind).path(key)}`;
  }
}
