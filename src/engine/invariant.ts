/** What an invariant says when it is broken: enough to find the moment again and replay it. */
import type { SimTime } from '../units/index.ts';

/** Where and when an invariant broke. */
export interface InvariantContext {
  /** Instant of the event during which it broke. */
  readonly time: SimTime;
  /** Name of that event's type; "(none)" outside of events. */
  readonly eventName: string;
  /** The component that it belongs to. */
  readonly component: string;
  /** Seed and replication of the run: with them it can be replayed. */
  readonly seed: string;
  readonly replication: number;
  /** The last events before it, oldest first, if the run kept a trace. */
  readonly trace?: readonly string[] | undefined;
}

/** The simulator (or a model built on it) broke a rule of its own: always a bug, never bad luck. */
export class InvariantViolation extends Error {
  readonly time: SimTime;
  readonly eventName: string;
  readonly component: string;
  readonly seed: string;
  readonly replication: number;
  /** The broken rule alone, without the context that {@link message} adds. */
  readonly reason: string;

  constructor(reason: string, context: InvariantContext) {
    const { time, eventName, component, seed, replication, trace } = context;
    const lines = [
      `${component}: ${reason} (at ${time} ns, in event ${eventName}, seed ${seed}, replication ${replication})`,
    ];
    if (trace !== undefined && trace.length > 0) lines.push('last events:', ...trace.map((line) => `  ${line}`));
    super(lines.join('\n'));
    this.name = 'InvariantViolation';
    this.time = time;
    this.eventName = eventName;
    this.component = component;
    this.seed = seed;
    this.replication = replication;
    this.reason = reason;
  }
}
