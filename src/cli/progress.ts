/** How far a run is, on stderr: a bar on a terminal, a line every ten seconds otherwise, nothing with --quiet. */
import { formatDuration, type Point, type RunControl } from '../index.ts';

/** Where progress goes. */
export interface ProgressTarget {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

const BAR_INTERVAL_MS = 100;
/** Time between two lines where there is no terminal. */
export const LINE_INTERVAL_MS = 10_000;
const BAR_WIDTH = 24;
/** Clears the line of a terminal and goes to its beginning. */
export const CLEAR_LINE = '\r\u001b[2K';

/** Shows progress until it is stopped. */
export class Progress {
  private readonly target: ProgressTarget;
  private readonly control: RunControl;
  /** Virtual time that each replication may take at most [ns]. */
  private readonly spans: readonly number[];
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;

  constructor(target: ProgressTarget, control: RunControl, points: readonly Point[]) {
    this.target = target;
    this.control = control;
    this.spans = points.flatMap(({ scenario }) => Array<number>(scenario.replications).fill(scenario.until));
    this.timer = setInterval(() => this.show(), target.isTTY ? BAR_INTERVAL_MS : LINE_INTERVAL_MS);
    // Showing progress is no reason to go on.
    this.timer.unref();
  }

  /** Ends the display and leaves a clean line. */
  stop(): void {
    clearInterval(this.timer);
    if (this.target.isTTY) this.target.write(CLEAR_LINE);
  }

  private show(): void {
    const text = this.describe((performance.now() - this.startedAt) / 1000);
    const { isTTY, columns } = this.target;
    this.target.write(isTTY ? `${CLEAR_LINE}${text.slice(0, columns - 1)}` : `${text}\n`);
  }

  private describe(elapsedSeconds: number): string {
    const jobs = this.spans.map((span, job) => ({ span, ...this.control.progressOf(job) }));
    const total = this.spans.reduce((sum, span) => sum + span, 0);
    const reached = jobs.reduce((sum, { span, virtualTime }) => sum + Math.min(span, virtualTime), 0);
    const events = jobs.reduce((sum, job) => sum + job.events, 0);
    const done = jobs.filter(({ span, virtualTime }) => virtualTime >= span).length;
    const share = total === 0 ? 1 : reached / total;
    const parts = [
      `${String(Math.floor(share * 100)).padStart(3)} %`,
      `ETA ${etaOf(share, elapsedSeconds)}`,
      `${wholeSeconds(reached)} of ${wholeSeconds(total)} of virtual time`,
      `${compact(events / Math.max(elapsedSeconds, 1e-3))} events/s`,
      ...(jobs.length > 1 ? [`${done} of ${jobs.length} replications`] : []),
    ];
    const filled = Math.round(share * BAR_WIDTH);
    const bar = this.target.isTTY ? `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ` : '';
    return bar + parts.join(', ');
  }
}

/** Remaining time at the speed so far; runs may end before their last virtual instant, so it is an upper bound. */
function etaOf(share: number, elapsedSeconds: number): string {
  if (share < 0.005) return '?';
  return formatDuration(Math.ceil((elapsedSeconds * (1 - share)) / share) * 1e9);
}

/** Virtual time without what is below a second. */
function wholeSeconds(span: number): string {
  return span < 1e9 ? '0s' : formatDuration(Math.floor(span / 1e9) * 1e9);
}

/** A number in few digits: "1.2M". */
export function compact(value: number): string {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 }).format(value);
}
