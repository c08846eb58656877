/** Which entries of an event queue are cancelled but have not left it yet. */
import { grown } from './column.ts';

/** Room for handles at first; grows by doubling. */
const INITIAL_CAPACITY = 1024;

/** A mark for each handle whose entry is cancelled. */
export class Tombstones {
  /** Marks set [entry], state. */
  count = 0;
  /** 1 where marked, by handle, state. */
  private marks = new Uint8Array(INITIAL_CAPACITY);

  mark(handle: number): void {
    if (handle >= this.marks.length) this.marks = grown(this.marks, Math.max(handle + 1, this.marks.length * 2));
    this.marks[handle] = 1;
    this.count++;
  }

  clear(handle: number): void {
    this.marks[handle] = 0;
    this.count--;
  }

  has(handle: number): boolean {
    return this.count !== 0 && handle < this.marks.length && this.marks[handle] === 1;
  }
}
