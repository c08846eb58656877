/** A wrong scenario, and what its first problem must say. */
import { describe, expect, it } from 'vitest';
import { type DIRECTORY, problemsOf, scenarioText, whereOf } from './support.ts';

/** A wrong scenario and what its first problem must say. */
export interface WrongScenario {
  readonly name: string;
  readonly text: string;
  readonly files?: Readonly<Record<string, string | typeof DIRECTORY>>;
  readonly code: string;
  /** file:line:column. */
  readonly at: string;
  readonly path?: string;
  readonly nearest?: string;
  /** Part of what is said to be expected, of the fix, of the message. */
  readonly expected?: string;
  readonly fix?: string;
  readonly message?: string;
}

/** A scenario with these lines as its operations; the first is line 8 of the file. */
export function operations(...lines: string[]): string {
  return scenarioText('', lines.map((line) => `    ${line}`).join('\n'));
}

/** A scenario with one objective. */
export function objective(text: string): string {
  return scenarioText(`objectives:\n  - { ${text} }`);
}

/** One test for each wrong scenario: it is refused with code, place, and a way out. */
export function describeWrongScenarios(wrongScenarios: readonly WrongScenario[]): void {
  describe('a wrong scenario is refused with code, place, and a way out', () => {
    it.each(wrongScenarios)('$name', (wrong) => {
      const [problem] = problemsOf(wrong.text, {}, wrong.files);
      if (problem === undefined) throw new Error('it was accepted');
      const { details } = problem;
      const said = { code: problem.code, at: whereOf(problem), path: details.path, nearest: details.nearest };
      const { code, at, path = details.path, nearest = details.nearest } = wrong;
      expect(said).toEqual({ code, at, path, nearest });
      if (wrong.message !== undefined) expect(details.message).toContain(wrong.message);
      if (wrong.expected !== undefined) expect(details.expected).toContain(wrong.expected);
      const fix = problem
        .format()
        .split('\n')
        .find((line) => line.startsWith('  fix: '));
      expect(fix).toContain(wrong.fix ?? '  fix: ');
      expect(problem.exitCode).toBe(2);
    });
  });
}
