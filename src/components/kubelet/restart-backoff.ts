/**
 * The pause before a container that has ended is started again: it doubles with each restart and is forgotten once a life has lasted long enough.
 * K:client-go/util/flowcontrol/backoff.go, pkg/kubelet/kuberuntime/kuberuntime_manager.go:doBackOff.
 */
import type { ContainerTable } from './container-table.ts';

/** A life that ends this many longest pauses after the last restart clears the pause (hasExpired). */
const CLEAN_PAUSES = 2;

/** Whether a container may be started again now: 0, and its next pause is noted; or until when not [ns]. */
export function restartBackoff(
  rows: ContainerTable,
  row: number,
  now: number,
  { first, most }: { readonly first: number; readonly most: number },
): number {
  const endedAt = rows.seenFinishedAt[row] as number;
  // Nobody has seen it end: it is new, or was killed by this very sync for the first time.
  if (endedAt < 0) return 0;
  const pause = rows.backoff[row] as number;
  const isForgotten = pause === 0 || endedAt - (rows.backoffSetAt[row] as number) > CLEAN_PAUSES * most;
  if (!isForgotten && now - endedAt < pause) return endedAt + pause;
  rows.backoff[row] = isForgotten ? first : Math.min(2 * pause, most);
  rows.backoffSetAt[row] = now;
  return 0;
}
