/**
 * The write-ahead log of one member: a file of preallocated segments on one disk, written batch by batch, each batch with one fdatasync.
 * A full segment is cut: the old one is synced once more, the new one gets a header that is synced, and its directory too.
 * E:server/storage/wal/wal.go (Save, cut). Left out: the background preallocation of the next segment, and purging of old ones (no cost).
 */
import type { Distribution, RandomStream } from '../../engine/index.ts';
import type { HistogramSeries } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';

/** Syncs of a cut beside that of the batch: the tail of the old segment, the header of the new one, the directory. E:wal.go:cut. */
const SYNCS_OF_A_CUT = 3;
/** A system call that lasts for less keeps its processor of the runtime (Go: src/runtime/proc.go:sysmon, its shortest sleep) [ns]. */
const BLOCKING = 20_000;
/** Bytes of a segment's header: checksum, metadata, hard state. */
const HEADER_BYTES = 512;

/** What the log is made of. */
export interface WriteAheadLogOptions {
  /** Write and fdatasync of a small batch. */
  readonly sync: Distribution;
  /** What each further byte adds to it [ns/B]. */
  readonly perByte: number;
  /** Share of syncs that meet a stall of the disk, and how long that is. */
  readonly stallShare: number;
  readonly stall: Distribution;
  /** Size of a segment [B]. */
  readonly segmentBytes: number;
  readonly stream: RandomStream;
  /** Draws of other files on the disk. */
  readonly otherFiles: RandomStream;
  /** Where the length of each sync is recorded. */
  readonly seconds: HistogramSeries;
}

/** The disk of one member's log. */
export class WriteAheadLog {
  private readonly options: WriteAheadLogOptions;
  /** Bytes in the present segment [B], state. */
  private segment = HEADER_BYTES;
  /** Begin and end of the latest write [ns], state. It may lie ahead, where it is known in advance. */
  private start = 0;
  private end = 0;
  /** Time the disk was busy up to the end of the latest write [ns], statistic. */
  private busy = 0;
  /** Whether the latest write had to wait for the disk, so that its thread was put aside, state. */
  hasBlocked = false;
  /** Syncs begun, and segments cut, statistics. */
  syncs = 0;
  cuts = 0;
  /** How many times as long as usual a sync takes, and how much longer beside [ns], state: a slow disk. */
  private factor = 1;
  private added = 0;

  constructor(options: WriteAheadLogOptions) {
    this.options = options;
  }

  /** Writes a batch at `now`, when no other is being written; back from the disk its thread waits for `back`. Returns the span until it goes on. */
  write(now: SimTime, bytes: number, back: number): Nanoseconds {
    let span = this.sync(bytes, back);
    this.start = now;
    this.segment += bytes;
    if (this.segment >= this.options.segmentBytes) {
      for (let i = 0; i < SYNCS_OF_A_CUT; i++) span += this.sync(HEADER_BYTES, back);
      this.segment = HEADER_BYTES;
      this.cuts++;
    }
    this.busy += span;
    this.end = now + span;
    return nanoseconds(span);
  }

  /** Span that a write of so many bytes and its sync would take now, of another file on the same disk. */
  estimate(bytes: number): number {
    return this.span(bytes, this.options.otherFiles);
  }

  private span(bytes: number, stream: RandomStream): number {
    const { options } = this;
    let usual = options.sync.sample(stream) + options.perByte * bytes;
    if (options.stallShare > 0 && stream.next() < options.stallShare) usual += options.stall.sample(stream);
    return Math.round(usual * this.factor + this.added);
  }

  /** Fault: from now on syncs take `factor` times as long, and `added` longer. */
  slowDown(factor: number, added: Nanoseconds): void {
    this.factor = factor;
    this.added = added;
  }

  /** Time the disk has been writing up to `now`, which is not before the end of the write before the latest [ns]. */
  busyNanoseconds(now: SimTime): number {
    return this.busy - Math.max(0, this.end - Math.max(now, this.start));
  }

  private sync(bytes: number, back: number): number {
    const disk = this.span(bytes, this.options.stream);
    this.hasBlocked = disk >= BLOCKING;
    const span = this.hasBlocked ? disk + back : disk;
    this.options.seconds.recordSpan(span as Nanoseconds);
    this.syncs++;
    return span;
  }
}
