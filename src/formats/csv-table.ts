/** CSV files with a header, with the place of every cell, so that a mistake can be pointed at. */
import { PlimsollError, type SourcePosition } from '../errors/index.ts';

/** A cell of a table. */
export interface CsvCell {
  readonly text: string;
  readonly position: SourcePosition;
}

/** A table: names of its columns as they are written, and its rows. */
export interface CsvTable {
  readonly columns: readonly CsvCell[];
  /** Cells by the place of their column; a short row lacks the last ones. */
  readonly rows: readonly (readonly CsvCell[])[];
}

/** Reads a table; empty lines are left out. Throws P205 where there is no row. */
export function readCsv(file: string, text: string): CsvTable {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, i) => cellsOf(file, line, i + 1))
    .filter((cells) => cells.length > 1 || cells[0]?.text !== '');
  const [columns, ...rows] = lines;
  if (columns !== undefined && rows.length > 0) return { columns, rows };
  throw new PlimsollError('P205', {
    message: 'the table holds no row',
    position: { file, line: 1, column: 1 },
    expected: 'a header that names the columns, and one row or more',
  });
}

function cellsOf(file: string, line: string, number: number): CsvCell[] {
  const cells = `,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...cells].map((match) => {
    const [, quoted, plain = ''] = match;
    const written = quoted === undefined ? plain : quoted.replaceAll('""', '"');
    return { text: written.trim(), position: { file, line: number, column: match.index + 1 } };
  });
}
