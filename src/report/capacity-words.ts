/** A capacity in words, for the terminal and the page. */

import type { DistributionSpec } from '../engine/index.ts';
import type {
  Axis,
  Capacity,
  Finding,
  GivesWay,
  LiftedParameter,
  MonotonicityEvidence,
  SearchResult,
} from '../experiment/index.ts';
import { describeBottleneck, describeBound, describeObjective, formatNumber, formatPercent } from './format-value.ts';
import { formatParameter, type ParameterCatalogue } from './parameters-in-play.ts';

/** A value of an axis with its unit: "1,240", "35/s". */
export function describeValue({ unit }: Axis, value: number): string {
  return `${formatNumber(value)}${unit}`;
}

/** The limit with its interval: "1,240 (95 % interval 1,190 to 1,280)". */
export function describeLimit({ axis, search }: Finding): string {
  const { limit, low, high, isLowOpen, isHighOpen } = search;
  const from = `${isLowOpen ? 'below ' : ''}${describeValue(axis, low)}`;
  const to = `${isHighOpen ? 'above ' : ''}${describeValue(axis, high)}`;
  return `${describeValue(axis, limit)} (95 % interval ${from} to ${to})`;
}

/** What a search found, in a sentence that stands alone. */
export function describeFinding(finding: Finding, probability: number): string {
  const { axis, search } = finding;
  const { direction, ending } = search;
  const often = `in ${formatPercent(probability)} of replications`;
  const ends = `${describeValue(axis, axis.low)} to ${describeValue(axis, axis.high)}`;
  switch (ending) {
    case 'holds everywhere':
      return `none from ${ends}: every objective and barrier holds ${often} at both ends and between`;
    case 'holds nowhere':
      return `none from ${ends}: at no value does everything hold ${often}`;
    case 'not monotone':
      return `none that can be told: more of ${axis.path} does not only make things worse`;
    case 'stopped':
      return `not known: the search was stopped; so far ${describeLimit(finding)}`;
    case 'precise':
    case 'probes used up': {
      const side = direction === 'largest' ? 'up to there' : 'from there on';
      return `${axis.path} = ${describeLimit(finding)}: ${side} every objective and barrier holds ${often}`;
    }
  }
}

/** The answer in a few words. */
export function capacityVerdict({ request, first }: Capacity): string {
  const { axis, search } = first;
  const { path } = axis;
  switch (search.ending) {
    case 'holds everywhere':
      return `HOLDS EVERYWHERE: the limit of ${path} is beyond the range that was searched`;
    case 'holds nowhere':
      return `HOLDS NOWHERE in the range of ${path} that was searched`;
    case 'not monotone':
      return `NOT MONOTONE: ${describeMonotonicity(axis, search.monotonicity as MonotonicityEvidence)}`;
    case 'stopped':
      return 'NOT COMPLETE: the search was stopped';
    case 'precise':
    case 'probes used up': {
      const what = search.direction === 'largest' ? 'LIMIT' : 'LEAST';
      const past = isPast(request.own, search) ? ", and the scenario's own value is past it" : '';
      return `${what}: ${path} = ${describeValue(axis, search.limit)}${past}`;
    }
  }
}

/** Whether the scenario's own value is past a limit, with its interval. */
export function isPast(own: number | undefined, { direction, low, high, ending }: SearchResult): boolean {
  if (own === undefined || ending === 'holds everywhere' || ending === 'holds nowhere') return false;
  return direction === 'largest' ? own > high : own < low;
}

/** How far the scenario's own value is from the limit; undefined if it has none on the axis. */
export function describeOwn({ request, first, margin }: Capacity): string | undefined {
  const { own } = request;
  const { axis, search } = first;
  if (own === undefined) return undefined;
  const value = `${axis.path} = ${describeValue(axis, own)}`;
  if (search.ending === 'holds everywhere')
    return own > axis.high ? `${value}: beyond the range` : `${value}: within what holds`;
  if (search.ending === 'holds nowhere' || search.ending === 'not monotone' || margin === undefined) return value;
  const interval = own >= search.low && own <= search.high ? ', which is within the interval of the limit' : '';
  const distance = formatPercent(Math.abs(margin));
  if (search.direction === 'largest')
    return `${value}: ${margin >= 0 ? `the limit is ${distance} above it` : `the limit is ${distance} below it`}${interval}`;
  return `${value}: ${margin >= 0 ? `${distance} of it could go` : `${distance} more is needed`}${interval}`;
}

/** What failed just beyond the limit: "p99 of … < 1s, in 5 of the 5 nearest failures". */
export function describeCriterion({ criterion, failedIn, of }: GivesWay): string {
  const name =
    criterion.kind === 'objective'
      ? `${describeObjective(criterion.outcome)} ${describeBound(criterion.outcome)}`
      : `barrier ${criterion.barrier.description}`;
  return `${name}, in ${failedIn} of the ${of === 1 ? 'only failure' : `${of} failures nearest to the limit`}`;
}

/** Where the work behind what failed waited. */
export function describePlace({ bottleneck, server }: GivesWay): string {
  const where = describeBottleneck(bottleneck);
  return server === undefined || bottleneck.places[0]?.server === server
    ? where
    : `${server}, which the metric names; ${where}`;
}

/** The bottleneck that was lifted, and how. */
export function describeLift(
  { lifted, notLifted, first }: Capacity,
  catalogue: ParameterCatalogue,
): string | undefined {
  const server = first.givesWay?.server;
  if (notLifted !== undefined) return `${server ?? 'nothing'} cannot be lifted: ${notLifted}`;
  if (lifted === undefined) return undefined;
  const shown = lifted.parameters.slice(0, PARAMETERS_SHOWN).map((each) => describeChange(each, catalogue));
  const more = lifted.parameters.length - shown.length;
  return `${lifted.server}: ${lifted.means} (${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''})`;
}

const PARAMETERS_SHOWN = 3;

function describeChange({ parameter, before, after }: LiftedParameter, catalogue: ParameterCatalogue): string {
  const shown = (value: LiftedParameter['before']): string =>
    typeof value === 'object'
      ? formatParameter(parameter, rounded(value), catalogue)
      : formatParameter(parameter, value, catalogue);
  return `${parameter} ${shown(before)} -> ${shown(after)}`;
}

/** A distribution whose numbers are whole: they are nanoseconds. */
function rounded(spec: DistributionSpec): DistributionSpec {
  const entries = Object.entries(spec).map(([key, value]) => [
    key,
    typeof value === 'number' && value > 100 ? Math.round(value) : value,
  ]);
  return Object.fromEntries(entries) as DistributionSpec;
}

/** What fresh replications said of outcomes that went the wrong way round. */
export function describeMonotonicity(axis: Axis, { nearer, further, p, isMonotone }: MonotonicityEvidence): string {
  const held = ({ value, held, failed }: MonotonicityEvidence['nearer']): string =>
    `${describeValue(axis, value)} held in ${held} of ${held + failed}`;
  const outcome = `in fresh replications ${held(nearer)} and ${held(further)} (p = ${Number(p.toPrecision(2))})`;
  return isMonotone ? `outcomes that went the wrong way round were chance: ${outcome}` : outcome;
}

/** How many probes a search took. */
export function describeProbes({ first, lifted }: Capacity): string {
  const second = lifted === undefined ? '' : ` and ${lifted.finding.probes.length} with it lifted`;
  const short =
    first.search.ending === 'probes used up' ? '; the precision that was asked for needs more (--probes)' : '';
  return `${first.probes.length}${second}${short}`;
}
