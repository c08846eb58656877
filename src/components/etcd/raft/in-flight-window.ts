/** Append messages on their way to one follower, oldest first, each by its last index. R:tracker/inflights.go. */
export class InFlightWindow {
  /** Last index of each message, a ring. */
  private readonly lastIndexes: Float64Array;
  /** Position of the oldest message and how many there are, state. */
  private oldest = 0;
  private messages = 0;

  /** @param capacity messages at most */
  constructor(capacity: number) {
    this.lastIndexes = new Float64Array(capacity);
  }

  get count(): number {
    return this.messages;
  }

  get isFull(): boolean {
    return this.messages >= this.lastIndexes.length;
  }

  /** A message was sent. */
  add(lastIndex: number): void {
    this.lastIndexes[(this.oldest + this.messages) % this.lastIndexes.length] = lastIndex;
    this.messages++;
  }

  /** Everything up to an index has arrived. */
  freeTo(index: number): void {
    while (this.messages > 0 && (this.lastIndexes[this.oldest] as number) <= index) {
      this.oldest = (this.oldest + 1) % this.lastIndexes.length;
      this.messages--;
    }
  }

  /** Nothing is on its way any more. */
  clear(): void {
    this.messages = 0;
  }
}
