/**
 * docs/validation.md says what `plimsoll validate` says. All points take a while, so this compares the first point of every case; UPDATE_DOCS=1
 * computes and writes them all.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  figureCells,
  figureHead,
  judgePoint,
  pointsOf,
  predictPoint,
  validate,
  validationCases,
} from '../../src/index.ts';
import { table } from './generated-pages.ts';
import { projectRoot } from './markdown.ts';
import { readData, rowsWithoutPadding, validationPage } from './validation-page.ts';

const path = join(projectRoot, 'docs/validation.md');

it.runIf(process.env.UPDATE_DOCS === '1')('writes the page', { timeout: 900_000 }, async () => {
  const result = await validate(Object.keys(validationCases), { readData, workers: 2 });
  writeFileSync(path, validationPage(result));
});

it.each(Object.keys(validationCases))('the page has the first point of %s as the program predicts it', (name) => {
  const page = rowsWithoutPadding(existsSync(path) ? readFileSync(path, 'utf8') : '');
  const [point] = pointsOf(name, readData);
  if (point === undefined) throw new Error(`${name} has no points`);
  const prediction = predictPoint({ case: name, conditions: point.conditions, overrides: {} });
  const cells = judgePoint(name, point, prediction).map((figure) => figureCells(figure).slice(1));
  // Laid out by the same code as the page, so that only what is said counts.
  for (const row of rowsWithoutPadding(table(figureHead.slice(1), cells).slice(2).join('\n')))
    expect(page).toContain(row);
});
