/**
 * The work of scheduling cycles on the CPU of the scheduler's host: a serial part, and the parts of the plugins that goroutines share, each taking the next
 * chunk of nodes when it is done with one. K:pkg/scheduler/framework/parallelize/parallelism.go.
 *
 * As many goroutines work as there are threads, at most one for each core that the process has. Where cores are idle, each goroutine does the same share,
 * and only the one that the loop itself runs on is followed; the others occupy their cores meanwhile. Where few are idle, every goroutine waits for a core
 * like any thread, and takes a chunk whenever it has one.
 */
import type { ProcessCpu } from '../host/process-cpu.ts';

/** Chunks for each goroutine where they wait for cores: so that one that comes late holds up little. */
const CHUNKS_EACH = 2;
/** Where less than this part of the goroutines finds an idle core, every one of them is followed. */
const FEW = 0.5;
/** What it takes a woken goroutine to begin [ns]: what it does then is counted elsewhere. */
const BEGIN = 1;
/** Numbers of cycles before they repeat: tags of work have 24 bits. */
const CYCLES = 2 ** 20;

/** Goroutines of so many that run at once on an idle host with so many cores; `most` = cores that the process may take, 0 = all. */
export function goroutinesAtOnce(cores: number, parallelism: number, most: number): number {
  return Math.max(1, Math.min(parallelism, Math.floor(cores), most > 0 ? most : cores));
}

/** What the work is done with. */
export interface CycleWorkOptions {
  readonly cpu: ProcessCpu;
  /** Goroutines that run at once on an idle host. */
  readonly goroutines: number;
  /** The work of the present cycle is done. */
  readonly onDone: () => void;
  /** The goroutine of the loop runs, after it was woken. */
  readonly onWoken: () => void;
}

/** The work of one scheduling loop. */
export class CycleWork {
  private readonly options: CycleWorkOptions;
  /** Owners of work: that of the loop's goroutine, all of it or the serial part, the begin of another goroutine, and a chunk of one. */
  private readonly all: number;
  private readonly serial: number;
  private readonly beginner: number;
  private readonly chunk: number;
  private readonly waker: number;
  /** Number of the cycle, so that what an older one left behind is ignored, state. */
  private cycle = 0;
  /** Work that goroutines share, chunks that nobody has taken, and those being worked on, state. */
  private shared = 0;
  private chunksLeft = 0;
  private chunksUnderWay = 0;

  constructor(options: CycleWorkOptions) {
    const { cpu } = options;
    this.options = options;
    const register = (done: () => void) =>
      cpu.register((cycle) => {
        if (cycle === this.cycle) done();
      });
    this.all = register(() => this.end());
    this.serial = register(() => this.share());
    this.beginner = register(() => this.takeChunk());
    this.chunk = register(() => this.chunkDone());
    this.waker = register(() => {
      this.begin();
      options.onWoken();
    });
  }

  /** Wakes the loop's goroutine, which slept because there was nothing to do. */
  wake(): void {
    this.options.cpu.run(this.waker, BEGIN, this.begin());
  }

  /** Does the work of a cycle: `serial` by the loop's goroutine, then `shared` by all of them [ns]. */
  start(serial: number, shared: number): void {
    const { cpu, goroutines } = this.options;
    const cycle = this.begin();
    const workers = Math.min(goroutines, Math.max(1, cpu.host.idleCores));
    if (workers < goroutines * FEW && shared > 0) {
      this.shared = shared;
      cpu.run(this.serial, serial, cycle);
      return;
    }
    const share = shared / workers;
    cpu.run(this.all, serial + share, cycle);
    if (shared > 0) for (let i = 1; i < workers; i++) cpu.chargeThread(share);
  }

  /** What is under way counts no more: the process has ended. */
  abandon(): void {
    this.begin();
  }

  private begin(): number {
    this.cycle = (this.cycle + 1) % CYCLES;
    return this.cycle;
  }

  private share(): void {
    const { goroutines } = this.options;
    this.chunksLeft = goroutines * CHUNKS_EACH;
    this.shared /= this.chunksLeft;
    this.chunksUnderWay = 0;
    for (let i = 0; i < goroutines; i++) this.options.cpu.run(this.beginner, BEGIN, this.cycle);
  }

  private takeChunk(): void {
    if (this.chunksLeft === 0) return;
    this.chunksLeft--;
    this.chunksUnderWay++;
    this.options.cpu.run(this.chunk, this.shared, this.cycle);
  }

  private chunkDone(): void {
    this.chunksUnderWay--;
    if (this.chunksLeft > 0) this.takeChunk();
    else if (this.chunksUnderWay === 0) this.end();
  }

  private end(): void {
    this.begin();
    this.options.onDone();
  }
}
