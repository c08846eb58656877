/**
 * What flow control is configured by: PriorityLevelConfigurations and FlowSchemas, as far as they decide anything about requests for objects.
 * K:staging/src/k8s.io/api/flowcontrol/v1/types.go. Left out: rules for URLs that are no resources (health checks, metrics).
 */

/** How requests of a level wait. */
export interface Queuing {
  /** Queues of the level. */
  readonly queues: number;
  /** Queues that one flow may use. */
  readonly handSize: number;
  /** Requests that wait in one queue at most. */
  readonly queueLengthLimit: number;
}

/** A share of the API server's concurrency. */
export interface PriorityLevel {
  readonly name: string;
  /** Whether its requests are never held up or refused. */
  readonly exempt: boolean;
  /** Its part of the seats, relative to the sum over all levels. */
  readonly shares: number;
  /** Part of its nominal seats that others may borrow [%]. */
  readonly lendablePercent: number;
  /** How much it may borrow, relative to its nominal seats [%]; null = without limit. */
  readonly borrowingLimitPercent: number | null;
  /** How requests wait; null = what finds no seat is refused at once. */
  readonly queuing: Queuing | null;
}

/** Who makes a request. */
export interface Subject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  /** Name, or "*" for every one. */
  readonly name: string;
  /** Namespace of a service account, else "". */
  readonly namespace: string;
}

/** What is asked for; "*" in a list stands for everything. */
export interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  /** "nodes", "nodes/status". */
  readonly resources: readonly string[];
  /** Namespaces of the objects asked for. */
  readonly namespaces: readonly string[];
  /** Whether requests without a namespace match: for cluster-scoped kinds, and over all namespaces. */
  readonly clusterScope: boolean;
}

/** A request matches if one of the subjects makes it and one of the rules names it. */
export interface FlowSchemaRule {
  readonly subjects: readonly Subject[];
  readonly resourceRules: readonly ResourceRule[];
}

/** Which requests belong to a level, and which of them are one flow. */
export interface FlowSchema {
  readonly name: string;
  /** Name of the level. */
  readonly priorityLevel: string;
  /** Of several schemas that match, the one with the least precedence decides; ties by name. */
  readonly matchingPrecedence: number;
  /** What tells flows apart within the schema; null = all its requests are one flow. */
  readonly distinguisher: 'ByUser' | 'ByNamespace' | null;
  readonly rules: readonly FlowSchemaRule[];
}

/** All levels and schemas of a cluster. */
export interface FlowControlConfiguration {
  readonly levels: readonly PriorityLevel[];
  readonly schemas: readonly FlowSchema[];
}

/** "*" in a list of a rule. */
export const EVERY = '*';
