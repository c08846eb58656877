/** When a toleration covers a taint. K:staging api/core/v1/toleration.go:ToleratesTaint. */
import type { Taint, Toleration } from './specifications.ts';

/** Whether a toleration covers a taint: empty key and effect stand for all, Exists for all values. */
export function covers(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  if (toleration.key !== '' && toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || toleration.value === taint.value;
}

/** Whether one of the tolerations covers a taint. */
export function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some((toleration) => covers(toleration, taint));
}
