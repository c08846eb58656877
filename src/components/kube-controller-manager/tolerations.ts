/**
 * How long a pod stays on a node with taints. K:pkg/controller/tainteviction/taint_eviction.go (getMinTolerationTime),
 * K:plugin/pkg/admission/defaulttolerationseconds: pods that say nothing of not-ready and unreachable nodes tolerate them for a while.
 */
import {
  covers,
  type PodTemplate,
  TAINT_NOT_READY,
  TAINT_UNREACHABLE,
  type Taint,
  type Toleration,
  tolerates,
} from '../../cluster/index.ts';
import { NS_PER_SECOND } from '../../units/index.ts';

/** A pod's own tolerations and those that admission adds. */
function effectiveTolerations(template: PodTemplate, defaultSeconds: number): readonly Toleration[] {
  const added = [TAINT_NOT_READY, TAINT_UNREACHABLE].filter((key) => {
    const taint = { key, value: '', effect: 'NoExecute' } as const;
    return !tolerates(template.tolerations, taint);
  });
  return [
    ...template.tolerations,
    ...added.map(
      (key): Toleration => ({
        key,
        operator: 'Exists',
        value: '',
        effect: 'NoExecute',
        tolerationSeconds: defaultSeconds,
      }),
    ),
  ];
}

/** How long a pod made from a template stays with these NoExecute taints [ns]; 0 = not at all, infinite = for good. */
export function tolerationSpan(template: PodTemplate, taints: readonly Taint[], defaultSpan: number): number {
  const tolerations = effectiveTolerations(template, defaultSpan / NS_PER_SECOND);
  let span = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    // As upstream, the first toleration that covers a taint is the one that counts.
    const used = tolerations.find((toleration) => covers(toleration, taint));
    if (used === undefined) return 0;
    if (used.tolerationSeconds !== undefined)
      span = Math.min(span, Math.max(0, used.tolerationSeconds * NS_PER_SECOND));
  }
  return span;
}
