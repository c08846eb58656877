/** Rows of a CSV file with a header, by the names of its columns. Fields may be quoted, with doubled quotes inside. */

/** One row. */
export type CsvRow = Readonly<Record<string, string>>;

/** All rows of a text. */
export function csvRows(text: string): readonly CsvRow[] {
  const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line !== '');
  const names = fieldsOf(header);
  return lines.map((line) => {
    const fields = fieldsOf(line);
    return Object.fromEntries(names.map((name, i) => [name, fields[i] ?? '']));
  });
}

/** The fields of one line. */
function fieldsOf(line: string): readonly string[] {
  const fields = `,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...fields].map(([, quoted, plain]) =>
    quoted === undefined ? (plain as string) : quoted.replaceAll('""', '"'),
  );
}

/** A field that is a number. */
export function numberIn(row: CsvRow, name: string): number {
  const value = Number(row[name]);
  if (row[name] === undefined || row[name] === '' || Number.isNaN(value))
    throw new RangeError(`${name} is no number: ${row[name]}`);
  return value;
}
