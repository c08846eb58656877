/** The class of quality of service of pods, by their requests and limits. K:pkg/apis/core/v1/helper/qos/qos.go. */
import type { PodTemplate, ResourceList } from './specifications.ts';

/** Classes, those first whose pods go first where some have to go. */
export const qualityClasses = ['BestEffort', 'Burstable', 'Guaranteed'] as const;
/** One of them. */
export type QualityClass = (typeof qualityClasses)[number];

/** What is known of templates that were asked for before. */
const known = new WeakMap<PodTemplate, QualityClass>();

/** The class of the pods of a template. */
export function qualityOfService(template: PodTemplate): QualityClass {
  let quality = known.get(template);
  if (quality === undefined) {
    quality = work(template);
    known.set(template, quality);
  }
  return quality;
}

/** Place of that class among {@link qualityClasses}. */
export function qualityRank(template: PodTemplate): number {
  return qualityClasses.indexOf(qualityOfService(template));
}

/** Guaranteed = every container limits CPU and memory to what it requests; BestEffort = none says anything of either. */
function work({ containers, initContainers }: PodTemplate): QualityClass {
  const all = [...initContainers, ...containers];
  const says = ({ cpu, memory }: ResourceList) => cpu > 0 || memory > 0;
  if (!all.some(({ requests, limits }) => says(requests) || says(limits))) return 'BestEffort';
  const isGuaranteed = all.every(
    ({ requests, limits }) =>
      limits.cpu > 0 && limits.memory > 0 && requests.cpu === limits.cpu && requests.memory === limits.memory,
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
