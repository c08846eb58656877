/**
 * The logs of one node on their way: written to files, read into the agent's buffer, sent in chunks. Bytes come out in the order in which they were
 * written, so that the age of what comes out follows from counts. All amounts are whole bytes.
 */

/** A point of the count of bytes written: by this instant so many were. */
interface Mark {
  readonly at: number;
  readonly written: number;
}

/** Limits of a pipe. */
export interface PipeLimits {
  readonly buffer: number;
  /** Whether the oldest is thrown away when the buffer is full; else reading pauses. */
  readonly dropsOldest: boolean;
}

/** What became of bytes that were not accepted. */
export type LossReason = 'rotated' | 'overflow' | 'retries' | 'crash';

/** The pipe of a node. */
export class LogPipe {
  /** Bytes in files that were not read yet, bytes in the buffer, of which `sending` are under way, state. */
  unread = 0;
  buffered = 0;
  sending = 0;
  /** Bytes so far, statistic: written = gone + unread + buffered. */
  private written = 0;
  private gone = 0;
  private readonly marks: Mark[] = [];

  /** Pods have written, up to now; returns what was rotated away because files hold `fileLimit` at most. */
  write(now: number, bytes: number, fileLimit: number): number {
    this.written += bytes;
    this.unread += bytes;
    if (bytes > 0) this.marks.push({ at: now, written: this.written });
    const lost = Math.max(0, this.unread - fileLimit);
    this.unread -= lost;
    this.leave(lost);
    return lost;
  }

  /** Reads `most` bytes at most; returns what was read, and what was thrown away for it. */
  read(most: number, { buffer, dropsOldest }: PipeLimits): { readonly read: number; readonly dropped: number } {
    const room = dropsOldest ? most : Math.max(0, buffer - this.buffered);
    const read = Math.min(this.unread, most, room);
    this.unread -= read;
    this.buffered += read;
    // What is being sent stays.
    const dropped = Math.min(Math.max(0, this.buffered - buffer), this.buffered - this.sending);
    this.buffered -= dropped;
    this.leave(dropped);
    return { read, dropped };
  }

  /** Takes a chunk to be sent; returns its size. */
  take(chunkSize: number): number {
    this.sending = Math.min(this.buffered, chunkSize);
    return this.sending;
  }

  /** The chunk under way was accepted, or is given up; returns when its last byte was written [ns]. */
  complete(): number {
    const { sending } = this;
    this.sending = 0;
    this.buffered -= sending;
    return this.leave(sending);
  }

  /** The chunk under way was not accepted, and stays. */
  keep(): void {
    this.sending = 0;
  }

  /** The process has ended; returns what was only in its memory. */
  crash(isOnDisk: boolean): number {
    this.sending = 0;
    if (isOnDisk) return 0;
    const lost = this.buffered;
    this.buffered = 0;
    this.leave(lost);
    return lost;
  }

  /** Whether every byte is accounted for. */
  get isBalanced(): boolean {
    return this.written === this.gone + this.unread + this.buffered && this.sending <= this.buffered;
  }

  /** Bytes leave, the oldest first; returns when the last of them was written. */
  private leave(bytes: number): number {
    this.gone += bytes;
    const { marks } = this;
    let passed = 0;
    while (passed < marks.length && (marks[passed] as Mark).written <= this.gone) passed++;
    const at = (marks[Math.min(passed, marks.length - 1)] as Mark | undefined)?.at ?? 0;
    if (passed > 0) marks.splice(0, passed);
    return at;
  }
}
