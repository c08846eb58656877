/** PodGroups: pods that are scheduled together or not at all. K:staging api/scheduling/v1alpha2. */
import type { Bytes } from '../units/index.ts';
import { kinds } from './kinds.ts';
import { VersionTable } from './version-table.ts';

/** A PodGroup as it is created. */
export interface PodGroupIntent {
  readonly kind: 'PodGroup';
  readonly namespace: string;
  readonly name: string;
  /** spec.schedulingPolicy.gang.minCount; 0 = the group is no gang. */
  readonly minCount: number;
  readonly bytes: Bytes;
}

/** Versions of pod groups. */
export class PodGroupVersions extends VersionTable {
  /** Pods that have to run together; 0 = the group is no gang. */
  readonly minCount = this.number(0);

  constructor() {
    super(kinds.podgroups);
  }
}
