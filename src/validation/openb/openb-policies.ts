/** The policies of the study as settings of ours. */

/** What a published policy is. */
export interface OpenbPolicy {
  readonly algorithm: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Whether its placements are fixed by the arrival order; the others agree on average only. */
  readonly isDeterministic: boolean;
}

/** Ties go to the node of the smallest rank: the study has a patched kube-scheduler, a stock one would take a random node. */
const RANKED = { tieBreak: 'rank', quantise: 'integer' } as const;

/** By their names in the published tables. */
export const openbPolicies: Readonly<Record<string, OpenbPolicy>> = {
  '01-Random': { algorithm: 'random-fit', settings: { gpuSelection: 'random' }, isDeterministic: false },
  '02-DotProd': { algorithm: 'dot-product-minimum', settings: RANKED, isDeterministic: true },
  '03-GpuClustering': { algorithm: 'gpu-clustering', settings: RANKED, isDeterministic: true },
  '04-GpuPacking': { algorithm: 'gpu-packing', settings: RANKED, isDeterministic: true },
  '05-BestFit': { algorithm: 'best-fit', settings: RANKED, isDeterministic: true },
  '06-FGD': { algorithm: 'fgd', settings: RANKED, isDeterministic: true },
};
