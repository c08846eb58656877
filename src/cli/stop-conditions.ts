/** What ends a run before its end: Ctrl-C, --deadline, --memory. */
import { totalmem } from 'node:os';
import type { RunControl } from '../index.ts';

/** Limits of a run, if any. */
export interface Limits {
  /** Wall time [ms]. */
  readonly deadlineMs: number | undefined;
  /** Resident memory of the whole process [B]. */
  readonly memoryBytes: number;
}

const MEMORY_CHECK_MS = 200;
/** Share of the machine's memory that a run may take where --memory says nothing. */
const SHARE_OF_MACHINE = 0.9;
/** Exit code of a process that a second Ctrl-C kills. */
const INTERRUPTED = 130;

/** Watches until the returned function is called. The first Ctrl-C ends cleanly, a second one kills. */
export function watchStopConditions(
  control: RunControl,
  { deadlineMs, memoryBytes }: Limits,
  say: (text: string) => void,
): () => void {
  const interrupt = (): void => {
    if (control.stopReason !== undefined) process.exit(INTERRUPTED);
    control.stop('interrupted');
    say('interrupted: writing what there is; again to stop at once');
  };
  const timers: NodeJS.Timeout[] = [];
  if (deadlineMs !== undefined)
    timers.push(setTimeout(() => control.stop('stopped by --deadline'), Math.min(deadlineMs, 2 ** 31 - 1)));
  timers.push(
    setInterval(() => process.memoryUsage.rss() > memoryBytes && control.stop('stopped for memory'), MEMORY_CHECK_MS),
  );
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return () => {
    for (const timer of timers) clearTimeout(timer);
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
}

/** What a run may hold where --memory says nothing [B]: most of what the machine has, or of what its container may use. */
export function usableMemory(): number {
  const allowed = process.constrainedMemory();
  const total = totalmem();
  return Math.floor((allowed > 0 ? Math.min(allowed, total) : total) * SHARE_OF_MACHINE);
}
