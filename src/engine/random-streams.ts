/**
 * Random numbers by name. Each stream is seeded by (seed, replication, name) alone, so that adding a component never shifts
 * another's numbers, and two variants of a model share theirs (common random numbers).
 */
import xorwow from 'seedrandom/lib/xorwow.js';
import { hashText } from './text-hash.ts';

/** A sequence of random numbers. */
export interface RandomStream {
  /** The next number, uniform in [0, 1), with 32 random bits. */
  next(): number;
}

/**
 * Random numbers that belong to an entity and a moment, such as the delay of revision r on connection c: *when* one looks,
 * and in which order, never changes the number.
 */
export interface KeyedStream {
  /** Uniform in [0, 1), with 32 random bits; a pure function of the stream and both integers (each taken modulo 2^32). */
  uniform(entity: number, counter: number): number;
}

const TWO_TO_MINUS_32 = 2 ** -32;

/** Numbers drawn ahead: taking one from an array is far cheaper than calling the generator each time. */
const BLOCK = 32;

/** A stream of seedrandom's xorwow generator. */
class XorwowStream implements RandomStream {
  private readonly generate: () => number;
  /** The numbers drawn ahead, and how many of them are used, state. */
  private readonly block = new Float64Array(BLOCK);
  private used = BLOCK;

  constructor(seed: string) {
    this.generate = xorwow(seed);
  }

  next(): number {
    if (this.used === BLOCK) this.refill();
    return this.block[this.used++] as number;
  }

  private refill(): void {
    const { block, generate } = this;
    for (let i = 0; i < BLOCK; i++) block[i] = generate();
    this.used = 0;
  }
}

/** A keyed stream: two words of key, two rounds of multiply and shift. */
class HashedStream implements KeyedStream {
  private readonly keyA: number;
  private readonly keyB: number;

  constructor(keyA: number, keyB: number) {
    this.keyA = keyA;
    this.keyB = keyB;
  }

  uniform(entity: number, counter: number): number {
    // The entity enters in two places, so that no entity's sequence is a shifted copy of another's.
    let e = Math.imul(entity ^ this.keyA, 0x9e3779b1);
    e ^= e >>> 15;
    let h = Math.imul(counter ^ e, 0x85ebca6b);
    e = Math.imul(e, 0xc2b2ae35) + this.keyB;
    h = Math.imul(h ^ (h >>> 15) ^ e, 0x2c1b3c6d);
    h = Math.imul(h ^ (h >>> 12) ^ (e >>> 16), 0x297a2d39);
    return ((h ^ (h >>> 15)) >>> 0) * TWO_TO_MINUS_32;
  }
}

/** The random streams of one run. */
export class RandomStreams {
  readonly seed: string;
  readonly replication: number;
  private readonly streams = new Map<string, RandomStream>();
  private readonly keyedStreams = new Map<string, KeyedStream>();

  constructor(seed: string, replication: number) {
    this.seed = seed;
    this.replication = replication;
  }

  /** The stream of this name; the same one each time it is asked for. */
  stream(name: string): RandomStream {
    let stream = this.streams.get(name);
    if (stream === undefined) {
      // Hashed first: xorwow mixes its seed text only weakly, and similar names must not give similar streams.
      const words = this.words('stream', name);
      stream = new XorwowStream(words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(''));
      this.streams.set(name, stream);
    }
    return stream;
  }

  /** The keyed stream of this name; unrelated to the stream of the same name. */
  keyed(name: string): KeyedStream {
    let stream = this.keyedStreams.get(name);
    if (stream === undefined) {
      const [keyA, keyB] = this.words('keyed', name);
      stream = new HashedStream(keyA, keyB);
      this.keyedStreams.set(name, stream);
    }
    return stream;
  }

  private words(kind: string, name: string): readonly [number, number, number, number] {
    return hashText([kind, this.seed, this.replication, name].join('\u0000'));
  }
}
