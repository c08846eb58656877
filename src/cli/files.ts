/** The file system, for the command line and everything that is handed it. Written files appear whole or not at all. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type Files, PlimsollError } from '../index.ts';

/** Reads files of this machine; paths beside a file are relative to its directory. */
export const nodeFiles: Files = {
  readText: (path) => readFileSync(path, 'utf8'),
  resolve: (from, relative) => (isAbsolute(relative) ? relative : join(dirname(from), relative)),
  beside: (path) => {
    const directory = dirname(path);
    return existsSync(directory)
      ? readdirSync(directory)
          .map((name) => join(directory, name))
          .sort()
      : [];
  },
};

/** Text of a file that the user named, or a coded error that says why there is none. */
export function readTextOrRefuse(path: string): string {
  try {
    return nodeFiles.readText(path);
  } catch (error) {
    throw new PlimsollError('P201', { message: `${path} cannot be read: ${messageOf(error)}` });
  }
}

/** Writes a file that the user named with `option`, or throws a coded error that says why not. */
export function writeTextOrRefuse(option: string, path: string, text: string): void {
  try {
    writeFileWhole(path, [text]);
  } catch (error) {
    throw new PlimsollError('P104', {
      message: `${path} cannot be written: ${messageOf(error)}`,
      fix: `choose another with ${option}`,
    });
  }
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Writes a file under a temporary name beside it and renames it, so that a crash leaves no half file. */
export function writeFileWhole(path: string, pieces: Iterable<string>): void {
  const temporary = `${path}.part`;
  const file = openSync(temporary, 'w');
  try {
    for (const piece of pieces) writeAll(file, piece);
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    rmSync(temporary, { force: true });
    throw error;
  }
  closeSync(file);
  renameSync(temporary, path);
}

/** A write may take only a part of what it is given. */
function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}
