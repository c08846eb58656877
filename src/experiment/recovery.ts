/**
 * Recovery from faults: after each fault (and each alarm that there is no space), for how long no write succeeded, until when writes failed, and when as
 * many watches and Ready pods were there as before. Judged from samples ten times a second, so to a tenth of a second.
 *
 * What begins before the next fault counts as this one's, however long it lasts.
 */
import type { Happening } from '../metrics/index.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds } from '../units/index.ts';
import { SAMPLE_INTERVAL, type ServiceSamples } from './service-samples.ts';

/** What recovery is judged by. */
export type RecoveryMeasure = 'writes' | 'failed writes' | 'watches' | 'pods Ready';

/** The metric behind each. */
export const recoveryMetrics: Readonly<Record<RecoveryMeasure, string>> = {
  writes: 'apiserver_request_total{code=2xx}',
  'failed writes': 'apiserver_request_total{code=429|5xx}',
  watches: 'apiserver_registered_watchers',
  'pods Ready': 'plimsoll_pods{phase=ready}',
};

/** One thing that suffered from a fault, and when it was well again. */
export interface Recovery {
  /** The fault in words. */
  readonly fault: string;
  /** When it struck. */
  readonly at: Nanoseconds;
  readonly measure: RecoveryMeasure;
  /** Before the fault: writes or failed writes a second, or how many there were. */
  readonly before: number;
  /** At worst: 0 writes, how many writes failed, or the fewest there were. */
  readonly worst: number;
  /** Since when it suffered, and until when; null = to the end of the run. */
  readonly from: Nanoseconds;
  readonly until: Nanoseconds | null;
}

/** A fault with what came of it; of some nothing is seen. */
export interface FaultRecovery {
  readonly fault: string;
  readonly at: Nanoseconds;
  readonly recoveries: readonly Recovery[];
}

/** Span before a fault that tells what is usual, in samples. */
const USUAL_SPAN = (10 * NS_PER_SECOND) / SAMPLE_INTERVAL;
/** A pause between writes says nothing unless this many would have come in it: at the usual rate one such pause in 20,000 is chance. */
const WRITES_IN_A_PAUSE = 10;
/** Shorter pauses are not told of, in samples: garbage collections and elections are longer. */
const SHORTEST_PAUSE = 3;
/** Watches that are renewed and pods that are replaced are always a few; fewer than this share is a loss. */
const USUAL_SHARE = 0.99;

/** What came of every disturbance in a timeline; nothing is said of a run in which nobody sampled: one without faults. */
export function recoveriesOf(timeline: readonly Happening[], samples: ServiceSamples): FaultRecovery[] {
  if (samples.writes.length === 0) return [];
  const disturbances = timeline.filter(({ disturbs }) => disturbs === true);
  return disturbances.map(({ at, subject, what }, i) => {
    const fault = subject === 'fault' ? what : `${subject} ${what}`;
    const window = {
      from: Math.max(0, indexAt(at, samples)),
      to: indexAt(disturbances[i + 1]?.at ?? Number.POSITIVE_INFINITY, samples),
    };
    const found = [
      pauseOfWrites(window, samples),
      failedWrites(window, samples),
      loss('watches', window, samples.watches),
      loss('pods Ready', window, samples.ready),
    ];
    const recoveries = found.flatMap((recovery) =>
      recovery === undefined ? [] : [{ fault, at, ...recovery, from: later(recovery.from, at) }],
    );
    return { fault, at, recoveries };
  });
}

/** The later of two instants: the interval in which a fault strikes begins before it. */
function later(a: Nanoseconds, b: Nanoseconds): Nanoseconds {
  return a < b ? b : a;
}

/** Recoveries as things that happened, for the timeline. */
export function happeningsOf(faults: readonly FaultRecovery[]): Happening[] {
  return faults
    .flatMap(({ recoveries }) => recoveries)
    .flatMap((recovery) =>
      recovery.until === null ? [] : [{ at: recovery.until, subject: 'service', what: inWords(recovery) }],
    );
}

function inWords({ measure, before, worst, from, until }: Recovery): string {
  const span = ((until as number) - from) / NS_PER_SECOND;
  switch (measure) {
    case 'writes':
      return `writes succeed again: none did for ${span.toFixed(1)} s`;
    case 'failed writes':
      return `the last of ${worst.toLocaleString('en-US')} writes fails`;
    case 'watches':
      return `as many watches are open as before: ${portion(before - worst, before)} were gone`;
    case 'pods Ready':
      return `as many pods are Ready as before: ${portion(before - worst, before)} were not`;
  }
}

function portion(part: number, whole: number): string {
  return `${part.toLocaleString('en-US')} of ${whole.toLocaleString('en-US')}`;
}

/** Samples from one fault to the next. */
interface Window {
  readonly from: number;
  readonly to: number;
}

type Found = Omit<Recovery, 'fault' | 'at'> | undefined;

/** The longest pause without a write that succeeded. */
function pauseOfWrites({ from, to }: Window, { writes }: ServiceSamples): Found {
  const before = usualRate(from, writes);
  const shortest = Math.max(SHORTEST_PAUSE, (WRITES_IN_A_PAUSE / before) * (NS_PER_SECOND / SAMPLE_INTERVAL));
  let longest = { start: 0, end: 0 };
  for (let start = from; start < to; start++) {
    if (writes[start] !== 0) continue;
    let end = start;
    while (end < writes.length && writes[end] === 0) end++;
    if (end - start > longest.end - longest.start) longest = { start, end };
    start = end;
  }
  if (longest.end - longest.start < shortest) return undefined;
  const until = longest.end < writes.length ? instant(longest.end + 1) : null;
  return { measure: 'writes', before, worst: 0, from: instant(longest.start), until };
}

/** Writes that failed until the next fault. */
function failedWrites({ from, to }: Window, { failures }: ServiceSamples): Found {
  const failed = failures.slice(from, to);
  const first = failed.findIndex((count) => count > 0);
  if (first < 0) return undefined;
  const last = failed.findLastIndex((count) => count > 0);
  const worst = failed.reduce((sum, count) => sum + count, 0);
  const until = from + last + 1 < failures.length ? instant(from + last + 1) : null;
  return { measure: 'failed writes', before: usualRate(from, failures), worst, from: instant(from + first), until };
}

/** Fewer than before, until as many are there again. */
function loss(measure: RecoveryMeasure, { from, to }: Window, counts: readonly number[]): Found {
  const before = counts[from - 1] ?? 0;
  const enough = before * USUAL_SHARE;
  const offset = counts.slice(from, to).findIndex((count) => count < enough);
  if (offset < 0) return undefined;
  const start = from + offset;
  let worst = before;
  let end = start;
  while (end < counts.length && (counts[end] as number) < enough) worst = Math.min(worst, counts[end++] as number);
  return { measure, before, worst, from: instant(start), until: end < counts.length ? instant(end + 1) : null };
}

/** How many a second there were in the last ten seconds before a sample. */
function usualRate(from: number, counts: readonly number[]): number {
  const past = counts.slice(Math.max(0, from - USUAL_SPAN), from);
  const sum = past.reduce((all, count) => all + count, 0);
  return past.length === 0 ? 0 : (sum / past.length) * (NS_PER_SECOND / SAMPLE_INTERVAL);
}

/** Index of the first sample that an instant may have changed: one that is taken at that very instant may come before or after it. At most their number. */
function indexAt(at: number, { writes }: ServiceSamples): number {
  return Math.min(Math.ceil(at / SAMPLE_INTERVAL) - 1, writes.length);
}

/** Instant at which the interval of a sample begins. */
function instant(index: number): Nanoseconds {
  return nanoseconds(index * SAMPLE_INTERVAL);
}
