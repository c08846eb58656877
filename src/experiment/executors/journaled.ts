/**
 * An executor with a journal before it: what is finished is written down at once, and what is written down is never run again. A run that
 * was killed goes on from there; replications that are added later join those that are there.
 */
import type { Job } from '../job.ts';
import { ranToItsEnd } from '../run-control.ts';
import type { Executor, Finished, Priority } from './executor.ts';
import { pack, unpackedLater } from './packing.ts';
import { taskKey } from './task-key.ts';

/** Where finished replications are kept, by the keys of their tasks. */
export interface Journal {
  /** A packed result, or undefined if there is none that is whole. */
  read(key: string): Uint8Array | undefined;
  /** Keeps a packed result: all of it, or nothing if the program dies on the way. */
  write(key: string, packed: Uint8Array): void;
}

/** Asks the journal first. */
export class Journaled implements Executor {
  private readonly inner: Executor;
  private readonly journal: Journal;
  private readonly program: string;

  /** `program` says which program's results are the same: others in the journal are not taken. */
  constructor(inner: Executor, journal: Journal, program: string) {
    this.inner = inner;
    this.journal = journal;
    this.program = program;
  }

  get control() {
    return this.inner.control;
  }

  async submit(job: Job, priority?: Priority): Promise<Finished | undefined> {
    const key = taskKey(job, this.program);
    const packed = this.journal.read(key);
    if (packed !== undefined) {
      this.control.report(job.index, { virtualTime: job.scenario.until, events: 0 });
      return unpackedLater(packed);
    }
    const finished = await this.inner.submit(job, priority);
    if (finished !== undefined && ranToItsEnd(finished.result.endReason))
      this.journal.write(key, finished.packed ?? pack(finished.result));
    return finished;
  }

  async close(): Promise<void> {
    await this.inner.close();
  }
}
