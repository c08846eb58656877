/** How far a search is, on stderr: a line that is written over on a terminal, one every ten seconds otherwise. */
import { type CapacityRequest, formatDuration, type RunControl, type SearchState } from '../index.ts';
import { CLEAR_LINE, compact, LINE_INTERVAL_MS, type ProgressTarget } from './progress.ts';

const SHOWN_EVERY_MS = 200;

/** Shows progress until it is stopped. */
export class SearchProgress {
  private readonly target: ProgressTarget;
  private readonly control: RunControl;
  /** Searches there will be at most, for each request one or two. */
  private readonly searches: number;
  private readonly requests: readonly CapacityRequest[];
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private state: SearchState | undefined;

  constructor(target: ProgressTarget, control: RunControl, requests: readonly CapacityRequest[]) {
    this.target = target;
    this.control = control;
    this.requests = requests;
    this.searches = requests.reduce((sum, { lifts }) => sum + (lifts ? 2 : 1), 0);
    this.timer = setInterval(() => this.show(), target.isTTY ? SHOWN_EVERY_MS : LINE_INTERVAL_MS);
    // Showing progress is no reason to go on.
    this.timer.unref();
    const [first] = requests;
    const many = this.searches === 1 ? '' : `, in each of at most ${this.searches} searches`;
    if (first !== undefined)
      target.write(
        `plimsoll: about 25 probes for a sharp limit, at most ${first.mostProbes} for a gradual one${many}\n`,
      );
  }

  /** A round begins. */
  tell(state: SearchState): void {
    this.state = state;
  }

  /** Ends the display and leaves a clean line. */
  stop(): void {
    clearInterval(this.timer);
    if (this.target.isTTY) this.target.write(CLEAR_LINE);
  }

  private show(): void {
    const { isTTY, columns } = this.target;
    const text = this.describe((performance.now() - this.startedAt) / 1000);
    this.target.write(isTTY ? `${CLEAR_LINE}${text.slice(0, columns - 1)}` : `${text}\n`);
  }

  private describe(elapsedSeconds: number): string {
    const { state } = this;
    if (state === undefined) return 'searching';
    const { request, isLifted, probes, soFar } = state;
    let [events, virtualTime] = [0, 0];
    for (let job = 0; job < this.control.jobs; job++) {
      const progress = this.control.progressOf(job);
      events += progress.events;
      virtualTime += progress.virtualTime;
    }
    const index = this.requests.findIndex(({ fixed }) => fixed === request.fixed);
    const number = index * (request.lifts ? 2 : 1) + (isLifted ? 2 : 1);
    return [
      ...(this.searches > 1 ? [`search ${number} of at most ${this.searches}`] : []),
      `${probes} of at most ${request.mostProbes} probes`,
      ...(soFar === undefined
        ? []
        : [`${request.axis.path} between ${soFar.low} and ${soFar.high}${request.axis.unit}`]),
      `${formatDuration(Math.floor(elapsedSeconds) * 1e9)} so far`,
      `${formatDuration(Math.floor(virtualTime / 1e9) * 1e9)} of virtual time`,
      `${compact(events / Math.max(elapsedSeconds, 1e-3))} events/s`,
    ].join(', ');
  }
}
