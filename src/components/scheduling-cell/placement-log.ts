/**
 * What was placed and what left, in order, so that copies of a cell catch up with it by applying what they have not seen.
 * Entries that every reader has seen are dropped.
 */
import type { PodRequirements } from '../kube-scheduler/pod-requirements.ts';

/** Entries that are dropped together at least. */
const SMALLEST_DROP = 1024;

/** Somebody who reads the log. */
export interface LogReader {
  /** Number of the first entry not read yet, counted from the first of all. */
  position: number;
}

/** The log. Nobody keeps entries for it while it has no readers. */
export class PlacementLog {
  private nodes: number[] = [];
  private devices: number[] = [];
  private signs: number[] = [];
  private requirements: PodRequirements[] = [];
  /** Number of the first entry that is still there. */
  private first = 0;
  private readonly readers: LogReader[] = [];

  /** Entries so far, dropped ones included. */
  get end(): number {
    return this.first + this.nodes.length;
  }

  /** A reader that has seen everything so far. */
  open(): LogReader {
    const reader = { position: this.end };
    this.readers.push(reader);
    return reader;
  }

  /** Something took room on a node (1) or left it (-1). */
  append(node: number, requirements: PodRequirements, devices: number, sign: 1 | -1): void {
    if (this.readers.length === 0) {
      this.first++;
      return;
    }
    this.nodes.push(node);
    this.requirements.push(requirements);
    this.devices.push(devices);
    this.signs.push(sign);
  }

  /** Hands a reader everything that it has not seen. */
  read(reader: LogReader, apply: (node: number, pod: PodRequirements, devices: number, sign: 1 | -1) => void): void {
    const count = this.nodes.length;
    for (let i = reader.position - this.first; i < count; i++) {
      apply(
        this.nodes[i] as number,
        this.requirements[i] as PodRequirements,
        this.devices[i] as number,
        this.signs[i] as 1 | -1,
      );
    }
    reader.position = this.end;
    this.drop();
  }

  private drop(): void {
    const seen = Math.min(...this.readers.map(({ position }) => position)) - this.first;
    if (seen < SMALLEST_DROP || seen * 2 < this.nodes.length) return;
    this.nodes = this.nodes.slice(seen);
    this.devices = this.devices.slice(seen);
    this.signs = this.signs.slice(seen);
    this.requirements = this.requirements.slice(seen);
    this.first += seen;
  }
}
