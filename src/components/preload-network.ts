/** Ingresses and NetworkPolicies that exist when a run begins. */
import {
  type IngressIntent,
  type Kind,
  kinds,
  type NetworkPolicyIntent,
  type ObjectTables,
  type VersionHandle,
} from '../cluster/index.ts';

/** Puts them into the store. */
export class PreloadedNetworkObjects {
  private readonly tables: ObjectTables;
  private readonly put: (kind: Kind, version: VersionHandle) => void;

  constructor(tables: ObjectTables, put: (kind: Kind, version: VersionHandle) => void) {
    this.tables = tables;
    this.put = put;
  }

  /** An Ingress that its controller serves already. */
  ingress({ namespace, name, specification, bytes }: IngressIntent): void {
    const { ingresses } = this.tables;
    const version = ingresses.allocate(this.tables.keysOf('ingresses').intern(namespace, name));
    ingresses.specification.set(version, specification);
    ingresses.bytes.set(version, bytes);
    ingresses.hasAddress.set(version, 1);
    this.put(kinds.ingresses, version);
  }

  /** A NetworkPolicy. */
  policy({ namespace, name, specification, bytes }: NetworkPolicyIntent): void {
    const { networkpolicies } = this.tables;
    const version = networkpolicies.allocate(this.tables.keysOf('networkpolicies').intern(namespace, name));
    networkpolicies.specification.set(version, specification);
    networkpolicies.bytes.set(version, bytes);
    this.put(kinds.networkpolicies, version);
  }
}
