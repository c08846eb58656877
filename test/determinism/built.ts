/** The compiled program, made anew if a source is newer: worker threads run it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const stamp = path.join(root, 'dist/.tsbuildinfo');

function newestChange(directory: string): number {
  return readdirSync(directory, { withFileTypes: true }).reduce((newest, entry) => {
    const file = path.join(directory, entry.name);
    return Math.max(newest, entry.isDirectory() ? newestChange(file) : statSync(file).mtimeMs);
  }, 0);
}

/** Builds if need be; fails if the sources do not compile. */
export function ensureBuilt(): void {
  const isCurrent =
    existsSync(stamp) &&
    existsSync(path.join(root, 'dist/experiment/worker-entry.js')) &&
    newestChange(path.join(root, 'src')) <= statSync(stamp).mtimeMs;
  if (isCurrent) return;
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the sources do not compile:\n${stdout}`);
  // The compiler leaves its stamp alone if nothing but a date has changed.
  const now = new Date();
  utimesSync(stamp, now, now);
}
