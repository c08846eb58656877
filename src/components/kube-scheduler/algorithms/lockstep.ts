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
  /** Pieces given out, and turns taken, with those of goroutines that had nothing left to do. */
  done = 0;
  turnsTaken = 0;

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
      this.turnsTaken++;
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

/** What is remembered of so many different numbers of pieces. */
const MOST_REMEMBERED = 64;

/** All pieces in their order, and the turn in which each comes: what {@link Lockstep} gives as long as nobody tells it to stop. */
export interface Turns {
  readonly pieces: Int32Array;
  readonly turns: Int32Array;
}

/** The turns of goroutines for numbers of pieces, worked out once for each number. */
export class LockstepTurns {
  private readonly workers: number;
  private readonly running: number;
  private readonly known = new Map<number, Turns>();

  constructor(workers: number, running: number) {
    this.workers = workers;
    this.running = running;
  }

  /** The turns of so many pieces. */
  of(pieces: number): Turns {
    let turns = this.known.get(pieces);
    if (turns !== undefined) return turns;
    if (this.known.size === MOST_REMEMBERED) this.known.clear();
    turns = this.workOut(pieces);
    this.known.set(pieces, turns);
    return turns;
  }

  /** How many pieces are done of those that `turns` holds if it is told to stop at the one in a place: those of one more round at most. */
  doneAfter({ turns }: Turns, place: number): number {
    const last = (turns[place] as number) + this.goroutines(turns.length) - 1;
    let done = place + 1;
    while (done < turns.length && (turns[done] as number) <= last) done++;
    return done;
  }

  private goroutines(pieces: number): number {
    return Math.min(this.workers, Math.ceil(pieces / chunkSize(pieces, this.workers)), this.running);
  }

  private workOut(count: number): Turns {
    const lockstep = new Lockstep(count, this.workers, this.running);
    const pieces = new Int32Array(count);
    const turns = new Int32Array(count);
    for (let place = 0; place < count; place++) {
      pieces[place] = lockstep.next();
      turns[place] = lockstep.turnsTaken;
    }
    return { pieces, turns };
  }
}

/** Pieces in a chunk: the root of their number, but so that every goroutine gets one (chunkSizeFor). */
export function chunkSize(pieces: number, workers: number): number {
  const most = Math.floor(pieces / workers) + 1;
  return Math.max(1, Math.min(Math.floor(Math.sqrt(pieces)), most));
}
