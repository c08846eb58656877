/** Names that pages may use: those of the registries, and of the program's commands. */
import { execFileSync } from 'node:child_process';
import { type ParameterSet, parameterRegistry } from '../../src/index.ts';
import { program } from './markdown.ts';

export { errorCatalogue, metricNames } from '../../src/index.ts';

/** "kubeScheduler.clientQps", … */
export const parameterPaths: readonly string[] = Object.entries<ParameterSet>(parameterRegistry).flatMap(
  ([component, set]) => Object.keys(set).map((name) => `${component}.${name}`),
);

function help(...args: string[]): string {
  return execFileSync(process.execPath, [program, ...args, '--help'], { encoding: 'utf8' });
}

/** Options of each command, and the words that `list` takes, as the program's own help has them. */
export const listings = {
  commands: Object.fromEntries(
    [
      'run',
      'sweep',
      'capacity',
      'compare',
      'import',
      'check',
      'bench',
      'list',
      'explain',
      'schema',
      'validate',
      'worker',
    ].map((command) => [command, [...help(command).matchAll(/--[a-z][a-z-]*/g)].map(([option]) => option)]),
  ),
  words: (/each with what it is: ([\s\S]*?)\n\nOptions/.exec(help('list'))?.[1] ?? '').split(/,?\s+/),
} as const;
