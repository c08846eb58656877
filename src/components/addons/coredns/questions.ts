/** Questions to a name server as numbers: which name, completed with which suffix of the search list, for which kind of address. */
import type { ObjectKey } from '../../../cluster/index.ts';

/** What is asked for. */
export const Family = { IPv4: 0, IPv6: 1 } as const;
/** Types of queries by family, as metrics name them. */
export const queryTypes = ['A', 'AAAA'] as const;
/** Number of the name itself, complete; with the i-th suffix of a search list (from 0) it is i + 1 instead. */
export const FULL_NAME = 0;
/** Suffixes of a search list that lie in the cluster's domain: of the namespace, of services, of the cluster. */
export const CLUSTER_SUFFIXES = 3;
/** Most suffixes of a search list. */
export const MOST_SUFFIXES = 31;
/** Completions of a name that a number has room for. */
const COMPLETIONS = MOST_SUFFIXES + 1;

/** The number of a question: about a Service, or if that is -1 about a name outside of the cluster. */
export function questionOf(service: ObjectKey, external: number, completion: number, family: number): number {
  const name = service >= 0 ? 2 * service : 2 * external + 1;
  return 2 * (name * COMPLETIONS + completion) + family;
}

/** Whether a name lies in the cluster's domain, for which CoreDNS is the authority. */
export function isOfCluster(service: ObjectKey, completion: number): boolean {
  return service >= 0 || (completion !== FULL_NAME && completion <= CLUSTER_SUFFIXES);
}
