/**
 * The journal of a results directory: one file for each finished replication, under the key of its task. A file is whole or is not there;
 * one that a crash of the machine cut short is told by its checksum and counts as missing.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Journal, PlimsollError } from '../index.ts';

/** Below the results directory. */
const DIRECTORY = '.journal';
const SUFFIX = '.replication';
/** Bytes of the checksum that a file begins with. */
const CHECKSUM_BYTES = 32;

/** A journal on disk. */
export class JournalDirectory implements Journal {
  /** Replications that were there when it was opened, of this run or of others. */
  readonly found: number;
  private readonly path: string;

  constructor(resultsDirectory: string) {
    this.path = join(resultsDirectory, DIRECTORY);
    this.found = existsSync(this.path) ? readdirSync(this.path).filter((name) => name.endsWith(SUFFIX)).length : 0;
  }

  read(key: string): Uint8Array | undefined {
    const file = this.fileOf(key);
    if (!existsSync(file)) return undefined;
    const bytes = readFileSync(file);
    const packed = bytes.subarray(CHECKSUM_BYTES);
    return checksum(packed).equals(bytes.subarray(0, CHECKSUM_BYTES)) ? packed : undefined;
  }

  write(key: string, packed: Uint8Array): void {
    const file = this.fileOf(key);
    try {
      if (!existsSync(this.path)) mkdirSync(this.path);
      writeFileSync(`${file}.part`, Buffer.concat([checksum(packed), packed]));
      renameSync(`${file}.part`, file);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PlimsollError('P104', { message: `the journal ${this.path} cannot be written: ${why}` });
    }
  }

  /** Whether there is anything in it. */
  get isUsed(): boolean {
    return existsSync(this.path);
  }

  /** Removes all of it. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private fileOf(key: string): string {
    return join(this.path, `${key}${SUFFIX}`);
  }
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
