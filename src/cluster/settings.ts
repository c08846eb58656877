/** Versions of Secrets and ConfigMaps, and which of them a pod refers to. */
import type { Kind } from './kinds.ts';
import { VersionTable } from './version-table.ts';

/** Versions of Secrets or of ConfigMaps. What they say does not matter here. */
export class SettingsVersions extends VersionTable {
  /** 1 = `immutable: true`: whoever has it need not watch it. */
  readonly immutable = this.number(0);

  constructor(kind: Kind) {
    super(kind);
  }
}

/** A Secret or ConfigMap of the pod's namespace that its kubelet needs before the pod can start. */
export interface SettingsReference {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  /** Whether the pod starts without it (`optional: true`, imagePullSecrets). */
  readonly isOptional: boolean;
  /** Whether it is mounted, and so looked at with every sync of the pod, or only read when a container starts (env). */
  readonly isMounted: boolean;
}
