/** Changes that some API server has not received yet, in their order. */
import type { Change } from './mvcc/index.ts';

/** Changes that every API server has taken over are dropped in lumps of this many, so that the array is not shifted for each. */
const DROP_LUMP = 256;

/** The log. */
export class ChangeLog {
  private readonly changes: Change[] = [];
  /** Position of the first one that is kept, state. */
  private first = 0;
  /** Position up to which each reader has taken changes over, state. */
  private readonly taken: number[] = [];

  /** Another reader. */
  addReader(): void {
    this.taken.push(0);
  }

  /** Appends a change. */
  push(change: Change): void {
    this.changes.push(change);
  }

  /** The change at a position. */
  at(position: number): Change {
    return this.changes[position - this.first] as Change;
  }

  /** Position behind the last change. */
  get end(): number {
    return this.first + this.changes.length;
  }

  /** A reader has taken over what is before `position`; what all that read have is dropped. */
  consumed(reader: number, position: number, isReading: (reader: number) => boolean): void {
    this.taken[reader] = position;
    let first = this.end;
    for (let i = 0; i < this.taken.length; i++) if (isReading(i)) first = Math.min(first, this.taken[i] as number);
    const drop = first - this.first;
    if (drop <= DROP_LUMP) return;
    this.changes.splice(0, drop);
    this.first = first;
  }
}
