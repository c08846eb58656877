/** Versions of ResourceQuotas and LimitRanges, which bound what the objects of a namespace may ask for. */
import { kinds } from './kinds.ts';
import { VersionTable } from './version-table.ts';

/**
 * Amounts by the name under which a ResourceQuota bounds them: "pods", "requests.cpu" [milli-CPU], "requests.memory" [B], "limits.cpu",
 * "limits.memory", "services", "count/deployments.apps" … Immutable.
 */
export type QuotaAmounts = Readonly<Record<string, number>>;

/** Versions of resource quotas. */
export class ResourceQuotaVersions extends VersionTable {
  /** spec.hard. */
  readonly hard = this.reference<QuotaAmounts>({});
  /** status.used; a name that is missing has not been counted yet. */
  readonly usage = this.reference<QuotaAmounts>({});

  constructor() {
    super(kinds.resourcequotas);
  }
}

/** Requests or limits of a container or pod by resource name: "cpu" [milli-CPU], "memory" [B]. Immutable. */
export type ComputeAmounts = Readonly<Record<string, number>>;

/** One item of spec.limits. */
export interface LimitRangeItem {
  readonly type: 'Container' | 'Pod';
  /** Limits of containers that have none; Container only. */
  readonly default: ComputeAmounts;
  /** Requests of containers that have none; Container only. */
  readonly defaultRequest: ComputeAmounts;
  /** Smallest request and largest limit. */
  readonly min: ComputeAmounts;
  readonly max: ComputeAmounts;
}

/** Versions of limit ranges. */
export class LimitRangeVersions extends VersionTable {
  /** spec.limits. */
  readonly limits = this.reference<readonly LimitRangeItem[]>([]);

  constructor() {
    super(kinds.limitranges);
  }
}
