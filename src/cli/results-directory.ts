/** Where a run's files go: `results/<scenario>/<UTC time>-<seed>`, with `latest` naming the newest, or what --out says. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PlimsollError, type ResultFile } from '../index.ts';
import { messageOf, writeFileWhole } from './files.ts';

/** A directory that a run will write into. */
export interface ResultsDirectory {
  readonly path: string;
  /** Whether `latest` beside it is to name it: not with --out. */
  readonly named: boolean;
}

/** Makes the directory before the run, so that a directory that cannot be written is known at once. */
export function prepareResultsDirectory(
  out: string | undefined,
  scenario: string,
  startedAt: Date,
  seed: string,
): ResultsDirectory {
  const path =
    out ?? unusedPath(join('results', scenario.replaceAll(/[^\w.-]/g, '_'), `${compactTime(startedAt)}-${seed}`));
  try {
    makeDirectory(path);
    // A directory may exist and still not be writable.
    const probe = join(path, '.plimsoll-probe');
    writeFileWhole(probe, []);
    rmSync(probe);
  } catch (error) {
    throw new PlimsollError('P104', { message: `${path} cannot be written: ${messageOf(error)}` });
  }
  return { path, named: out === undefined };
}

/** Writes the files and lets `latest` name the directory. */
export function writeResults(directory: ResultsDirectory, files: Iterable<ResultFile>): void {
  for (const { name, pieces } of files) writeFileWhole(join(directory.path, name), pieces);
  if (directory.named) nameLatest(directory.path);
}

/** Removes a directory if nothing was written into it, and its parent if that is empty then. */
export function discardResultsDirectory({ path, named }: ResultsDirectory): void {
  for (const candidate of named ? [path, dirname(path)] : [path]) {
    if (existsSync(candidate) && readdirSync(candidate).length === 0) rmdirSync(candidate);
  }
}

/** `latest` is a link where links are allowed, and a text file with the directory's name where not (Windows without the right). */
function nameLatest(path: string): void {
  const latest = join(dirname(path), 'latest');
  const temporary = `${latest}.part`;
  try {
    rmSync(temporary, { force: true });
    symlinkSync(basename(path), temporary, 'dir');
    renameSync(temporary, latest);
  } catch {
    rmSync(temporary, { force: true });
    // A link to a directory cannot be replaced by a file in one step on every system.
    if (existsSync(latest) && statSync(latest).isDirectory()) rmSync(latest);
    writeFileWhole(latest, [`${basename(path)}\n`]);
  }
}

/** 20260131T235959Z: sorts by time, and is a file name everywhere. */
function compactTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** Makes a directory and those above it. (Node's own recursive form never returns below some special file systems.) */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path);
}

/** Two runs in one second get different directories. */
function unusedPath(path: string): string {
  let candidate = path;
  for (let i = 2; existsSync(candidate); i++) candidate = `${path}-${i}`;
  return candidate;
}
