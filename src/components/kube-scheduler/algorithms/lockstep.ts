/**
 * The order in which goroutines go through pieces of work: chunks are dealt out in turn, each goroutine goes through its chunk and takes the next one;
 * those that run at once take turns piece by piece. K:client-go/util/workqueue/parallelizer.go, K:pkg/scheduler/framework/parallelize.
 *
 * Only as many goroutines make progress as there are cores; the others wait (Go takes a core away after 10 ms, which is longer than a search lasts).
 * So a search that is told to stop still ends the pieces that the other cores have begun.
 */

/** Goes through pieces. */
export class Lockstep {
  private readonly pieces: number;
  private readonly chunk: number;
  /** Next piece of each goroutine that runs, and the end of its chunk, state. */
  private readonly at: number[] = [];
  private readonly end: number[] = [];
  /** First piece that is in no chunk given out yet, state. */
  private undealt = 0;
  /** Goroutine whose turn it is, state. */
  private turn = 0;
  /** Pieces that may still be begun once it was told to stop; negative = it was not, state. */
  private left = -1;
  /** Pieces given out. */
  done = 0;

  /** `workers`: goroutines; `running`: how many of them make progress at once, not necessarily a whole number. */
  constructor(pieces: number, workers: number, running: number) {
    this.pieces = pieces;
    this.chunk = chunkSize(pieces, workers);
    const chunks = Math.ceil(pieces / this.chunk);
    const goroutines = Math.min(workers, chunks, Math.max(1, Math.round(running)));
    for (let worker = 0; worker < goroutines; worker++) {
      this.at.push(0);
      this.end.push(0);
      this.deal(worker);
    }
  }

  /** The next piece; -1 when all are done, or those that were begun before the stop. */
  next(): number {
    for (let tries = 0; tries < this.at.length; tries++) {
      if (this.left === 0) return -1;
      const worker = this.turn;
      this.turn = (this.turn + 1) % this.at.length;
      if (this.left > 0) this.left--;
      const piece = this.at[worker] as number;
      if (piece >= this.pieces) continue;
      this.at[worker] = piece + 1;
      if (piece + 1 >= (this.end[worker] as number)) this.deal(worker);
      this.done++;
      return piece;
    }
    return -1;
  }

  /** Enough: what the other goroutines have begun meanwhile is ended. */
  stop(): void {
    if (this.left < 0) this.left = this.at.length - 1;
  }

  private deal(worker: number): void {
    this.at[worker] = this.undealt;
    this.undealt = Math.min(this.undealt + this.chunk, this.pieces);
    this.end[worker] = this.undealt;
  }
}

/** Pieces in a chunk: the root of their number, but so that every goroutine gets one (chunkSizeFor). */
export function chunkSize(pieces: number, workers: number): number {
  const most = Math.floor(pieces / workers) + 1;
  return Math.max(1, Math.min(Math.floor(Math.sqrt(pieces)), most));
}
