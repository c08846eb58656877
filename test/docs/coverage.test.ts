/** docs/coverage.md has a row for each of the systems that are to be modelled, and what it claims can be looked up. */
import { expect, it } from 'vitest';
import { readPage } from './markdown.ts';

/** Systems that the project is to model. */
const SYSTEMS = 34;

const rows = readPage('docs/coverage.md')
  .text.split('\n')
  .filter((line) => /^\|\s+\d+\s+\|/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

it('has one row for each system, in order', () => {
  expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: SYSTEMS }, (_, i) => i + 1));
});

it.each(rows)('%s %s: %s', (_number, _system, state, file, scenario, test, leftOut) => {
  expect(['modelled', 'partly', 'not yet']).toContain(state);
  const shown = [file, scenario, test].filter((cell) => cell !== '');
  // What is there is shown by a file, a scenario and a test; what is not there names none.
  expect(shown).toHaveLength(state === 'not yet' ? 0 : 3);
  if (state === 'partly') expect(leftOut).not.toBe('');
});
