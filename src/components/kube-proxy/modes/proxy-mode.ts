/** What a kube-proxy mode is: how many rules a service takes, and how long a sync of them lasts. */
import type { ServiceSpecification } from '../../../cluster/index.ts';

/** Rules that one service, or a whole node, has in the kernel. */
export interface RuleCount {
  /** Rules of the nat table. */
  readonly nat: number;
  /** Rules of the filter table. */
  readonly filter: number;
  /** Chains of the service itself: one for its port, one for each endpoint, … */
  readonly chains: number;
  /** Lines that are written in every sync: the chains that list all services. */
  readonly listed: number;
}

/** What a sync has to do. */
export interface SyncWork {
  /** Lines handed over. */
  readonly lines: number;
  /** Rules in the kernel afterwards. */
  readonly rules: number;
}

/** A mode. Adding one = a file here and one line in the registry. */
export interface ProxyMode {
  readonly help: string;
  /** Rules that every node has without any service. */
  readonly fixed: RuleCount;
  /** Rules of one service with `endpoints` endpoints that can be used. */
  countService(service: ServiceSpecification, endpoints: number): RuleCount;
}
