/**
 * The small interface behind which both event queues stand: the radix ladder (fast) and the plain heap (its obviously right twin).
 * An entry is a key (a non-negative integer below 2^53, held in a double) and a handle (a 32-bit integer).
 * Entries leave in the order of their keys; equal keys leave in the order in which they were pushed (FIFO).
 */
export interface EventQueue {
  /** Entries in the queue, cancelled ones not counted. */
  readonly size: number;
  /** Adds an entry. `key` must not be below the key last popped. */
  push(key: number, handle: number): void;
  /** Key of the next entry, or -1 if there is none. */
  peekKey(): number;
  /** Removes the next entry and returns its handle, or -1 if there is none; its key is then {@link poppedKey}. */
  pop(): number;
  /** Key of the entry last popped. */
  readonly poppedKey: number;
  /** The same, but leaves an entry whose key is above `lastKey` where it is, and returns -1. */
  popUntil(lastKey: number): number;
  /** Marks the entry with this handle as cancelled; it will never be popped. A handle must be in the queue at most once. */
  cancel(handle: number): void;
}

/** Told when a cancelled entry has physically left the queue, so that its handle may be used again. */
export type DroppedListener = (handle: number) => void;
