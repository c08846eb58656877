/** What a kube-proxy mode is: what a service with its endpoints becomes in the kernel of a node, and how long a sync of it takes. */
import type { ServiceSpecification } from '../../../cluster/index.ts';
import type { MetricName, SeriesLabels } from '../../../metrics/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { EndpointView } from './endpoint-view.ts';
import type { ModeParameters } from './modes.parameters.ts';

/** How many of each thing that a mode counts, in the order of {@link ProxyMode.counted}. */
export type Counts = readonly number[];

/** What a sync of one node has to do. */
export interface SyncWork {
  /** Everything is written, not only what changed. */
  readonly full: boolean;
  /** What the node has once the sync is over. */
  readonly after: Counts;
  /** What the services that changed had before, and have after. */
  readonly changedBefore: Counts;
  readonly changedAfter: Counts;
  /** Services that changed. */
  readonly changedServices: number;
  /** Objects of endpoints and services that are gone and are removed by this sync. */
  readonly stale: number;
  /** Whether it reads back what the kernel has, to find what nobody uses any more. */
  readonly readsBack: boolean;
}

/** How a mode picks an endpoint for a connection. */
export type EndpointChoice = 'random' | 'roundRobin';

/** Up to which size the times of a mode rest on something measured. */
export interface Validity {
  /** Quantity that bounds it: "rules". */
  readonly what: string;
  /** Largest that was measured or published. */
  readonly most: number;
  /** How much of it a node has. */
  measure(counts: Counts, parameters: ModeParameters): number;
}

/** When a mode syncs. */
export interface SyncPace {
  /** Smallest pause between the end of a sync and the start of the next. */
  readonly minimum: Nanoseconds;
  /** A sync is made this often although nothing changed, and whether it writes everything. */
  readonly forcedEvery: Nanoseconds;
  readonly isForcedFull: boolean;
}

/** A gauge of what a node has; its value is the largest of all nodes. */
export interface RuleGauge {
  readonly metric: MetricName;
  readonly labels: SeriesLabels;
  measure(counts: Counts): number;
}

/**
 * When objects of what is gone leave the kernel: in the sync that finds them by reading back, in the first sync a second after they went out of
 * use, in the sync that takes them out of use, or never because there are none.
 */
export type Removal = 'read back' | 'a second later' | 'at once' | 'none';

/** A mode. Adding one = a file here and one line in the registry. */
export interface ProxyMode {
  readonly help: string;
  /** Names of what is counted. */
  readonly counted: readonly string[];
  /** What every node has without any service. */
  fixed(parameters: ModeParameters): Counts;
  /** Whether each node has something of its own for a service with these endpoints on it, whatever the service's policies. */
  readonly countsOnNode: boolean;
  /** What one service becomes on a node that sees these endpoints. */
  count(service: ServiceSpecification, view: EndpointView, parameters: ModeParameters): Counts;
  /** Things in the kernel, all kinds together: rules, or objects. */
  total(counts: Counts): number;
  /** Lines, or commands, that a sync hands over. */
  lines(work: SyncWork, parameters: ModeParameters): number;
  pace(parameters: ModeParameters): SyncPace;
  readonly removal: Removal;
  /** Whether it knows the mode for large clusters, in which hourly full syncs are left out. */
  readonly knowsLargeClusters: boolean;
  readonly gauges: readonly RuleGauge[];
  /** Whether a sync can be restricted to services that changed. */
  canSyncPartially(parameters: ModeParameters): boolean;
  /** Whether it waits for the lock that all users of iptables share. */
  takesLock(parameters: ModeParameters): boolean;
  /** How long a sync takes, without waiting for the lock [ns]. */
  syncSpan(work: SyncWork, parameters: ModeParameters): number;
  /** Memory of the rules in the kernel [B]. */
  memory(counts: Counts, parameters: ModeParameters): number;
  readonly choice: EndpointChoice;
  /** Time that the first packet of a connection spends in rules, for a service at a position among all and its endpoint at a position among those of the service [ns]. */
  lookup(position: number, endpoint: number, parameters: ModeParameters): number;
  validity(parameters: ModeParameters): Validity;
}

/** Sums of counts. */
export function add(left: Counts, right: Counts): number[] {
  return left.map((value, i) => value + (right[i] as number));
}

/** Differences of counts. */
export function subtract(left: Counts, right: Counts): number[] {
  return left.map((value, i) => value - (right[i] as number));
}

/** Whether nothing is counted. */
export function isNothing(counts: Counts): boolean {
  return counts.every((value) => value === 0);
}
