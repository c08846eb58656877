/** What the program knows of itself: where it lies, its version, the commit of its sources. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PageAssets } from '../index.ts';

/** The directory of the package: scenarios, schema and package.json lie in it. */
export const packageDirectory = fileURLToPath(new URL('../..', import.meta.url));

/** Version in package.json. */
export function programVersion(): string {
  const text = readFileSync(join(packageDirectory, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Directory of the code that runs: all of it, the worker threads' too. */
const codeDirectory = fileURLToPath(new URL('..', import.meta.url));
/** Characters of the code's hash. */
const HASH_LENGTH = 12;

/**
 * Which program this is: two of the same identity give the same bytes. The code itself is part of it, as one version has many states while
 * it is worked on, and the Node major, whose arithmetic and structured clone the bytes rest on.
 */
export function programIdentity(): string {
  const hash = createHash('sha256');
  const files = readdirSync(codeDirectory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  );
  for (const name of files.sort())
    hash.update(name.replaceAll(sep, '/')).update(readFileSync(join(codeDirectory, name)));
  const [major] = process.versions.node.split('.');
  return `plimsoll ${programVersion()} (code ${hash.digest('hex').slice(0, HASH_LENGTH)}, Node ${major})`;
}

/** Commit of a clone, null in an installed package. Read from git's own files: no program is started for it. */
export function gitCommit(): string | null {
  const git = join(packageDirectory, '.git');
  try {
    const head = readFileSync(join(git, 'HEAD'), 'utf8').trim();
    const reference = /^ref: (.+)$/.exec(head)?.[1];
    if (reference === undefined) return head;
    if (existsSync(join(git, reference))) return readFileSync(join(git, reference), 'utf8').trim();
    const packed = readFileSync(join(git, 'packed-refs'), 'utf8').split('\n');
    return packed.find((line) => line.endsWith(` ${reference}`))?.split(' ')[0] ?? null;
  } catch {
    return null;
  }
}

/** The chart library's files, to be put into the page. */
export function pageAssets(): PageAssets {
  const require = createRequire(import.meta.url);
  const read = (name: string): string => readFileSync(require.resolve(`uplot/dist/${name}`), 'utf8');
  return { uplotScript: read('uPlot.iife.min.js'), uplotStyle: read('uPlot.min.css') };
}
