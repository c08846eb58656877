/** Values, objectives and barriers in words, for the terminal and the page. */
import type {
  BarrierVerdict,
  Bottleneck,
  Ending,
  ObjectiveOutcome,
  StartupPhase,
  Verdict,
} from '../experiment/index.ts';
import { formatDuration, NS_PER_SECOND } from '../units/index.ts';

/** A value with its unit for people: "1.25s", "8.2 GiB", "104/s". */
export function formatValue(value: number, unit: string): string {
  if (unit === 's') return formatSeconds(value);
  if (unit === 'B') return formatBytes(value);
  return unit === '1/s' ? `${formatNumber(value)}/s` : formatNumber(value);
}

/** A difference with its sign: "+1.25s", "-3". */
export function formatSigned(value: number, unit: string): string {
  const text = formatValue(value, unit);
  return value > 0 ? `+${text}` : text;
}

/** A plain number with thousands separated; four digits where it is not whole. */
export function formatNumber(value: number): string {
  const shown = Number.isInteger(value) ? value : Number(value.toPrecision(4));
  return shown.toLocaleString('en-US', { maximumFractionDigits: 9 });
}

/** A share in per cent with at most one decimal. */
export function formatPercent(share: number): string {
  return `${formatNumber(Number((share * 100).toFixed(1)))} %`;
}

/** A size in binary units, three digits. */
export function formatBytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return `${Number((value / 1024 ** step).toPrecision(3))} ${units[step]}`;
}

/** An objective without its bound: "p99 of pod_startup_latency_seconds{phase=total}". */
export function describeObjective({ objective: { metric, labels, statistic } }: ObjectiveOutcome): string {
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return `${statistic} of ${metric}${selector.length === 0 ? '' : `{${selector.join(',')}}`}`;
}

/** The bound of an objective: "< 1s in 95 % of replications". */
export function describeBound({ objective: { below, above, confidence }, unit }: ObjectiveOutcome): string {
  const parts = [];
  if (below !== undefined) parts.push(`< ${formatValue(below, unit)}`);
  if (above !== undefined) parts.push(`> ${formatValue(above, unit)}`);
  return `${parts.join(' and ')}${confidence === undefined ? '' : ` in ${formatPercent(confidence)} of replications`}`;
}

/** What was measured; "no data" where nothing was. */
export function describeMeasured({ measured, unit }: ObjectiveOutcome): string {
  return measured === undefined ? 'no data' : formatValue(measured, unit);
}

/** The margin to the bound: "+79.5 %", negative past it. */
export function describeMargin({ margin }: ObjectiveOutcome): string {
  if (margin === undefined) return '-';
  return `${margin >= 0 ? '+' : ''}${formatPercent(margin)}`;
}

/** "yes", "NO", or in how many replications where they differ. */
export function describeHolds({ holds, heldIn, perReplication }: ObjectiveOutcome): string {
  const word = holds ? 'yes' : 'NO';
  return heldIn === 0 || heldIn === perReplication.length ? word : `${word} (${heldIn} of ${perReplication.length})`;
}

/** Whether a point of a sweep holds; one that was stopped has no answer. */
export function describePoint({ holds, complete }: Verdict): string {
  if (!complete) return 'not complete';
  return holds ? 'yes' : 'NO';
}

/** How a barrier went: "met after 2m10s, at 3m10s (3,000 of 3,000 pods Ready)". */
export function describeBarrier({ holds, metIn, of, latest, longest, state }: BarrierVerdict): string {
  const many = of === 1 ? '' : ` in ${metIn} of ${of} replications`;
  const waited = of === 1 ? `after ${formatDuration(longest)}` : `after at most ${formatDuration(longest)}`;
  const tail = state === '' ? '' : ` (${state})`;
  if (holds) return `met${many} ${waited}, ${of === 1 ? 'at' : 'by'} ${formatDuration(latest)}${tail}`;
  return `NOT MET${many}${longest === 0 ? '' : ` ${waited}`}; ended at ${formatDuration(latest)}${tail}`;
}

/** Why a run ended: "operations done at 12m3s (4 replications)". */
export function describeEnding({ reason, replications, latest }: Ending, of: number): string {
  const many = of === 1 ? '' : ` (${replications} of ${of} replications)`;
  return `${reason} at ${formatDuration(latest)} of virtual time${many}`;
}

/** What chose the class of work whose waits name the bottleneck. */
export function describeReason({ reason }: Bottleneck): string {
  if (reason.kind === 'no objective') return 'there is no objective, so all requests count';
  if (reason.kind === 'pace') return 'the pace at which pods become Ready';
  if (reason.kind === 'failed barrier') return `failed barrier ${reason.barrier.description}`;
  return `${reason.kind} ${describeObjective(reason.outcome)}`;
}

/** Places with a smaller share of the waiting time are not worth a word. */
const LEAST_SHARE_SHOWN = 0.001;

/** The bottleneck in one line, or that nothing waited. */
export function describeBottleneck(bottleneck: Bottleneck): string {
  const [first, ...others] = bottleneck.places;
  const flow = bottleneck.flow === 'all' ? 'all requests' : bottleneck.flow;
  if (first === undefined) return `none: nothing of ${flow} waited`;
  const rest = others
    .slice(0, 2)
    .filter(({ share }) => share >= LEAST_SHARE_SHOWN)
    .map(({ server, share }) => `${server} ${formatPercent(share)}`);
  const then = rest.length === 0 ? '' : `; then ${rest.join(', ')}`;
  const waited = formatSeconds(first.waitSeconds);
  const share = bottleneck.shareOfMeasured;
  const service = share === 1 ? '' : ', the rest is service';
  const whole = share === undefined ? '' : `; all waiting is ${formatPercent(share)} of the time measured${service}`;
  return `${first.server} (${first.kind}): ${formatPercent(first.share)} of the waiting time of ${flow}, ${waited} in ${formatNumber(first.waits)} waits${then}${whole}`;
}

/** The phases of a pod's start: "a pod took 2.1s on average: schedule_to_run 75 %, run_to_watch 25 %". */
export function describeStartup(phases: readonly StartupPhase[]): string {
  const mean = phases.reduce((sum, { meanSeconds }) => sum + meanSeconds, 0);
  const parts = phases.map(({ phase, share }) => `${phase} ${formatPercent(share)}`);
  return `a pod took ${formatSeconds(Number(mean.toPrecision(4)))} on average: ${parts.join(', ')}`;
}

function formatSeconds(value: number): string {
  const span = Math.round(Math.abs(value) * NS_PER_SECOND);
  return `${value < 0 ? '-' : ''}${span === 0 ? '0s' : formatDuration(span)}`;
}
