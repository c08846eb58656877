/** Growth over a sweep in the terminal. */
import type { ScenarioRun } from '../experiment/index.ts';
import { growthOf } from '../experiment/index.ts';
import { describeGrowth, growthCells, growthHead } from './growth-words.ts';
import { plainTable } from './plain-table.ts';

/** A table for each statistic that is followed; nothing if there is none. */
export function growthTable(runs: readonly ScenarioRun[]): string {
  return growthOf(runs)
    .map((growth) => {
      const table = plainTable([...growthHead]);
      for (const line of growth.lines) table.push(growthCells(line, growth));
      return `growth of the ${describeGrowth(growth)}\n${table.toString()}\n`;
    })
    .join('');
}
