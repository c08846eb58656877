/** What the program knows of itself: where it lies, its version, the commit of its sources. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PageAssets } from '../index.ts';

/** The directory of the package: scenarios, schema and package.json lie in it. */
export const packageDirectory = fileURLToPath(new URL('../..', import.meta.url));

/** Version in package.json. */
export function programVersion(): string {
  const text = readFileSync(join(packageDirectory, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
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
