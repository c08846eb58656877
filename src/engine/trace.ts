/** A short memory of what just happened: the last events of a run, printed when an invariant breaks. */

/** A ring buffer of the last events, in typed columns. */
export class Trace {
  /** Events remembered [event], fixed, 1 or more. */
  readonly capacity: number;
  /** Events ever recorded [event], statistic. */
  private recorded = 0;
  /** Next position to write, state, 0 to capacity - 1. */
  private position = 0;
  /** Instants [ns], types and arguments of the remembered events, state. */
  private readonly times: Float64Array;
  private readonly types: Uint16Array;
  private readonly firstArguments: Int32Array;
  private readonly secondArguments: Int32Array;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`a trace remembers 1 event or more: ${capacity}`);
    this.capacity = capacity;
    this.times = new Float64Array(capacity);
    this.types = new Uint16Array(capacity);
    this.firstArguments = new Int32Array(capacity);
    this.secondArguments = new Int32Array(capacity);
  }

  /** Remembers an event, forgetting the oldest if the ring is full. */
  record(time: number, type: number, a: number, b: number): void {
    const position = this.position;
    this.times[position] = time;
    this.types[position] = type;
    this.firstArguments[position] = a;
    this.secondArguments[position] = b;
    this.position = position + 1 === this.capacity ? 0 : position + 1;
    this.recorded++;
  }

  /** The remembered events, oldest first, one line each. `names` are the event types' names by number. */
  lines(names: readonly string[]): string[] {
    const kept = Math.min(this.recorded, this.capacity);
    const lines: string[] = [];
    for (let age = kept; age > 0; age--) {
      const at = (this.position - age + this.capacity) % this.capacity;
      const name = names[this.types[at] as number] ?? '(unknown)';
      lines.push(`${this.times[at]} ns ${name}(${this.firstArguments[at]}, ${this.secondArguments[at]})`);
    }
    return lines;
  }
}
