/** Files in memory, and the shortest ways to load a scenario and to see what is wrong with one. */
import path from 'node:path';
import { PlimsollError } from '../../src/errors/index.ts';
import { type Files, loadScenario, type ResolvedScenario, type ScenarioOverrides } from '../../src/scenario/index.ts';

/** A directory in {@link memoryFiles}. */
export const DIRECTORY = Symbol('directory');

/** Files by path; reading another one fails as Node's `fs` does. */
export function memoryFiles(contents: Readonly<Record<string, string | typeof DIRECTORY>>): Files {
  return {
    readText: (file) => {
      const content = contents[file];
      if (typeof content === 'string') return content;
      const code = content === DIRECTORY ? 'EISDIR' : 'ENOENT';
      throw Object.assign(new Error(`${code}: ${file}`), { code });
    },
    resolve: (from, relative) => path.posix.join(path.posix.dirname(from), relative),
  };
}

/** A scenario around some lines of its spec, each indented by two blanks. Its first operation creates nodes. */
export function scenarioText(spec: string, operations = '    - createNodes: { count: 3, preload: true }'): string {
  return [
    '# A question?',
    'apiVersion: plimsoll.dev/v1',
    'kind: Scenario',
    'metadata: { name: test }',
    'spec:',
    '  until: 10m',
    ...(spec === '' ? [] : spec.split('\n').map((line) => `  ${line}`)),
    '  operations:',
    operations,
    '',
  ].join('\n');
}

/** Loads a scenario text. */
export function load(
  text: string,
  options: ScenarioOverrides = {},
  more: Readonly<Record<string, string | typeof DIRECTORY>> = {},
): ResolvedScenario {
  return loadScenario(memoryFiles({ 'scenario.yaml': text, ...more }), 'scenario.yaml', options);
}

/** All problems of a scenario text, in order; empty if it loads. */
export function problemsOf(
  text: string,
  options: ScenarioOverrides = {},
  more: Readonly<Record<string, string | typeof DIRECTORY>> = {},
): readonly PlimsollError[] {
  try {
    load(text, options, more);
    return [];
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    return [error, ...error.others];
  }
}

/** "file:line:column" of a problem, "" if it has no position. */
export function whereOf(problem: PlimsollError): string {
  const { position } = problem.details;
  return position === undefined ? '' : `${position.file}:${position.line}:${position.column}`;
}
