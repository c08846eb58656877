/** What nodes really use, as a metrics server knows it: late, and not of pods that came since. */

/** Latest knowledge of what nodes use. */
export interface NodeUsage {
  /** CPU in use when it was measured last [milli-CPU], and its mean and standard deviation over the latest measurements. */
  latestCpu(slot: number): number;
  meanCpu(slot: number): number;
  deviationCpu(slot: number): number;
  /** The same of memory [B]. */
  meanMemory(slot: number): number;
  deviationMemory(slot: number): number;
  /** Requests of pods that came to the node since it was measured [milli-CPU]. */
  unmeasuredCpu(slot: number): number;
}
