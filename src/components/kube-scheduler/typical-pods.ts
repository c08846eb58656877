/**
 * Requests that are typical of a workload: the most frequent ones that make up 95 % of all pods. What a free GPU is still good for is judged by them.
 * hkust-adsl/kubernetes-scheduler-simulator pkg/utils (GetTypicalPods): memory plays no part, pods without GPUs count.
 */
import type { GpuRequest } from '../../cluster/index.ts';

/** Requests that are typical of a workload. */
export interface TypicalPod {
  /** [milli-CPU] */
  readonly cpu: number;
  readonly gpu: GpuRequest | undefined;
  /** Share of all pods that ask for this, 0 to 1. */
  readonly share: number;
}

/** Requests and how often they occur. */
export interface CountedRequest {
  readonly cpu: number;
  readonly gpu: GpuRequest | undefined;
  readonly count: number;
}

/** Share of all pods that the typical ones make up at least. */
const TYPICAL_SHARE = 0.95;

/** The typical requests among those of a workload. */
export function typicalPodsOf(requests: Iterable<CountedRequest>): readonly TypicalPod[] {
  const distinct = new Map<string, { readonly cpu: number; readonly gpu: GpuRequest | undefined; count: number }>();
  let all = 0;
  for (const { cpu, gpu, count } of requests) {
    const key = `${cpu} ${gpu?.milli ?? 0} ${gpu?.count ?? 0} ${gpu?.models.join('|') ?? ''}`;
    const known = distinct.get(key);
    if (known === undefined) distinct.set(key, { cpu, gpu, count });
    else known.count += count;
    all += count;
  }
  const sorted = [...distinct.values()].sort(mostFrequentFirst);
  const taken: typeof sorted = [];
  let sum = 0;
  for (const request of sorted) {
    if (sum >= TYPICAL_SHARE * all) break;
    taken.push(request);
    sum += request.count;
  }
  return taken.map(({ cpu, gpu, count }) => ({ cpu, gpu, share: count / all / (sum / all) }));
}

/** Of equally frequent requests the larger one comes first: by CPU, share of a GPU, GPUs, models. */
function mostFrequentFirst(a: CountedRequest, b: CountedRequest): number {
  const [modelsOfA, modelsOfB] = [a.gpu?.models.join('|') ?? '', b.gpu?.models.join('|') ?? ''];
  return (
    b.count - a.count ||
    b.cpu - a.cpu ||
    (b.gpu?.milli ?? 0) - (a.gpu?.milli ?? 0) ||
    (b.gpu?.count ?? 0) - (a.gpu?.count ?? 0) ||
    (modelsOfA < modelsOfB ? 1 : modelsOfA > modelsOfB ? -1 : 0)
  );
}
