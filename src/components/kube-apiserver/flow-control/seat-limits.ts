/**
 * How many seats each level has: nominally by its shares, at least what it does not lend, at most what it may borrow; and the division of all
 * seats by demand. Pure functions. K:apiserver/pkg/util/flowcontrol/apf_controller.go, conc_alloc.go.
 */
import type { PriorityLevel } from './configuration.ts';

/** Seats of one level. */
export interface SeatLimits {
  /** By its shares. */
  readonly nominal: number;
  /** What is left if everything lendable is lent. */
  readonly least: number;
  /** With everything that it may borrow. */
  readonly most: number;
  /** When the process starts: half of what is lendable is held back. */
  readonly initial: number;
  /** Widest request; Infinity = the level sets no bound. */
  readonly widest: number;
}

/** Widest request of a level with queues, as a share of its nominal seats (maxSeatsPercent). */
const WIDEST_SHARE = 0.15;
/** Per cent. */
const PERCENT = 100;
/** Targets of the division are at least this, so that none is 0 (MinTarget). */
const LEAST_TARGET = 0.001;

/** Seats of all levels, of `total` of the server. */
export function seatLimits(levels: readonly PriorityLevel[], total: number): SeatLimits[] {
  const shares = levels.reduce((sum, level) => sum + level.shares, 0);
  return levels.map((level) => {
    const nominal = Math.ceil((total * level.shares) / shares);
    const lendable = Math.round((nominal * level.lendablePercent) / PERCENT);
    const { borrowingLimitPercent } = level;
    const borrowing = borrowingLimitPercent === null ? total : Math.round((nominal * borrowingLimitPercent) / PERCENT);
    return {
      nominal,
      least: nominal - lendable,
      most: nominal + borrowing,
      initial: nominal - Math.floor(lendable / 2),
      widest: widestRequest(nominal, level),
    };
  });
}

function widestRequest(nominal: number, { queuing }: PriorityLevel): number {
  if (queuing === null) return Number.POSITIVE_INFINITY;
  const ofNominal = Math.ceil(nominal * WIDEST_SHARE);
  return Math.max(1, Math.min(ofNominal, Math.floor(nominal / queuing.handSize)));
}

/** What one level would have, and between which bounds it gets it. */
export interface SeatClaim {
  readonly target: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Divides `total` seats: everybody gets the same proportion of its target, unless a bound says otherwise. If the bounds leave no such division
 * everybody has its least, or its most.
 */
export function divideSeats(total: number, claims: readonly SeatClaim[]): number[] {
  const target = (claim: SeatClaim) => Math.max(claim.target, LEAST_TARGET);
  const seatsAt = (proportion: number) =>
    claims.map((claim) => Math.max(claim.least, Math.min(claim.most, proportion * target(claim))));
  const sumAt = (proportion: number) => seatsAt(proportion).reduce((sum, seats) => sum + seats, 0);
  // The sum grows with the proportion, linearly between the points at which somebody meets a bound.
  const corners = claims.flatMap((claim) => [claim.least / target(claim), claim.most / target(claim)]);
  corners.sort((a, b) => a - b);
  let below = 0;
  for (const corner of corners) {
    const sum = sumAt(corner);
    if (sum >= total) {
      const sumBelow = sumAt(below);
      if (sum === sumBelow) return seatsAt(corner);
      return seatsAt(below + ((corner - below) * Math.max(0, total - sumBelow)) / (sum - sumBelow));
    }
    below = corner;
  }
  return seatsAt(below);
}
