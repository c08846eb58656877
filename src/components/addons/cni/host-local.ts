/**
 * The addresses of one node as the plugin host-local gives them out: one after the other, beginning after the last one, by making a file for each,
 * under a lock. https://github.com/containernetworking/plugins/tree/main/plugins/ipam/host-local.
 */
import type { ObjectKey } from '../../../cluster/index.ts';
import { SerialServer } from '../../../engine/index.ts';

/** Addresses of a network that no pod can have: its own, the broadcast address, and the gateway's. */
const RESERVED = 3;
/** Bits of an IPv4 address. */
const ADDRESS_BITS = 32;

/** Addresses that pods can have in a network with this mask. */
export function addressesOf(maskSize: number): number {
  return 2 ** (ADDRESS_BITS - maskSize) - RESERVED;
}

/** The range of a node. */
export class HostLocalRange {
  readonly size: number;
  /** 1 = the address is given out, state. */
  private readonly taken: Uint8Array;
  private readonly addressOf = new Map<ObjectKey, number>();
  /** The address that was given out last, state. */
  private last: number;
  /** Addresses that the latest {@link reserve} tried. */
  tries = 0;
  /** The lock, which one ADD after the other holds. */
  readonly lock = new SerialServer();

  constructor(size: number) {
    this.size = size;
    this.taken = new Uint8Array(size);
    this.last = size - 1;
  }

  /** Addresses given out. */
  get inUse(): number {
    return this.addressOf.size;
  }

  /** Gives a pod an address; false if none is left. A pod that has one keeps it. */
  reserve(pod: ObjectKey): boolean {
    this.tries = 1;
    if (this.addressOf.has(pod)) return true;
    for (; this.tries <= this.size; this.tries++) {
      const address = (this.last + this.tries) % this.size;
      if (this.taken[address] === 1) continue;
      this.taken[address] = 1;
      this.addressOf.set(pod, address);
      this.last = address;
      return true;
    }
    this.tries = this.size;
    return false;
  }

  /** A pod gives its address back; nothing happens if it has none. */
  release(pod: ObjectKey): void {
    const address = this.addressOf.get(pod);
    if (address === undefined) return;
    this.addressOf.delete(pod);
    this.taken[address] = 0;
  }

  /** Number of a pod's address in the range, -1 = none. */
  addressOfPod(pod: ObjectKey): number {
    return this.addressOf.get(pod) ?? -1;
  }
}
