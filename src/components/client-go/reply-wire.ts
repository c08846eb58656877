/**
 * Time that answers take on the wire because of their bytes: the network card of the API server's host sends them one after the other, and the link of the
 * client takes them at its own rate. Requests and watch notifications are small and take no bandwidth here.
 */
import type { Nanoseconds } from '../../units/index.ts';
import { NS_PER_SECOND, nanoseconds } from '../../units/index.ts';

/** Bytes that one Gbit carries. */
const BYTES_PER_GIGABIT = 1.25e8;

/** The cards of all API servers. */
export class ReplyWire {
  /** Time of one byte at a server's card [ns]. */
  private readonly perByte: number;
  /** Instant at which the card of each server has sent everything, state. */
  private readonly freeAt: number[] = [];

  /** `bandwidth`: of each server's card [Gbit/s]. */
  constructor(bandwidth: number) {
    this.perByte = ReplyWire.perByte(bandwidth);
  }

  /** Time of one byte at a bandwidth in Gbit/s [ns]. */
  static perByte(bandwidth: number): number {
    return NS_PER_SECOND / (bandwidth * BYTES_PER_GIGABIT);
  }

  /** How long an answer of `bytes` that a server sends at `now` is under way for its size, on a link of `perByte` ns a byte. */
  send(server: number, now: number, bytes: number, perByte: number): Nanoseconds {
    const free = Math.max(now, this.freeAt[server] ?? 0) + bytes * this.perByte;
    this.freeAt[server] = free;
    return nanoseconds(Math.max(free - now, bytes * perByte));
  }
}
