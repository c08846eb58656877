/** Versions of namespaces. */
import { kinds } from './kinds.ts';
import type { Labels } from './labels.ts';
import { VersionTable } from './version-table.ts';

/** Versions of namespaces. */
export class NamespaceVersions extends VersionTable {
  /** metadata.labels as they were given; the label with its own name, which every namespace has, is not among them. */
  readonly labels = this.reference<Labels>({});

  constructor() {
    super(kinds.namespaces);
  }
}
