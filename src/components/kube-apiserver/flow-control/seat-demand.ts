/**
 * How many seats a level has asked for, executing and waiting together: average, deviation and peak over a period, and the smoothed envelope
 * by which seats are lent. K:apiserver/pkg/util/flowcontrol/fairqueuing/integrator.go, apf_controller.go:seatDemandStats.
 */

/** The demand of one level. */
export class SeatDemand {
  /** Seats asked for now, state. */
  private current = 0;
  /** Since when [ns], state. */
  private since: number;
  /** Start of the period [ns], state. */
  private start: number;
  /** Integrals of the demand and of its square over the period [seat x ns, seat^2 x ns], statistic. */
  private area = 0;
  private squares = 0;
  /** Most in the period, statistic. */
  private most = 0;
  /** Most in the last period, state. */
  highWatermark = 0;
  /** Envelope (average and deviation) that rises at once and falls slowly, state. */
  smoothed = 0;

  constructor(now: number) {
    this.since = now;
    this.start = now;
  }

  /** From `now` on `seats` are asked for. */
  set(now: number, seats: number): void {
    if (now !== this.since) this.advance(now);
    this.current = seats;
    if (seats > this.most) this.most = seats;
  }

  /** Ends a period; `smoothing` is the part of the old envelope that stays. */
  endPeriod(now: number, smoothing: number): void {
    this.advance(now);
    this.highWatermark = this.most;
    const span = now - this.start;
    if (span > 0) {
      const average = this.area / span;
      const envelope = average + Math.sqrt(Math.max(0, this.squares / span - average * average));
      this.smoothed = Math.max(envelope, smoothing * this.smoothed + (1 - smoothing) * envelope);
    }
    this.start = now;
    this.area = 0;
    this.squares = 0;
    this.most = this.current;
  }

  private advance(now: number): void {
    const area = this.current * (now - this.since);
    this.area += area;
    this.squares += this.current * area;
    this.since = now;
  }
}
