/**
 * The plugin cache of one replica: two caches, of answers and of denials, 256 shards each; a full shard drops an entry for each that comes.
 * Which one: upstream whichever its map yields first, here the one that was put in first. CDNS:plugin/cache, CDNS:plugin/pkg/cache.
 * Left out: prefetching, serving stale entries, several server blocks.
 */
import type { SimTime } from '../../../units/index.ts';

/** Shards of each cache (plugin/pkg/cache: shardSize). */
const SHARDS = 256;
/** Scatters neighbouring names over the shards: Knuth's multiplier for 32-bit words. */
const SCATTER = 0x9e3779b1;
/** Bits of a scattered word below those that choose the shard. */
const BELOW_SHARD = 24;

/** What a cache says of a question. */
export const Cached = { Nothing: 0, Answer: 1, Denial: 2 } as const;

/** One of the two. */
class Shards {
  private readonly shards: Map<number, number>[] = Array.from({ length: SHARDS }, () => new Map());
  private readonly perShard: number;
  /** Entries, state. */
  size = 0;

  constructor(capacity: number) {
    this.perShard = Math.max(1, Math.floor(capacity / SHARDS));
  }

  /** When the entry ends [ns]; -1 = there is none. */
  expiry(question: number): number {
    return this.shardOf(question).get(question) ?? -1;
  }

  put(question: number, expiry: number): void {
    const shard = this.shardOf(question);
    if (!shard.has(question)) {
      if (shard.size >= this.perShard) {
        for (const first of shard.keys()) {
          shard.delete(first);
          break;
        }
      } else {
        this.size++;
      }
    }
    shard.set(question, expiry);
  }

  private shardOf(question: number): Map<number, number> {
    return this.shards[Math.imul(question, SCATTER) >>> BELOW_SHARD] as Map<number, number>;
  }
}

/** Answers and denials of one replica, by the number of the question. */
export class DnsCache {
  private readonly answers: Shards;
  private readonly denials: Shards;

  constructor(capacity: number) {
    this.answers = new Shards(capacity);
    this.denials = new Shards(capacity);
  }

  /** What is known of a question now: one of {@link Cached}. */
  lookUp(question: number, now: SimTime): number {
    if (this.answers.expiry(question) > now) return Cached.Answer;
    return this.denials.expiry(question) > now ? Cached.Denial : Cached.Nothing;
  }

  /** Keeps an answer, or a denial, until an instant [ns]. */
  keep(question: number, isDenial: boolean, expiry: number): void {
    (isDenial ? this.denials : this.answers).put(question, expiry);
  }

  /** Until when an answer that is kept hides what has changed since [ns]; -1 = none is kept. */
  answerExpiry(question: number): number {
    return this.answers.expiry(question);
  }

  /** Entries, of answers and of denials. */
  get entries(): { readonly success: number; readonly denial: number } {
    return { success: this.answers.size, denial: this.denials.size };
  }
}
