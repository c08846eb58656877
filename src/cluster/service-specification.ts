/** What users write about Services: ports, policies, and for whom endpoints are meant. */
import type { Nanoseconds } from '../units/index.ts';
import type { Labels } from './labels.ts';

/** A port of a service; `nodePort` 0 = none. */
export interface ServicePort {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
  /** Number, or name of a container port. */
  readonly targetPort: number | string;
  readonly nodePort: number;
}

/** What a Service asks for. */
export interface ServiceSpecification {
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly headless: boolean;
  /** Undefined = no selector: nobody manages its endpoints. */
  readonly selector?: Labels;
  readonly ports: readonly ServicePort[];
  readonly sessionAffinity: 'None' | 'ClientIP';
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  readonly loadBalancerSourceRanges: readonly string[];
  readonly externalIps: readonly string[];
  /** Whether pods that are not Ready are listed as if they were; left out = not. */
  readonly publishNotReadyAddresses?: boolean;
  /** Which endpoints are preferred: each is hinted to its own zone, or to its own node and zone; left out = none. */
  readonly trafficDistribution?: 'PreferSameZone' | 'PreferSameNode';
  /** Whether a LoadBalancer has node ports too; left out = it has. */
  readonly allocateNodePorts?: boolean;
  /** How long a client stays with its endpoint under affinity ClientIP; left out = three hours. */
  readonly affinityTimeout?: Nanoseconds;
}
