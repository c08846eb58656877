/** Ingresses and NetworkPolicies: what users say of traffic beyond Services. K:pkg/apis/networking. */
import type { Bytes } from '../units/index.ts';
import { kinds } from './kinds.ts';
import type { LabelSelector } from './labels.ts';
import { VersionTable } from './version-table.ts';

/** A path of a host, and the Service that it leads to. */
export interface IngressPath {
  readonly path: string;
  /** Name of the Service, in the Ingress's own namespace. */
  readonly service: string;
}

/** spec of an Ingress. Immutable. */
export interface IngressSpecification {
  /** spec.ingressClassName, "" = of the default class. */
  readonly className: string;
  readonly rules: readonly { readonly host: string; readonly paths: readonly IngressPath[] }[];
  /** Service of what no rule is for; undefined = none. */
  readonly defaultService?: string;
  /** Names of the Secrets with its certificates. */
  readonly tlsSecrets: readonly string[];
}

/** An Ingress as it is created. */
export interface IngressIntent {
  readonly kind: 'Ingress';
  readonly namespace: string;
  readonly name: string;
  readonly specification: IngressSpecification;
  readonly bytes: Bytes;
}

/** Whom a rule of a policy lets in or out. */
export interface NetworkPolicyPeer {
  /** Pods by label: of the policy's namespace, or of those that `namespaceSelector` selects; undefined = all of these. */
  readonly podSelector?: LabelSelector;
  /** Namespaces by label; undefined = the policy's own. */
  readonly namespaceSelector?: LabelSelector;
  /** Ranges of addresses: one, and those that it leaves out; undefined = it is about pods. */
  readonly ranges?: number;
}

/** One rule: traffic with any of these peers on any of these ports. Without peers, or without ports, all. */
export interface NetworkPolicyRule {
  readonly peers: readonly NetworkPolicyPeer[];
  readonly ports: number;
}

/** spec of a NetworkPolicy. Immutable. */
export interface NetworkPolicySpecification {
  /** Pods that it is about. */
  readonly podSelector: LabelSelector;
  /** Rules for what comes in and goes out; undefined = the policy says nothing of it. */
  readonly ingress?: readonly NetworkPolicyRule[];
  readonly egress?: readonly NetworkPolicyRule[];
}

/** A NetworkPolicy as it is created. */
export interface NetworkPolicyIntent {
  readonly kind: 'NetworkPolicy';
  readonly namespace: string;
  readonly name: string;
  readonly specification: NetworkPolicySpecification;
  readonly bytes: Bytes;
}

/** Versions of Ingresses. */
export class IngressVersions extends VersionTable {
  /** spec; never null on a stored Ingress. */
  readonly specification = this.reference<IngressSpecification | null>(null);
  /** 1 once status.loadBalancer names an address. */
  readonly hasAddress = this.number(0);

  constructor() {
    super(kinds.ingresses);
  }
}

/** Versions of NetworkPolicies. */
export class NetworkPolicyVersions extends VersionTable {
  /** spec; never null on a stored policy. */
  readonly specification = this.reference<NetworkPolicySpecification | null>(null);

  constructor() {
    super(kinds.networkpolicies);
  }
}
